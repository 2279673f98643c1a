#!/usr/bin/env bash
# Makes real, bounded faults on this machine, with benign work between them, and prints what
# Homeostat made of each, against its goals.
#
# Usage: scripts/faults.sh [--quick | --short] [--only NAME,...] [--peers] [--list] [--keep]
#   --quick   one variant of each fault; without it three of different size, more than two hours
#   --short   a handful of faults and benign jobs, some five minutes
#   --only    these alone, all their variants, or one ("cpu-hog.2"); --list names them
#   --peers   Netdata with its stock alarms and Prometheus with the node-exporter mixin's limits watch
#             the same faults; what they said of them is the end of the table
#   --keep    keeps the scratch directory with all incidents
#
# Needs root. It fills no disk but a tmpfs and a loop image that it made, keeps memory, processes
# and descriptors within fixed bounds, and sends no packet beyond loopback and a network namespace
# of its own. What it started it ends, also on Ctrl-C. HOMEOSTAT_BIN names the program (default: the
# static release).
#
# A fault counts as seen when an incident opens after it began; its kind must be one of those listed
# with it, its cause must name the culprit. Where the kernel does not tell who did it, none is asked
# for, and the fault does not count for the causes. In the benign part every incident is false.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

BIN=${HOMEOSTAT_BIN:-$HOMEOSTAT_ROOT/build/release-static/bin/homeostat}
readonly BIN CULPRIT="$HOMEOSTAT_ROOT/scripts/faults/culprit.py"
readonly PEERS="$HOMEOSTAT_ROOT/scripts/faults/peers.py"
readonly WARM_UP=45 FAULT_SECONDS=45 CALM_MAX=150

# name | kinds that are right | cause that is right (a pattern; "-": nobody can know) | what to run
# A line makes one fault for each word of its last column, in the place of "%".
faults() {
    local cores t=$FAULT_SECONDS
    cores=$(nproc)
    cat <<LIST
cpu-hog|cpu_saturation|process:cpuhog|culprit cpuhog $t spin %|$((cores * 2)) $((cores * 4)) $((cores + 1))
cpu-stress|cpu_saturation|process:stress-ng|stress-ng --quiet --cpu % --timeout ${t}s|$((cores * 4)) $((cores * 2)) $((cores * 8))
cpu-matrix|cpu_saturation|process:stress-ng|stress-ng --quiet --matrix % --timeout ${t}s|$((cores * 2)) $((cores * 3)) $((cores * 4))
cpu-shell|cpu_saturation|process:(ba)?sh|shell_loops %|$((cores * 2)) $((cores * 3)) $((cores * 4))
fan-out|traffic_fan_out network_unreachable|-|blackhole %|500 400 800
disk-fill|filesystem_space|process:filler|culprit filler $t write $S/small %|4000000 1500000 12000000
disk-fill-ext4|filesystem_space|process:ext4filler|culprit ext4filler $t write $S/ext4 %|4000000 2000000 8000000
disk-fill-appends|filesystem_space|process:appender|culprit appender $t append $S/small %|4000000 2000000 8000000
disk-fill-jump|filesystem_space|-|fill_at_once %|95 97 99
deleted-open|filesystem_space|process:holder|culprit holder $t deleted $S/small %|4000000 2500000 8000000
deleted-held|filesystem_space|process:keeper|culprit keeper $t hold $S/small %|150000000 140000000 160000000
inodes|filesystem_inodes|process:touchy|culprit touchy $t inodes $S/few %|100 200 400
inodes-shell|filesystem_inodes|process:bash|touch_loop %|120 200 300
read-only|filesystem_read_only|mount:.*|read_only %|20 15 25
fd-leak|file_handles|process:fdleak|limited 1024 culprit fdleak $t descriptors % 1020|100 40 200
fd-leak-small|file_handles|process:fdsmall|limited 256 culprit fdsmall $t descriptors % 250|40 15 100
fd-leak-large|file_handles|process:fdlarge|limited 20000 culprit fdlarge $t descriptors % 19900|400 600 1000
zombies|zombies process_storm|process:undertaker|culprit undertaker $t zombies %|150 300 80
process-storm|process_storm|process:brood|culprit brood $t children %|1500 1000 2500
threads|process_storm|process:weaver|culprit weaver $t threads %|4500 6000 9000
task-limit|task_limit process_storm|-|in_pids_cgroup %|40 20 80
memory-leak|memory_leak memory_exhausted|process:leaky|culprit leaky $t leak % 1800000000|50000000 35000000 70000000
oom|oom_kill memory_exhausted memory_leak|process:oomer|in_memory_cgroup % culprit oomer $t leak 20000000 400000000|64 128 200
oom-stress|oom_kill memory_exhausted memory_leak|process:stress-ng|in_memory_cgroup % stress-ng --quiet --vm 1 --vm-bytes 400m --timeout ${t}s|64 96 128
io-hog|disk_saturation|process:fio|fio_hog % randrw|4 2 8
io-reader|disk_saturation|process:fio|fio_hog % randread|4 2 8
io-stress|disk_saturation|process:stress-ng|io_stress %|8 4 16
refused|connect_failures|-|culprit refused $t refused %|600 300 1500
backlog|listen_overflow|-|culprit backlog $t backlog|1 2 3
udp-overflow|udp_overflow|-|culprit slowudp $t datagrams|1 2 3
ports|port_exhaustion|-|culprit portuser $t timewait %|700 1000 1500
packet-loss|network_loss network_unreachable|-|lossy %|20 10 40
unreachable|network_unreachable network_loss|-|blackhole %|30 60 120
link-down|network_link|interface:.*|link_down %|25 15 35
link-flap|network_link|interface:.*|link_flap %|1 0.5 2
crash|program_crash|process:crasher|culprit crasher $t crash|1 2 3
log-flood|log_flood|-|culprit flooder $t flood $S/app.log %|2000 5000 10000
semaphores|kernel_limits|-|culprit semhog $t semaphores %|30000 31000 31900
fork-storm|process_storm|-|fork_storms %|800 500 1200
hung-mount|mount_hung|mount:.*|culprit frozen $t hang $S/hung|1 2 3
setuid|security_change|-|culprit intruder $t setuid $S/watched %|2 6 12
LIST
}
readonly SHORT=",cpu-hog,disk-fill,inodes,fd-leak,zombies,process-storm,oom,udp-overflow,"

