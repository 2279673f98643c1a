#!/usr/bin/env bash
# Checks that two builds of homeostat (debug and release) give the same output, byte for byte, and
# that each gives it twice.
#
# Usage: scripts/same_bits.sh PROGRAM OTHER_PROGRAM [FILE.csv...]
#
# Without files, over made-up ones: a daily curve with faults, counters that are mostly zero, numbers
# that make no sense, and a host of twelve series.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
help_if_asked "$0" "$@"
(($# >= 2)) || die "usage: scripts/same_bits.sh PROGRAM OTHER_PROGRAM [FILE.csv...]"

one=$(realpath "$1")
other=$(realpath "$2")
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if (($# == 0)); then
    python3 - "$work" <<'PYTHON'
import math, random, sys
random.seed(1)
def write(name, columns, row, count=20000, step=60):
    with open("%s/%s.csv" % (sys.argv[1], name), "w") as file:
        file.write("timestamp," + ",".join(columns) + "\n")
        for i in range(count):
            file.write("%d,%s\n" % (1_500_000_000 + step * i, ",".join(map(repr, row(i)))))
def daily(i):
    fault = 40 if 15000 < i < 15200 else 0
    return 100 + 30 * math.sin(i * 2 * math.pi / 1440) + random.gauss(0, 2) + fault
bad = [0.0, 1e308, -1e308, 5e-324, math.nan, math.inf, 1e-12, 1e15]
write("daily", ["load"], lambda i: [daily(i)])
write("hourly", ["load"], lambda i: [daily(60 * i)], 3000, 3600)
write("zeros", ["errors"], lambda i: [random.choice([0] * 97 + [1, 3, 40])])
write("bad", ["value"], lambda i: [random.choice(bad) if i % 7 == 0 else random.random()])
write("host", ["m%d" % k for k in range(12)],
      lambda i: [daily(i + 60 * k) * (k + 1) for k in range(12)], 10000)
PYTHON
    set -- "$work"/*.csv
fi

failed=0
for file in "$@"; do
    for run in "$one" "$one" "$other"; do
        "$run" replay --explain "$file" -o "$work/out"
        sha256sum <"$work/out"
    done | sort -u >"$work/sums"
    if (($(wc -l <"$work/sums") == 1)); then
        say "$(basename "$file"): the same"
    else
        warn "$(basename "$file"): not the same"
        failed=1
    fi
done
exit "$failed"
