#!/usr/bin/env bash
# Makes real, bounded faults on this machine, with benign work between them, and prints what
# Homeostat made of each, against its goals.
#
# Usage: scripts/faults.sh [--quick | --short] [--only NAME,...] [--peers] [--alone] [--bare]
#                          [--into DIR] [--for MINUTES]
#        scripts/faults.sh --benign MINUTES [--peers] [--into DIR]
#        scripts/faults.sh --table DIR [--markdown] | --list | --check
#   --quick    one variant of each fault; without it three of different size
#   --short    a handful of faults and benign jobs, some ten minutes
#   --only     these alone, all their variants, or one ("cpu-hog.2"); --list names them
#   --peers    Netdata with its stock alarms and Prometheus with the node-exporter mixin's limits
#              watch the same faults; the last columns of the table are theirs
#   --into     works in DIR and leaves the results and the incidents there. A campaign that was ended
#              goes on where it stopped; what --only names is done again, and the later result counts
#   --for      starts nothing new after so long
#   --alone    one fault at a time; otherwise up to four that have nothing to do with each other begin
#              together, which takes a third of the time. --only and --peers are always so
#   --bare     no benign work between the faults
#   --benign   no faults: the benign jobs alone, round after round, for so long
#   --table    the table of a campaign that was made --into DIR, again
#   --check    tells what is missing on this machine, and does nothing
#
# Needs root. It fills no disk but a tmpfs and loop images that it made, keeps memory, processes and
# descriptors within fixed bounds, and sends no packet beyond loopback and a network namespace of
# its own. For one fault fs.file-max is a little above what is in use. What it started it ends, also
# on Ctrl-C, and says at the end if anything was left behind. HOMEOSTAT_BIN names the program
# (default: the static release). The faults of services ("unit-...") run in a machine of their own,
# booted by tests/system/machine.sh; where none can be booted they are left out, and said so.
#
# A fault counts as seen when an incident opens after it began; its kind must be one of those listed
# with it, its cause must name the culprit. Where the kernel does not tell who did it, none is asked
# for, and the fault does not count for the causes. Of faults that were made together each has the
# incidents of its kinds; what belongs to none of them is held against the one whose culprit it names,
# or against the first. In the benign part every incident is false.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

BIN=${HOMEOSTAT_BIN:-$HOMEOSTAT_ROOT/build/release-static/bin/homeostat}
[[ ! -d $BIN ]] || BIN=$BIN/homeostat
readonly BIN CULPRIT="$HOMEOSTAT_ROOT/scripts/faults/culprit.py"
readonly PEERS="$HOMEOSTAT_ROOT/scripts/faults/peers.py"
readonly RESULTS="$HOMEOSTAT_ROOT/scripts/faults/results.py"
readonly WARM_UP=45 CALM_MAX=150
FILE_MAX=$(cat /proc/sys/fs/file-max)
readonly FILE_MAX
# shellcheck source=scripts/faults/list.sh
. "$HOMEOSTAT_ROOT/scripts/faults/list.sh"
# shellcheck source=scripts/faults/host.sh
. "$HOMEOSTAT_ROOT/scripts/faults/host.sh"
# shellcheck source=scripts/faults/machine.sh
. "$HOMEOSTAT_ROOT/scripts/faults/machine.sh"

# The incidents that a watch knows, one a line: that of the host, or that of the machine.
incidents() { # host|machine
    if [[ $1 == machine ]]; then
        [[ -z ${MACHINE_AGENT:-} ]] ||
            inside /usr/bin/homeostat incidents --json --state "$STATE_INSIDE" 2>/dev/null || true
    else
        "$BIN" incidents --json --state "$S/state" 2>/dev/null || true
    fi
}
note_incidents() { # before|after
    incidents host >"$S/host.$1"
    incidents machine >"$S/machine.$1"
}
# Those that a fault of one of these kinds could be taken for. A file system that is gone is not known
# to be well for some minutes, and each fault has one of its own.
open_count() { # KINDS
    incidents host | jq -r --arg kinds "$1" 'select(.state != "resolved" and
        (.kind | startswith("filesystem_") | not)) | .kind | select(. as $kind |
        $kinds == "" or ($kinds | split(" ") | index($kind)))' | grep -c . || true
}

