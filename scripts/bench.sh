#!/usr/bin/env bash
# Prints the figures that README and docs quote: sizes, memory, CPU beside the floor, allocations.
#
# Usage: scripts/bench.sh [SECONDS]      of each measured run, 30 by default
#
# Ends with 1 when a tick costs more than twice its floor.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
help_if_asked "$0" "$@"
cd "$HOMEOSTAT_ROOT"

readonly seconds=${1:-30} out=build/release-static
scripts/build.sh -DHOMEOSTAT_BENCH=ON
state=$(mktemp -d)
pid=
trap '[[ -z $pid ]] || kill "$pid" 2>/dev/null || true; rm -rf "$state"' EXIT

printf '\n-- size\n'
# What takes the bytes: scripts/size.py.
for program in homeostat:7 homeostat-actuator:4; do
    name=${program%:*}
    strip -o "$state/$name" "$out/bin/$name"
    printf '%-28s%s bytes stripped (at most %s)\n' "$name" "$(stat -c %s "$state/$name")" \
        $((${program#*:} << 20))
done

printf '\n-- memory of a running agent, default configuration, after %s s\n' "$seconds"
mkdir -p "$state/etc"
"$out/bin/homeostat" run --config "$state/etc" --state "$state/run" 2>/dev/null &
pid=$!
sleep "$seconds"
grep -E '^(VmRSS|RssAnon|RssFile):' "/proc/$pid/status"
"$out/bin/homeostat" status --json --state "$state/run" |
    python3 -c 'import json, sys; s = json.load(sys.stdin); print("series watched: %d, reserved at start: %.1f MiB" % (s["series"], s["memory_bytes"]["total"] / 2**20))'
kill "$pid"
wait "$pid" || true
pid=

missed=0
for processes in 200 1000 5000; do
    printf '\n-- one tick a second beside the bare floor, in one run, %s processes\n' "$processes"
    "$out/bin/bench_tick" "$seconds" 1000 "$processes" || missed=1
done

printf '\n-- log lines a second on one core\n'
"$out/bin/bench_logs"

printf '\n-- detectors\n'
"$out/bin/bench_detectors"
# Beside scikit-learn, where it is installed.
python3 tests/bench/isolation_forest.py "$out/bin/bench_detectors" || (($? == 77))

printf '\n-- a backlog of 9,000 incidents, drained to a receiver on loopback\n'
python3 tests/interop/otlp_test.py "$out/bin/ship_probe" | tail -n 3

printf '\n-- bytes upstream a day beside Prometheus remote_write, in one run\n'
python3 scripts/traffic.py "$out/bin/homeostat" "$out/bin/ship_probe" 60 || (($? == 77))

exit "$missed"