# One line for each variant: name.N | kinds | cause | command.
variants() {
    local name kinds cause command sizes size i
    while IFS='|' read -r name kinds cause command sizes; do
        i=0
        for size in $sizes; do
            i=$((i + 1))
            printf '%s.%d|%s|%s|%s\n' "$name" "$i" "$kinds" "$cause" "${command//%/$size}"
            [[ -z $IS_QUICK ]] || break
        done
    done < <(faults)
}

# name | what to run; each some half a minute of honest work
benign() {
    cat <<'LIST'
compile|compile
backup|tar -C /usr -czf "$S/backup.tgz" share
checksum|checksum
configure|short_processes 3000
rotation|rotate
copy|cp -r /usr/include "$S/copy"
deploy|short_processes 300
database|database
idle|sleep 30
sort|seq 1 3000000 | sort -R | sort -n >/dev/null
compress|head -c 60000000 /usr/bin/gdb /usr/lib/x86_64-linux-gnu/*.so* 2>/dev/null | xz -T1 -2 >/dev/null
search|find / -xdev -type f -size +1M -printf '%s\n' 2>/dev/null | sort -n | tail -1
unpack|unpack
package|package
git|git clone -q --no-hardlinks "$HOMEOSTAT_ROOT" "$S/copy" && git -C "$S/copy" gc -q
cron|cron_at_the_hour
logins|login_storm
web|web_requests
cache|allocate 500
small-files|small_files
single-core|culprit worker 25 spin 1
log-burst|for i in {1..2000}; do echo "request $i served in $RANDOM us" >>"$S/app.log"; done
rsync|tar -C /usr/share -cf - doc | tar -C "$S/disk" -xf -
LIST
}
readonly SHORT_BENIGN=",compile,backup,configure,idle,"

culprit() { exec python3 "$CULPRIT" "$@"; }
limited() {
    ulimit -n "$1"
    shift
    "$@"
}
shell_loops() {
    local i
    for ((i = 0; i < $1; ++i)); do
        timeout "$FAULT_SECONDS" bash -c 'while :; do :; done' &
    done
    wait
}
touch_loop() {
    local i until=$((SECONDS + FAULT_SECONDS))
    for ((i = 0; SECONDS < until; ++i)); do
        : >"$S/few/t$i" || true
        ((i % $1)) || sleep 0.9
    done
}
fill_at_once() {
    head -c $((160 * 1024 * 1024 * $1 / 100)) /dev/zero >"$S/small/all"
    sleep 30
}

# The kernel's own way of turning a file system read-only: an error, here one that is asked for.
read_only() {
    sleep 3
    mount -o remount,ro "$S/ext4"
    sleep "$1"
    mount -o remount,rw "$S/ext4"
}

in_memory_cgroup() {
    local mib=$1 group=/sys/fs/cgroup/memory/homeostat-faults.$$
    shift
    [[ -d /sys/fs/cgroup/memory ]] || group=/sys/fs/cgroup/homeostat-faults.$$
    mkdir -p "$group"
    if [[ -e $group/memory.limit_in_bytes ]]; then
        echo $((mib << 20)) >"$group/memory.limit_in_bytes"
    else
        echo $((mib << 20)) >"$group/memory.max"
    fi
    # Three victims, one after another: a service manager would start it again too.
    local i
    for i in 1 2 3; do
        (
            echo "$BASHPID" >"$group/cgroup.procs"
            "$@"
        ) || true
    done
    sleep 1
    rmdir "$group" || true
}

# Nothing in it may start more than so many; it tries to.
in_pids_cgroup() {
    local group=/sys/fs/cgroup/pids/homeostat-faults.$$ i
    [[ -d /sys/fs/cgroup/pids ]] || group=/sys/fs/cgroup/homeostat-faults.$$
    mkdir -p "$group"
    echo "$1" >"$group/pids.max"
    (
        echo "$BASHPID" >"$group/cgroup.procs"
        for ((i = 0; i < 20; ++i)); do
            python3 "$CULPRIT" forker 2 children $(($1 * 2)) || true
            sleep 1
        done
    ) || true
    sleep 1
    rmdir "$group" || true
}
fio_hog() {
    exec fio --name=hog --directory="$S/disk" --size=256m --rw="$2" --bs=4k --direct=1 \
        --ioengine=libaio --iodepth=64 --numjobs="$1" --runtime="$FAULT_SECONDS" --time_based \
        --group_reporting --minimal
}
io_stress() {
    cd "$S/disk" && exec stress-ng --quiet --hdd "$1" --hdd-bytes 64m --hdd-opts direct,wr-rnd \
        --timeout "${FAULT_SECONDS}s"
}
fork_storms() {
    local i
    for i in 1 2 3; do python3 "$CULPRIT" forker "$FAULT_SECONDS" forks "$1" & done
    wait
}
make_link() {
    ip link add hsfault0 type veth peer name hsfault1
    ip link set hsfault0 up
    ip link set hsfault1 up
}
link_down() {
    make_link
    sleep 12
    ip link set hsfault1 down
    sleep "$1"
    ip link set hsfault1 up
    sleep 5
    ip link del hsfault0
}
link_flap() {
    local i
    make_link
    sleep 12
    for i in {1..10}; do
        ip link set hsfault1 down
        sleep "$1"
        ip link set hsfault1 up
        sleep "$1"
    done
    ip link del hsfault0
}
# A neighbour of its own, behind a link that can be made bad.
make_neighbour() {
    ip netns add hsfault
    ip link add hsfault0 type veth peer name hsfault1 netns hsfault
    ip addr add 198.18.77.1/30 dev hsfault0
    ip link set hsfault0 up
    ip -n hsfault addr add 198.18.77.2/30 dev hsfault1
    ip -n hsfault link set hsfault1 up
}
lossy() {
    make_neighbour
    ip netns exec hsfault python3 "$CULPRIT" server "$FAULT_SECONDS" serve &
    sleep 1
    python3 "$CULPRIT" sender "$FAULT_SECONDS" send 198.18.77.2 &
    sleep 5
    # The neighbour loses what comes: every TCP has to send it again.
    ip netns exec hsfault nft add table inet lossy
    ip netns exec hsfault nft add chain inet lossy in '{ type filter hook input priority 0; }'
    ip netns exec hsfault nft add rule inet lossy in numgen random mod 100 lt "$1" drop
    wait
    ip netns del hsfault
}
blackhole() {
    make_neighbour
    # An address of the link that nobody has: what goes there is not heard.
    ip neigh replace 198.18.77.2 lladdr 02:00:00:00:00:01 dev hsfault0
    python3 "$CULPRIT" caller "$FAULT_SECONDS" connect 198.18.77.2 "$1"
    ip netns del hsfault
}

unpack() {
    local i
    tar -C /usr/include -cf "$S/disk/layer.tar" .
    for i in 1 2 3; do
        mkdir -p "$S/copy/$i" && tar -C "$S/copy/$i" -xf "$S/disk/layer.tar" && sync -f "$S/copy/$i"
    done
}
package() {
    local archive
    for archive in $(find /var/cache/apt/archives -name '*.deb' 2>/dev/null | head -20); do
        dpkg-deb -x "$archive" "$S/copy"
    done
    dpkg -l >/dev/null
    apt-cache dumpavail >/dev/null
}
cron_at_the_hour() {
    local i
    for i in {1..20}; do (sleep 0.1; gzip -c /usr/bin/python3 >/dev/null; find /etc -type f >/dev/null) & done
    wait
}
login_storm() {
    local i
    for i in {1..150}; do setpriv --reuid 65534 --clear-groups /bin/sh -c 'id >/dev/null'; done
}
web_requests() {
    python3 - <<'PY'
import http.server, threading, urllib.request
handler = type("H", (http.server.SimpleHTTPRequestHandler,), {"log_message": lambda *a: None})
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
for _ in range(1500):
    urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/").read()
PY
}
allocate() { python3 -c "import time; x = bytearray($1 << 20); time.sleep(10); del x; time.sleep(5)"; }
small_files() {
    mkdir -p "$S/copy" && (cd "$S/copy" && seq 1 5000 | xargs touch && seq 1 5000 | xargs rm)
}
compile() {
    local i
    printf '#include <map>\n#include <string>\n#include <iostream>\nint main(){std::map<std::string,int> m; std::cout << m.size();}\n' >"$S/x.cpp"
    for i in {1..6}; do
        g++ -O2 -o "$S/x1" "$S/x.cpp" &
        g++ -O2 -o "$S/x2" "$S/x.cpp" &
        g++ -O2 -o "$S/x3" "$S/x.cpp" &
        wait
    done
}
checksum() { find /usr -xdev -type f -size -4M -print0 2>/dev/null | head -zn 20000 | xargs -0 sha256sum >/dev/null; }
short_processes() {
    local i
    for ((i = 0; i < $1; ++i)); do /bin/true; done
}
rotate() {
    local i
    for i in {1..20}; do
        head -c 20000000 /dev/urandom >"$S/disk/app.log"
        gzip -f "$S/disk/app.log"
        sleep 1
    done
}
database() {
    python3 - "$S/disk/db" <<'PY'
import sqlite3, sys
with sqlite3.connect(sys.argv[1]) as db:
    db.execute("create table if not exists t(a integer, b text)")
    for batch in range(60):
        db.executemany("insert into t values(?, ?)", ((i, "x" * 100) for i in range(20000)))
        db.commit()
PY
}

homeostat() { "$BIN" "$@" --state "$S/state"; }
incidents() { homeostat incidents --json 2>/dev/null || true; }
# What is known: an incident that came back counts as a new one.
known() { incidents | jq -r '"\(.id) \(.flaps // 0)"'; }
open_count() { homeostat incidents --open --json 2>/dev/null | grep -c . || true; }

end_job() {
    [[ -n ${JOB:-} ]] || return 0
    kill -TERM -- "-$JOB" 2>/dev/null || true
    sleep 0.3
    kill -KILL -- "-$JOB" 2>/dev/null || true
    wait "$JOB" 2>/dev/null || true
    JOB=
}

clean_up() {
    trap - EXIT INT TERM
    end_job
    [[ -z ${AGENT:-} ]] || kill -TERM "$AGENT" 2>/dev/null || true
    [[ -z ${PEERS_PID:-} ]] || kill -TERM "$PEERS_PID" 2>/dev/null || true
    wait 2>/dev/null || true
    ip netns del hsfault 2>/dev/null || true
    ip link del hsfault0 2>/dev/null || true
    rmdir /sys/fs/cgroup/pids/homeostat-faults.* 2>/dev/null || true
    rmdir /sys/fs/cgroup/memory/homeostat-faults.* /sys/fs/cgroup/homeostat-faults.* 2>/dev/null || true
    local mount
    umount -l "$S/hung" 2>/dev/null || true
    for mount in "$S"/small[0-9]* "$S"/few[0-9]* "$S/ext4"; do umount -l "$mount" 2>/dev/null || true; done
    if [[ -n ${KEEP:-} ]]; then
        printf 'Kept: %s\n' "$S" >&2
    else
        rm -rf --one-file-system "$S"
    fi
}

# A new pair of small file systems, $S/small and $S/few: on the one before, the next fault would be
# the same incident coming back.
new_small_mounts() { # NUMBER
    local name options
    for name in small few; do
        options=size=160m
        [[ $name == small ]] || options=size=64m,nr_inodes=4000
        ! mountpoint -q "$S/$name" || umount -l "$(readlink "$S/$name")"
        mkdir "$S/$name$1"
        mount -t tmpfs -o "$options,mode=0755" "homeostat-$name" "$S/$name$1"
        ln -sfn "$S/$name$1" "$S/$name"
    done
}

prepare() {
    mkdir -p "$S"/{state,etc,ext4,disk,hung,watched}
    : >"$S/app.log"
    printf 'logs: {files: [%s]}\nchanges: {paths: [%s]}\n' "$S/app.log" "$S/watched" \
        >"$S/etc/homeostat.yml"
    new_small_mounts 0
    truncate -s 200M "$S/ext4.img"
    mkfs.ext4 -q -F "$S/ext4.img"
    mount -o loop "$S/ext4.img" "$S/ext4"
    "$BIN" run --config "$S/etc" --state "$S/state" >"$S/homeostat.log" 2>&1 &
    AGENT=$!
    mkdir "$S/peers"
    if [[ -n $WITH_PEERS ]]; then
        python3 "$PEERS" watch "$S/peers" &
        PEERS_PID=$!
    fi
    printf 'Homeostat learns for %d s ...\n' "$WARM_UP" >&2
    sleep "$WARM_UP"
    kill -0 "$AGENT" || {
        cat "$S/homeostat.log" >&2
        die "homeostat did not start"
    }
}

# start COMMAND...: in a process group of its own, so that all of it can be ended.
start() {
    set -m
    ("$@") >>"$S/jobs.log" 2>&1 &
    JOB=$!
    set +m
}
running() { [[ -n ${JOB:-} ]] && kill -0 "$JOB" 2>/dev/null; }

# Waits until nothing is open, so that the next one starts from calm.
wait_for_calm() {
    local i
    for ((i = 0; i < CALM_MAX; i += 2)); do
        [[ $(open_count) != 0 ]] || return 0
        sleep 2
    done
}

TOTAL=0 SEEN=0 ONE=0 KIND=0 CAUSED=0 TOP1=0 TOP3=0 SURE_AND_WRONG=0
FALSE=0 BENIGN=0 BENIGN_SECONDS=0
DELAYS=()

# The incidents that are not in the list given.
fresh() {
    incidents | jq -c --arg old "$1" '"\(.id) \(.flaps // 0)" as $key |
        select(($old | split("\n") | index($key)) == null)'
}

# note_span fault|benign NAME BEGIN: it ends now; what peers say of it is counted at the end.
note_span() { printf '%s %s %s %s\n' "$@" "$(date +%s)" >>"$S/peers/spans"; }

print_row() { printf '%-20s %-5s %6s %3s %-22s %-5s %-5s %s\n' "$@"; }

judge() { # NAME KINDS CAUSE OLD_IDS BEGAN
    local new first kind delay count kinds_ok=no one=no top1=- top3=-
    new=$(fresh "$4")
    count=$(grep -c . <<<"$new" || true)
    TOTAL=$((TOTAL + 1))
    [[ $3 == - ]] || CAUSED=$((CAUSED + 1))
    if [[ $count == 0 ]]; then
        print_row "$1" no - 0 - - - - | tee -a "$S/table"
        return
    fi
    first=$(jq -sc --arg kinds "$2" '(map(select(.kind as $k | $kinds | split(" ") | index($k))) + .)[0]' <<<"$new")
    kind=$(jq -r .kind <<<"$first")
    delay=$(jq -r --argjson began "$5" '([(.timeline // [])[] | select(.kind == "flap") | .at] + [.opened] | max) | sub("\\.[0-9]+Z"; "Z") | fromdate - $began' <<<"$first")
    SEEN=$((SEEN + 1))
    DELAYS+=("$delay")
    [[ $count != 1 ]] || { one=yes; ONE=$((ONE + 1)); }
    [[ " $2 " != *" $kind "* ]] || { kinds_ok=yes; KIND=$((KIND + 1)); }
    if [[ $3 != - ]]; then
        top1=no top3=no
        if jq -e --arg cause "$3" '(.causes[0].name // "") | test($cause)' <<<"$first" >/dev/null; then
            top1=yes
            TOP1=$((TOP1 + 1))
        elif jq -e '(.causes[0].confidence // 0) >= 0.8' <<<"$first" >/dev/null; then
            SURE_AND_WRONG=$((SURE_AND_WRONG + 1))
        fi
        if jq -e --arg cause "$3" 'any((.considered // [])[]; .name | test($cause))' <<<"$first" >/dev/null; then
            top3=yes
            TOP3=$((TOP3 + 1))
        fi
    fi
    print_row "$1" yes "${delay}s" "$count" "$kind" "$top1" "$top3" \
        "$(jq -r '.remedy // "-" | if . == "" then "-" else . end' <<<"$first")$([[ $kinds_ok == yes ]] || echo "; kind is wrong")$([[ $one == yes ]] || jq -r '"; + " + .kind + " " + .subject.name' <<<"$new" | tr -d '\n')$([[ $top1 != no ]] || jq -r '"; blames " + (.causes[0].name // "nobody")' <<<"$first")" |
        tee -a "$S/table"
}

run_fault() {
    local name=$1 kinds=$2 cause=$3 old began i
    shift 3
    old=$(known)
    began=$(date +%s)
    # shellcheck disable=SC2294  # the list holds words, not data of others
    start eval "$*"
    for ((i = 0; i < FAULT_SECONDS + 30; ++i)); do
        running || break
        sleep 1
    done
    end_job
    sleep 5
    note_span fault "$name" "$began"
    judge "$name" "$kinds" "$cause" "$old" "$began"
    ip netns del hsfault 2>/dev/null || true
    ip link del hsfault0 2>/dev/null || true
    umount -l "$S/hung" 2>/dev/null || true
    new_small_mounts "$TOTAL"
    rm -rf "$S"/watched/* "$S"/ext4/*.log "$S"/disk/*
    : >"$S/app.log"
    wait_for_calm
}

run_benign() {
    local name=$1 old began i count unix
    shift
    old=$(known)
    began=$SECONDS
    unix=$(date +%s)
    # shellcheck disable=SC2294
    start eval "$*"
    for ((i = 0; i < 90; ++i)); do
        running || break
        sleep 1
    done
    end_job
    sleep 5
    note_span benign "$name" "$unix"
    count=$(fresh "$old" | grep -c . || true)
    BENIGN=$((BENIGN + 1))
    BENIGN_SECONDS=$((BENIGN_SECONDS + SECONDS - began))
    FALSE=$((FALSE + count))
    [[ $count == 0 ]] || printf '%-15s benign, %s false: %s\n' "$name" "$count" \
        "$(fresh "$old" | jq -r .kind | tr '\n' ' ')" | tee -a "$S/table"
    rm -rf "$S"/disk/* "$S"/copy "$S"/backup.tgz
    wait_for_calm
}

wanted() { # NAME SHORT_LIST
    local base=${1%.[0-9]}
    if [[ -n $ONLY ]]; then
        [[ ,$ONLY, == *",$1,"* || ,$ONLY, == *",$base,"* ]]
    else
        [[ -z $IS_SHORT || ($2 == *",$base,"* && $1 != *.[2-9]) ]]
    fi
}

median() { printf '%s\n' "$@" | sort -n | awk '{a[NR]=$1} END {print NR ? a[int((NR+1)/2)] : "-"}'; }

campaign() {
    local name kinds cause command i=0
    local -a jobs=()
    while IFS='|' read -r name command; do
        ! wanted "$name" "$SHORT_BENIGN" || jobs+=("$name|$command")
    done < <(benign)
    printf "\n"
    print_row FAULT SEEN DELAY N KIND TOP1 TOP3 "STOCK RULE"
    while IFS='|' read -r name kinds cause command <&3; do
        wanted "$name" "$SHORT" || continue
        run_fault "$name" "$kinds" "$cause" "$command"
        if ((i < ${#jobs[@]})); then
            run_benign "${jobs[i]%%|*}" "${jobs[i]#*|}"
            i=$((i + 1))
        fi
    done 3< <(variants)
    for (( ; i < ${#jobs[@]}; ++i)); do run_benign "${jobs[i]%%|*}" "${jobs[i]#*|}"; done
    sum_up
}

# goal TEXT COUNT OF PERCENT
goal() {
    local share=0
    ((${3} == 0)) || share=$((100 * $2 / $3))
    printf '%-28s %4d of %-4d %4d %%   goal %s %%\n' "$1" "$2" "$3" "$share" "$4"
}
sum_up() {
    printf '\n'
    goal "seen" "$SEEN" "$TOTAL" ">= 95"
    goal "as exactly one incident" "$ONE" "$TOTAL" ">= 95"
    goal "kind right" "$KIND" "$TOTAL" ">= 95"
    goal "cause right, the first" "$TOP1" "$CAUSED" ">= 85"
    goal "cause right, of three" "$TOP3" "$CAUSED" ">= 95"
    goal "sure of a wrong cause" "$SURE_AND_WRONG" "$CAUSED" "<= 2"
    printf 'median delay %s s, goal <= 15 s\n' "$(median "${DELAYS[@]:-}")"
    printf 'benign jobs %d in %d s: %d false incidents, goal <= 1 in 24 h\n' "$BENIGN" "$BENIGN_SECONDS" "$FALSE"
    [[ -z $WITH_PEERS ]] || python3 "$PEERS" table "$S/peers"
}

ONLY='' IS_SHORT='' IS_QUICK='' KEEP='' WITH_PEERS=''
while (($# > 0)); do
    case $1 in
        --short) IS_SHORT=1 ;;
        --quick) IS_QUICK=1 ;;
        --keep) KEEP=1 ;;
        --peers) WITH_PEERS=1 ;;
        --only)
            ONLY=${2:?--only needs names}
            shift
            ;;
        --list)
            S=DIR
            variants | cut -d'|' -f1
            benign | sed 's/|.*/ (benign)/'
            exit 0
            ;;
        -h | --help)
            script_help "$0"
            exit 0
            ;;
        *) die "unknown argument '$1': try --help" ;;
    esac
    shift
done
((EUID == 0)) || die "run it as root: it mounts a tmpfs and a loop image"
[[ -x $BIN ]] || die "no program at $BIN: scripts/build.sh makes it"
for tool in jq python3 fio stress-ng ip nft mkfs.ext4; do
    command -v "$tool" >/dev/null || die "$tool is missing: see the group [faults] of scripts/packages.txt"
done
S=$(mktemp -d "${TMPDIR:-/tmp}/homeostat-faults.XXXXXX")
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
prepare
campaign
