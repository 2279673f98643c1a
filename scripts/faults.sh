#!/usr/bin/env bash
# Makes real, bounded faults on this machine, with benign work between them, and prints what
# Homeostat made of each.
#
# Usage: scripts/faults.sh [--short] [--only NAME,...] [--list] [--keep]
#   --short   a handful of faults and benign jobs, some five minutes
#   --only    these alone; --list names them
#   --keep    keeps the scratch directory with all incidents
#
# Needs root. It fills no disk but a tmpfs and a loop image that it made, keeps memory, processes
# and descriptors within fixed bounds, and sends no packet beyond loopback. What it started it ends,
# also on Ctrl-C. HOMEOSTAT_BIN names the program (default: the static release).
#
# A fault counts as seen when an incident opens after it began; its kind must be one of those listed
# with it, its cause must name the culprit. In the benign part every incident is a false one.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

BIN=${HOMEOSTAT_BIN:-$HOMEOSTAT_ROOT/build/release-static/bin/homeostat}
readonly BIN CULPRIT="$HOMEOSTAT_ROOT/scripts/faults/culprit.py"
readonly WARM_UP=45 FAULT_SECONDS=45 CALM_MAX=150

# name | kinds that are right | cause that is right (a pattern) | what to run
faults() {
    local cores
    cores=$(nproc)
    cat <<LIST
cpu-hog|cpu_saturation|process:cpuhog|culprit cpuhog $FAULT_SECONDS spin $((cores * 2))
cpu-stress|cpu_saturation|process:stress-ng|stress-ng --quiet --cpu $((cores * 4)) --timeout ${FAULT_SECONDS}s
disk-fill|filesystem_space|process:filler|culprit filler $FAULT_SECONDS write $S/small 4000000
disk-fill-slow|filesystem_space|process:slowfiller|culprit slowfiller $FAULT_SECONDS write $S/small 1500000
disk-fill-ext4|filesystem_space|process:ext4filler|culprit ext4filler $FAULT_SECONDS write $S/ext4 4000000
deleted-open|filesystem_space|process:holder|culprit holder $FAULT_SECONDS deleted $S/small 4000000
inodes|filesystem_inodes|process:touchy|culprit touchy $FAULT_SECONDS inodes $S/few 100
read-only|filesystem_read_only|.*|read_only
fd-leak|file_handles|process:fdleak|limited culprit fdleak $FAULT_SECONDS descriptors 100 1020
fd-leak-slow|file_handles|process:fdslow|limited culprit fdslow $FAULT_SECONDS descriptors 40 1000
zombies|zombies process_storm|process:undertaker|culprit undertaker $FAULT_SECONDS zombies 150
process-storm|process_storm|process:brood|culprit brood $FAULT_SECONDS children 1500
memory-leak|memory_leak|process:leaky|culprit leaky $FAULT_SECONDS leak 50000000 1800000000
oom|oom_kill memory_exhausted memory_leak|process:oomer|in_memory_cgroup 64 culprit oomer $FAULT_SECONDS leak 20000000 400000000
io-hog|disk_saturation|process:fio|fio_hog
io-stress|disk_saturation|process:stress-ng|io_stress
refused|connect_failures|.*|culprit refused $FAULT_SECONDS refused 600
backlog|listen_overflow|.*|culprit backlog $FAULT_SECONDS backlog
udp-overflow|udp_overflow|.*|culprit slowudp $FAULT_SECONDS datagrams
ports|port_exhaustion|.*|culprit portuser $FAULT_SECONDS timewait 600
link-down|network_link|interface:.*|link_down
LIST
}
readonly SHORT=",cpu-hog,disk-fill,inodes,fd-leak,zombies,process-storm,oom,udp-overflow,"

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
LIST
}
readonly SHORT_BENIGN=",compile,backup,configure,idle,"

culprit() { exec python3 "$CULPRIT" "$@"; }
limited() {
    ulimit -n 1024
    "$@"
}

