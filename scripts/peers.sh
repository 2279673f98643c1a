#!/usr/bin/env bash
# CPU time and memory of Homeostat beside other agents, all at once on this machine, in one run.
#
# Usage: scripts/peers.sh [SECONDS]      of the measured window, 120 by default
#
# Each watches this host once a second and keeps nothing on disk. What is not installed is SKIPPED;
# scripts/packages.txt, group [peers], names the packages. All end with this script. Ends with 1 when
# a goal is missed: less CPU than every one of them, less memory than collectd.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
help_if_asked "$0" "$@"
cd "$HOMEOSTAT_ROOT"

readonly seconds=${1:-120} warm_up=20
readonly program=${HOMEOSTAT_BIN:-build/release-static/bin}/homeostat
readonly node_port=19171 netdata_port=19172
[[ -x $program ]] || scripts/build.sh

scratch=$(mktemp -d)
declare -A pids=()
# shellcheck disable=SC2317  # the trap calls it
stop_all() {
    local pid
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    wait 2>/dev/null || true
    rm -rf "$scratch"
}
trap stop_all EXIT

# start NAME PROGRAM ARGUMENT...: or a line that says why not.
start() {
    local name=$1
    shift
    if ! command -v "$1" >/dev/null; then
        printf 'SKIPPED: %s is not installed\n' "$name"
        return
    fi
    "$@" >"$scratch/$name.log" 2>&1 &
    pids[$name]=$!
}

# A process and all beneath it.
family() {
    local child
    printf '%s\n' "$1"
    while read -r -d ' ' child; do
        family "$child"
    done < <(cat "/proc/$1/task/"*/children 2>/dev/null || true)
}

# CPU time in clock ticks, with that of children that have ended.
cpu_ticks() {
    local pid sum=0 ticks
    for pid in $(family "$1"); do
        ticks=$(sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null | awk '{print $12+$13+$14+$15}') || ticks=0
        sum=$((sum + ${ticks:-0}))
    done
    printf '%s\n' "$sum"
}

rss_kb() {
    local pid sum=0 size
    for pid in $(family "$1"); do
        size=$(awk '/^VmRSS:/ {print $2}' "/proc/$pid/status" 2>/dev/null) || size=0
        sum=$((sum + ${size:-0}))
    done
    printf '%s\n' "$sum"
}

mkdir -p "$scratch/etc" "$scratch/collectd" "$scratch/netdata/cache" "$scratch/netdata/lib"
cat >"$scratch/collectd.conf" <<CONF
BaseDir "$scratch/collectd"
PIDFile "$scratch/collectd.pid"
Interval 1
$(printf 'LoadPlugin %s\n' cpu contextswitch df disk entropy interface irq load memory processes \
    swap tcpconns uptime vmem network)
<Plugin network>
  Server "127.0.0.1" "25826"
</Plugin>
CONF
cat >"$scratch/netdata.conf" <<CONF
[global]
    run as user = root
[db]
    mode = ram
    retention = 600
    update every = 1
[directories]
    cache = $scratch/netdata/cache
    lib = $scratch/netdata/lib
    log = $scratch/netdata
[web]
    bind to = 127.0.0.1:$netdata_port
CONF

start homeostat "$(realpath "$program")" run --config "$scratch/etc" --state "$scratch/state"
start node_exporter prometheus-node-exporter "--web.listen-address=127.0.0.1:$node_port"
start collectd collectd -f -C "$scratch/collectd.conf"
start netdata netdata -D -c "$scratch/netdata.conf"
if [[ -n ${pids[node_exporter]:-} ]]; then
    # node_exporter works when it is asked, so it is asked each second.
    start scraper python3 -c "
import http.client, time
while True:
    try:
        link = http.client.HTTPConnection('127.0.0.1', $node_port)
        while True:
            link.request('GET', '/metrics')
            link.getresponse().read()
            time.sleep(1)
    except OSError:
        time.sleep(0.2)
"
fi

printf 'warming up for %s s, then measuring for %s s\n' "$warm_up" "$seconds"
sleep "$warm_up"
declare -A before=()
for name in "${!pids[@]}"; do before[$name]=$(cpu_ticks "${pids[$name]}"); done
sleep "$seconds"

[[ -d /proc/${pids[homeostat]} ]] || die "homeostat ended: $(tail -n 1 "$scratch/homeostat.log")"
ours_cpu=$(($(cpu_ticks "${pids[homeostat]}") - before[homeostat]))
ours_rss=$(rss_kb "${pids[homeostat]}")
missed=0
printf '%-15s %12s %10s %14s %14s\n' agent 'CPU s/h' 'RSS kB' 'CPU / ours' 'RSS / ours'
for name in homeostat node_exporter collectd netdata; do
    pid=${pids[$name]:-}
    [[ -n $pid ]] || continue
    if [[ ! -d /proc/$pid ]]; then
        printf 'SKIPPED: %s ended: %s\n' "$name" "$(tail -n 1 "$scratch/$name.log")"
        continue
    fi
    cpu=$(($(cpu_ticks "$pid") - before[$name]))
    rss=$(rss_kb "$pid")
    awk -v name="$name" -v cpu="$cpu" -v rss="$rss" -v seconds="$seconds" -v hz="$(getconf CLK_TCK)" \
        -v ours_cpu="$ours_cpu" -v ours_rss="$ours_rss" 'BEGIN {
        printf "%-15s %12.1f %10d %14.2f %14.2f\n", name, cpu / hz / seconds * 3600, rss,
            cpu / (ours_cpu > 0 ? ours_cpu : 1), rss / ours_rss }'
    [[ $name != homeostat ]] || continue
    if ((ours_cpu >= cpu)); then
        printf 'MISSED: not less CPU time than %s\n' "$name"
        missed=1
    fi
    if [[ $name == collectd ]] && ((ours_rss >= rss)); then
        printf 'MISSED: not less memory than %s\n' "$name"
        missed=1
    fi
done
exit "$missed"