end_jobs() {
    local job
    for job in "${JOBS[@]}"; do kill -TERM -- "-$job" 2>/dev/null || true; done
    ((${#JOBS[@]} == 0)) || sleep 0.3
    for job in "${JOBS[@]}"; do
        kill -KILL -- "-$job" 2>/dev/null || true
        wait "$job" 2>/dev/null || true
    done
    JOBS=()
}

# What one fault may have left.
tidy() {
    ip netns del hsfault 2>/dev/null || true
    ip link del hsfault0 2>/dev/null || true
    umount -l "$S/hung" 2>/dev/null || true
    ! mountpoint -q "$S/bad" || umount -l "$S/bad" || true
    local device group
    for device in $(losetup --noheadings --output NAME --associated "$S/bad.img" 2>/dev/null); do
        losetup -d "$device" || true
    done
    [[ $(cat /proc/sys/fs/file-max) == "$FILE_MAX" ]] || echo "$FILE_MAX" >/proc/sys/fs/file-max
    for group in /sys/fs/cgroup/{pids/,memory/,}homeostat-faults.*; do
        [[ ! -d $group ]] || rmdir "$group" 2>/dev/null || true
    done
    rm -rf "$S"/watched/* "$S"/ext4/*.log "$S"/ext4/held "$S"/disk/* "$S/bad.img"
    : >"$S/app.log"
}

clean_up() {
    trap - EXIT INT TERM
    end_jobs
    [[ -z ${AGENT:-} ]] || kill -TERM "$AGENT" 2>/dev/null || true
    [[ -z ${PEERS_PID:-} ]] || kill -TERM "$PEERS_PID" 2>/dev/null || true
    end_machine
    wait 2>/dev/null || true
    tidy
    local mount
    for mount in "$S"/small[0-9]* "$S"/few[0-9]* "$S/ext4"; do umount -l "$mount" 2>/dev/null || true; done
    sleep 1 # a loop device goes a moment after its mount
    what_is_there | diff "$S/before" - >"$S/left" || warn "left behind (or gone): $(grep '^[<>]' "$S/left" | tr '\n' ' ')"
    if [[ -n $INTO ]]; then
        rm -rf --one-file-system "$S"/{small,few}* "$S"/package-* "$S/copy" "$S/ext4.img" "$S/backup.tgz"
    else
        rm -rf --one-file-system "$S"
    fi
}

# What must be the same after the campaign as before it.
what_is_there() {
    grep -F " $S/" /proc/self/mounts || true
    losetup --noheadings --output BACK-FILE | grep -F "$S/" || true
    ip netns list
    ip -brief link | sed 's/ .*//' | grep hsfault || true
    ls -d /sys/fs/cgroup/{pids/,memory/,}homeostat-faults.* 2>/dev/null || true
    printf 'file-max %s\n' "$(cat /proc/sys/fs/file-max)"
    printf 'semaphore arrays %s\n' "$(wc -l </proc/sysvipc/sem)"
}

# A new pair of small file systems, $SMALL and $FEW: on the one before, the next fault would be the
# same incident coming back.
new_small_mounts() {
    local number
    number=$(date +%s)
    [[ -z $SMALL ]] || umount -l "$SMALL" "$FEW"
    SMALL=$S/small$number FEW=$S/few$number
    mkdir -p "$SMALL" "$FEW"
    mount -t tmpfs -o size=160m,mode=0755 homeostat-small "$SMALL"
    mount -t tmpfs -o size=64m,nr_inodes=4000,mode=0755 homeostat-few "$FEW"
}

prepare() {
    mkdir -p "$S"/{state,etc,ext4,disk,hung,watched,peers}
    what_is_there >"$S/before"
    cut -d' ' -f2 /proc/self/mounts >"$S/mounts"
    : >"$S/app.log"
    printf 'logs: {files: [%s]}\nchanges: {paths: [%s]}\n' "$S/app.log" "$S/watched" \
        >"$S/etc/homeostat.yml"
    new_small_mounts
    truncate -s 200M "$S/ext4.img"
    mkfs.ext4 -q -F "$S/ext4.img"
    mount -o loop "$S/ext4.img" "$S/ext4"
    "$BIN" run --config "$S/etc" --state "$S/state" >>"$S/homeostat.log" 2>&1 &
    AGENT=$!
    if wants_machine; then
        start_machine || warn "no machine could be booted: the faults of services are left out"
    fi
    if [[ -n $WITH_PEERS ]]; then
        python3 "$PEERS" "$S/peers" &
        PEERS_PID=$!
    fi
    say "Homeostat learns for $WARM_UP s"
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
    JOBS+=("$!")
    set +m
}
running() {
    local job
    for job in "${JOBS[@]}"; do
        ! kill -0 "$job" 2>/dev/null || return 0
    done
    return 1
}

# Waits until nothing is open that the next could be taken for; not for ever: of an error of a disk
# one is warned for long.
wait_for_calm() { # KINDS
    local i
    for ((i = 0; i < CALM_MAX; i += 2)); do
        [[ $(open_count "$1") != 0 ]] || return 0
        sleep 2
    done
}

# run_jobs fault|benign SECONDS LINE...: together, and judges them. A line is NAME|KINDS|CAUSE|COMMAND.
run_jobs() {
    local job=$1 most=$2 line name kinds cause command i began all=''
    shift 2
    if [[ $job == fault ]]; then
        for line in "$@"; do
            IFS='|' read -r _ kinds _ <<<"$line"
            all+=" $kinds"
        done
        (($# > 1)) || all='' # one at a time is the stricter trial: then nothing at all is open
        wait_for_calm "$all"
    fi
    note_incidents before
    : >"$S/round"
    for line in "$@"; do
        IFS='|' read -r name kinds cause command <<<"$line"
        began=$(date +%s.%3N)
        # shellcheck disable=SC2294  # the list holds words, not data of others
        start eval "$command"
        printf '%s|%s|%s|%s\n' "$name" "$kinds" "$cause" "$began" >>"$S/round"
    done
    for ((i = 0; i < most; ++i)); do
        running || break
        sleep 1
    done
    end_jobs
    sleep 5
    note_incidents after
    python3 "$RESULTS" judge "$S" "$job" "$(date +%s.%3N)"
    tidy
    rm -rf "$S"/copy "$S"/backup.tgz
    [[ -z ${MACHINE_AGENT:-} ]] || mend_machine
    [[ $job == benign ]] || new_small_mounts
}
run_benign() { run_jobs benign 90 "$1|-|-|$2"; }

wanted() { # NAME SHORT_LIST
    local base=${1%.[0-9]}
    if [[ $1 == unit-* && -z ${MACHINE_AGENT:-} ]]; then return 1; fi
    if [[ -n $ONLY ]]; then
        [[ ,$ONLY, == *",$1,"* || ,$ONLY, == *",$base,"* ]]
    elif [[ -s $S/results ]] && python3 "$RESULTS" known "$S" "$1"; then
        return 1
    else
        [[ -z $IS_SHORT || ($2 == *",$base,"* && $1 != *.[2-9]) ]]
    fi
}
wants_machine() {
    [[ -z $IS_SHORT && (-z $ONLY || $ONLY == *unit-*) ]] && "$MACHINE_SCRIPT" possible
}

have_time() { [[ -z $MINUTES ]] || ((SECONDS < MINUTES * 60)); }

# next_round NUMBER: fills ROUND with what is wanted of that line of rounds(), in one size.
next_round() { # NUMBER SIZE
    local name line
    ROUND=()
    for name in $(rounds | sed -n "$1p"); do
        line=$(grep "^$name\.$2|" "$S/variants" || true)
        [[ -z $line ]] || ! wanted "$name.$2" "$SHORT" || ROUND+=("$line")
    done
}

campaign() {
    local name command line size number=0 i=0
    local -a jobs=() ROUND=()
    while IFS='|' read -r name command; do
        [[ -n $IS_BARE ]] || ! wanted "$name" "$SHORT_BENIGN" || jobs+=("$name|$command")
    done < <(benign)
    variants >"$S/variants"
    python3 "$RESULTS" head
    if [[ -n $IS_ALONE$ONLY$WITH_PEERS ]]; then
        while read -r line <&3; do
            wanted "${line%%|*}" "$SHORT" || continue
            have_time || return 0
            run_jobs fault $((FAULT_SECONDS + 30)) "$line"
            ((i >= ${#jobs[@]})) || run_benign "${jobs[i]%%|*}" "${jobs[i++]#*|}"
        done 3<"$S/variants"
    else
        for size in 1 2 3; do
            for ((number = 1; number <= $(rounds | wc -l); ++number)); do
                next_round "$number" "$size"
                ((${#ROUND[@]} > 0)) || continue
                have_time || return 0
                run_jobs fault $((FAULT_SECONDS + 30)) "${ROUND[@]}"
                ((i >= ${#jobs[@]})) || run_benign "${jobs[i]%%|*}" "${jobs[i++]#*|}"
            done
        done
    fi
    for (( ; i < ${#jobs[@]}; ++i)); do
        have_time || return 0
        run_benign "${jobs[i]%%|*}" "${jobs[i]#*|}"
    done
}

benign_rounds() {
    local name command
    while have_time; do
        while IFS='|' read -r name command <&3; do
            if [[ $name == unit-* && -z ${MACHINE_AGENT:-} ]]; then continue; fi
            have_time || break
            run_benign "$name" "$command"
        done 3< <(benign)
    done
}

# What the machine lacks, one a line; nothing when all is there.
missing() {
    local tool
    ((EUID == 0)) || echo "root: it mounts a tmpfs and loop images"
    [[ -x $BIN ]] || echo "a program at $BIN: scripts/build.sh makes it"
    for tool in jq python3 fio stress-ng ip nft mkfs.ext4 losetup dpkg-deb; do
        command -v "$tool" >/dev/null || echo "$tool: see the group [faults] of scripts/packages.txt"
    done
}

JOBS=() SMALL='' FEW='' ONLY='' IS_SHORT='' IS_QUICK='' IS_ALONE='' IS_BARE='' INTO='' WITH_PEERS='' MINUTES='' IS_BENIGN='' TABLE='' STYLE=''
while (($# > 0)); do
    case $1 in
        --short) IS_SHORT=1 ;;
        --quick) IS_QUICK=1 ;;
        --peers) export WITH_PEERS=1 ;;
        --alone) IS_ALONE=1 ;;
        --bare) IS_BARE=1 ;;
        --markdown) STYLE=--markdown ;;
        --only | --into | --for | --benign | --table)
            value=${2:?$1 needs a word after it}
            case $1 in
                --only) ONLY=$value ;;
                --into) INTO=$value ;;
                --for) MINUTES=$value ;;
                --benign) IS_BENIGN=1 MINUTES=$value ;;
                --table) TABLE=$value ;;
            esac
            shift
            ;;
        --list)
            S=DIR
            variants | cut -d'|' -f1
            benign | sed 's/|.*/ (benign)/'
            exit 0
            ;;
        --check)
            missing
            for tool in netdata prometheus prometheus-node-exporter; do
                command -v "$tool" >/dev/null || echo "$tool: --peers would go without"
            done
            "$MACHINE_SCRIPT" possible || true
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
if [[ -n $TABLE ]]; then
    exec python3 "$RESULTS" table "$TABLE" ${STYLE:+"$STYLE"}
fi
lacks=$(missing)
[[ -z $lacks ]] || die "missing: $lacks"
if [[ -n $INTO ]]; then
    mkdir -p "$INTO"
    S=$(realpath "$INTO")
else
    S=$(mktemp -d "${TMPDIR:-/tmp}/homeostat-faults.XXXXXX")
fi
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
prepare
if [[ -n $IS_BENIGN ]]; then
    benign_rounds
else
    campaign
fi
printf '\n'
python3 "$RESULTS" table "$S"