# The kernel's own way of turning a file system read-only: an error, here one that is asked for.
read_only() {
    sleep 3
    mount -o remount,ro "$S/ext4"
    sleep 20
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

fio_hog() {
    exec fio --name=hog --directory="$S/disk" --size=256m --rw=randrw --bs=4k --direct=1 \
        --ioengine=libaio --iodepth=64 --numjobs=4 --runtime="$FAULT_SECONDS" --time_based \
        --group_reporting --minimal
}
io_stress() {
    cd "$S/disk" && exec stress-ng --quiet --hdd 8 --hdd-bytes 64m --hdd-opts direct,wr-rnd \
        --timeout "${FAULT_SECONDS}s"
}
link_down() {
    ip link add hsfault0 type veth peer name hsfault1
    ip link set hsfault0 up
    ip link set hsfault1 up
    sleep 12
    ip link set hsfault1 down
    sleep 25
    ip link set hsfault1 up
    sleep 5
    ip link del hsfault0
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
ids() { incidents | jq -r .id; }
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
    wait 2>/dev/null || true
    ip link del hsfault0 2>/dev/null || true
    rmdir /sys/fs/cgroup/memory/homeostat-faults.* /sys/fs/cgroup/homeostat-faults.* 2>/dev/null || true
    local mount
    for mount in small few ext4; do umount "$S/$mount" 2>/dev/null || true; done
    if [[ -n ${KEEP:-} ]]; then
        printf 'Kept: %s\n' "$S" >&2
    else
        rm -rf --one-file-system "$S"
    fi
}

prepare() {
    mkdir -p "$S"/{state,etc,small,few,ext4,disk}
    mount -t tmpfs -o size=160m,mode=0755 homeostat-small "$S/small"
    mount -t tmpfs -o size=64m,nr_inodes=4000,mode=0755 homeostat-few "$S/few"
    truncate -s 200M "$S/ext4.img"
    mkfs.ext4 -q -F "$S/ext4.img"
    mount -o loop "$S/ext4.img" "$S/ext4"
    "$BIN" run --config "$S/etc" --state "$S/state" >"$S/homeostat.log" 2>&1 &
    AGENT=$!
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

TOTAL=0 SEEN=0 ONE=0 KIND=0 TOP1=0 TOP3=0 FALSE=0 BENIGN=0 BENIGN_SECONDS=0
DELAYS=()

# The incidents that are not in the list of ids given.
fresh() { incidents | jq -c --arg old "$1" 'select(.id as $id | ($old | split("\n") | index($id)) == null)'; }

judge() { # NAME KINDS CAUSE OLD_IDS BEGAN
    local new first kind delay count kinds_ok=no one=no top1=no top3=no
    new=$(fresh "$4")
    count=$(grep -c . <<<"$new" || true)
    TOTAL=$((TOTAL + 1))
    if [[ $count == 0 ]]; then
        printf '%-15s %-6s %6s %3s %-22s %-5s %-5s\n' "$1" no - 0 - - - | tee -a "$S/table"
        return
    fi
    first=$(jq -sc --arg kinds "$2" '(map(select(.kind as $k | $kinds | split(" ") | index($k))) + .)[0]' <<<"$new")
    kind=$(jq -r .kind <<<"$first")
    delay=$(jq -r --argjson began "$5" '.opened | sub("\\.[0-9]+Z"; "Z") | fromdate - $began' <<<"$first")
    SEEN=$((SEEN + 1))
    DELAYS+=("$delay")
    [[ $count != 1 ]] || { one=yes; ONE=$((ONE + 1)); }
    [[ " $2 " != *" $kind "* ]] || { kinds_ok=yes; KIND=$((KIND + 1)); }
    if jq -e --arg cause "$3" '(.causes[0].name // "") | test($cause)' <<<"$first" >/dev/null; then
        top1=yes
        TOP1=$((TOP1 + 1))
    fi
    if jq -e --arg cause "$3" '$cause == ".*" or any(.considered[]; .name | test($cause))' <<<"$first" >/dev/null; then
        top3=yes
        TOP3=$((TOP3 + 1))
    fi
    [[ $3 != ".*" || $top1 == yes ]] || { top1=-; TOP1=$((TOP1 + 1)); }
    printf '%-15s %-6s %5ss %3s %-22s %-5s %-5s %s\n' "$1" yes "$delay" "$count" "$kind" "$top1" "$top3" \
        "$([[ $kinds_ok == yes ]] || echo "kind is wrong")$([[ $one == yes ]] || jq -r '" +" + .kind' <<<"$new" | tr -d '\n')" |
        tee -a "$S/table"
}

run_fault() {
    local name=$1 kinds=$2 cause=$3 old began i
    shift 3
    old=$(ids)
    began=$(date +%s)
    # shellcheck disable=SC2294  # the list holds words, not data of others
    start eval "$*"
    for ((i = 0; i < FAULT_SECONDS + 30; ++i)); do
        running || break
        sleep 1
    done
    end_job
    sleep 5
    judge "$name" "$kinds" "$cause" "$old" "$began"
    rm -rf "$S"/small/* "$S"/few/* "$S"/ext4/grows.log "$S"/disk/*
    wait_for_calm
}

run_benign() {
    local name=$1 old began i count
    shift
    old=$(ids)
    began=$SECONDS
    # shellcheck disable=SC2294
    start eval "$*"
    for ((i = 0; i < 90; ++i)); do
        running || break
        sleep 1
    done
    end_job
    sleep 5
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
    if [[ -n $ONLY ]]; then [[ ,$ONLY, == *",$1,"* ]]; else [[ -z $IS_SHORT || $2 == *",$1,"* ]]; fi
}

median() { printf '%s\n' "$@" | sort -n | awk '{a[NR]=$1} END {print NR ? a[int((NR+1)/2)] : "-"}'; }

campaign() {
    local name kinds cause command i=0
    local -a jobs=()
    while IFS='|' read -r name command; do
        ! wanted "$name" "$SHORT_BENIGN" || jobs+=("$name|$command")
    done < <(benign)
    printf '\n%-15s %-6s %6s %3s %-22s %-5s %-5s\n' FAULT SEEN DELAY N KIND TOP1 TOP3
    while IFS='|' read -r name kinds cause command <&3; do
        wanted "$name" "$SHORT" || continue
        run_fault "$name" "$kinds" "$cause" "$command"
        if ((i < ${#jobs[@]})); then
            run_benign "${jobs[i]%%|*}" "${jobs[i]#*|}"
            i=$((i + 1))
        fi
    done 3< <(faults)
    for (( ; i < ${#jobs[@]}; ++i)); do run_benign "${jobs[i]%%|*}" "${jobs[i]#*|}"; done
    printf '\nfaults %d: seen %d, exactly one incident %d, kind right %d, cause first %d, among three %d; median delay %s s\n' \
        "$TOTAL" "$SEEN" "$ONE" "$KIND" "$TOP1" "$TOP3" "$(median "${DELAYS[@]:-}")"
    printf 'benign jobs %d in %d s: %d false incidents\n' "$BENIGN" "$BENIGN_SECONDS" "$FALSE"
}

ONLY='' IS_SHORT='' KEEP=''
while (($# > 0)); do
    case $1 in
        --short) IS_SHORT=1 ;;
        --keep) KEEP=1 ;;
        --only)
            ONLY=${2:?--only needs names}
            shift
            ;;
        --list)
            S=DIR
            faults | cut -d'|' -f1
            benign | sed 's/|.*/ (benign)/'
            exit 0
            ;;
        -h | --help)
            sed -n '2,18p' "$0" | sed 's/^# \{0,1\}//'
            exit 0
            ;;
        *) die "unknown argument '$1': try --help" ;;
    esac
    shift
done
((EUID == 0)) || die "run it as root: it mounts a tmpfs and a loop image"
[[ -x $BIN ]] || die "no program at $BIN: scripts/build.sh makes it"
for tool in jq python3 fio stress-ng ip mkfs.ext4; do
    command -v "$tool" >/dev/null || die "$tool is missing: see the group [faults] of scripts/packages.txt"
done
S=$(mktemp -d "${TMPDIR:-/tmp}/homeostat-faults.XXXXXX")
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
prepare
campaign
