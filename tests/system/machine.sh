#!/usr/bin/env bash
# A throw-away machine with a real systemd: PID 1, D-Bus, journald, cgroup v2, nginx, ansible.
#
# Usage: machine.sh possible              exit 0, or 77 with one line that says what this host lacks
#        machine.sh base                  make the base root file system unless it is there; print it
#        machine.sh up NAME               boot a fresh machine over the base; wait until it runs
#        machine.sh exec NAME COMMAND...  run a command inside, as root
#        machine.sh unit NAME COMMAND...  the same as a transient unit, in a cgroup of its own
#        machine.sh leader NAME           the process id of its PID 1, seen from here
#        machine.sh down NAME             power it off and remove every trace of it
#        machine.sh list                  the machines that are up
#
# Root, and the packages [system] of scripts/packages.txt. The host needs no systemd of its own.
# The base takes 20 seconds and 400 MB once, a boot half a second. Machines see each other not at
# all: each has its own overlay, network, cgroup. The network inside is a loopback and nothing else.
#
# HOMEOSTAT_MACHINE_BASE    where bases are kept (${XDG_CACHE_HOME:-$HOME/.cache}/homeostat-machine)
# HOMEOSTAT_MACHINE_BIND    SOURCE:TARGET[,SOURCE:TARGET...]: seen inside, read-only
# HOMEOSTAT_MACHINE_MEMORY  ceiling of the whole machine (512M)
# HOMEOSTAT_MACHINE_VOLUME  size of a separate ext4 at /srv/volume, for full disks (none)
set -euo pipefail

readonly packages=systemd,systemd-sysv,dbus,nginx-light,ansible-core,python3,logrotate,procps,iproute2,e2fsprogs,ca-certificates,curl,openssl
readonly suite=bookworm
readonly skipped=77         # ctest's SKIP_RETURN_CODE
readonly boot_tries=600     # of 50 ms: a boot takes half a second, on a loaded host some seconds
readonly poweroff_tries=160 # of 50 ms; then it is killed
readonly bases=${HOMEOSTAT_MACHINE_BASE:-${XDG_CACHE_HOME:-$HOME/.cache}/homeostat-machine}
readonly machines=${TMPDIR:-/tmp}/homeostat-machines

die() {
    printf 'machine.sh: %s\n' "$*" >&2
    exit 1
}

not_here() {
    printf 'SKIPPED: no throw-away machine here: %s\n' "$*"
    exit "$skipped"
}

# The cgroup v2 tree: the whole of /sys/fs/cgroup, or a corner of it where v1 is mounted beside it.
unified() {
    local candidate
    for candidate in /sys/fs/cgroup /sys/fs/cgroup/unified; do
        if [[ -e $candidate/cgroup.procs && -e $candidate/cgroup.controllers ]]; then
            printf '%s\n' "$candidate"
            return
        fi
    done
    return 1
}

possible() {
    local program tree
    ((EUID == 0)) || not_here "it takes root"
    for program in mmdebstrap systemd-nspawn mkfs.ext4 nsenter unshare flock; do
        command -v "$program" >/dev/null || not_here "$program is not installed"
    done
    tree=$(unified) || not_here "no cgroup v2 is mounted"
    mkdir "$tree/homeostat-probe-$$" 2>/dev/null || not_here "$tree cannot be written"
    rmdir "$tree/homeostat-probe-$$"
    unshare --mount --propagation private mount -t tmpfs tmpfs /mnt 2>/dev/null ||
        not_here "mounting is not permitted"
}

base_path() { printf '%s/%s\n' "$bases" "$(printf '%s %s' "$suite" "$packages" | sha256sum | cut -c1-16)"; }

make_base() {
    local base sources
    base=$(base_path)
    sources=$(debian_sources) || not_here "no list of Debian's packages in /etc/apt"
    mkdir -p "$bases"
    exec 9>"$bases/lock"
    flock 9 # two tests that start at once build it once
    if [[ ! -d $base ]]; then
        rm -rf --one-file-system "$base.new"
        mmdebstrap --quiet --variant=minbase --include="$packages" \
            --aptopt='Acquire::Languages "none"' --aptopt='Acquire::Retries "3"' \
            --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
            --dpkgopt='path-exclude=/usr/share/locale/*' \
            "$suite" "$base.new" "$sources" >&2 || die "the base could not be made"
        : >"$base.new/etc/machine-id" # empty: each machine gets its own
        echo machine >"$base.new/etc/hostname"
        printf '127.0.0.1 localhost machine\n::1 localhost\n' >"$base.new/etc/hosts"
        rm -f "$base.new/etc/resolv.conf"
        # Nothing inside may start by itself: there is no network, and a test wants a quiet machine.
        chroot "$base.new" systemctl -q mask apt-daily.timer apt-daily-upgrade.timer \
            dpkg-db-backup.timer logrotate.timer e2scrub_all.timer fstrim.timer
        mv "$base.new" "$base"
    fi
    exec 9>&-
    printf '%s\n' "$base"
}

# The host's own sources of Debian packages, so that its mirror is used.
debian_sources() {
    local file
    for file in /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list; do
        if [[ -s $file ]]; then
            printf '%s\n' "$file"
            return
        fi
    done
    return 1
}

# own_group CONTROLLER: our place in one hierarchy of cgroup v1; nothing if there is none.
own_group() { sed -n "s#^[0-9]*:$1:##p" /proc/self/cgroup; }

# The cgroups of one machine. Without one of its own, nspawn would make its groups in the root.
groups_of() {
    local controller own
    printf '%s/homeostat-%s\n' "$(unified)" "$1"
    for controller in memory name=systemd; do
        own=$(own_group "$controller")
        if [[ -n $own && -w /sys/fs/cgroup/${controller#name=}${own%/} ]]; then
            printf '/sys/fs/cgroup/%s%s/homeostat-%s\n' "${controller#name=}" "${own%/}" "$1"
        fi
    done
}

leader() {
    local nspawn child
    local -a children=()
    nspawn=$(cat "$machines/$1/nspawn.pid" 2>/dev/null) || return 1
    # One line without an end; gone with the process.
    read -ra children < <(cat "/proc/$nspawn/task/$nspawn/children" 2>/dev/null) || true
    for child in "${children[@]}"; do
        if [[ $(cat "/proc/$child/comm" 2>/dev/null) == systemd ]]; then
            printf '%s\n' "$child"
            return
        fi
    done
    return 1
}

inside() {
    local pid
    pid=$(leader "$1") || die "$1 is not up"
    shift
    exec nsenter --target "$pid" --all -- "$@"
}

make_groups() {
    local group limit
    groups_of "$1" >"$machines/$1/groups"
    while read -r group; do
        # A v1 hierarchy that cannot be written is no loss: only the ceiling of memory is missing.
        mkdir -p "$group" 2>/dev/null || continue
        for limit in memory.limit_in_bytes memory.max; do
            [[ ! -e $group/$limit ]] || echo "${HOMEOSTAT_MACHINE_MEMORY:-512M}" >"$group/$limit"
        done
    done <"$machines/$1/groups"
}

start() {
    local name=$1 home=$machines/$1 base=$2 group bind
    local -a arguments=(--boot --quiet --directory="$home/root" --register=no --keep-unit
        --machine="homeostat-$name" --console=pipe --kill-signal=SIGRTMIN+3 --link-journal=no
        --private-network)
    IFS=, read -ra binds <<<"${HOMEOSTAT_MACHINE_BIND:-}"
    for bind in "${binds[@]}"; do arguments+=(--bind-ro="$bind"); done
    if [[ -n ${HOMEOSTAT_MACHINE_VOLUME:-} ]]; then
        truncate -s "$HOMEOSTAT_MACHINE_VOLUME" "$home/volume.img"
        mkfs.ext4 -q -F "$home/volume.img"
        arguments+=(--bind="$home/volume:/srv/volume")
    fi
    (
        while read -r group; do
            [[ ! -d $group ]] || echo "$BASHPID" >"$group/cgroup.procs"
        done <"$home/groups"
        # nspawn wants a tmpfs of its own at /run; the mounts vanish with the namespace.
        # shellcheck disable=SC2016  # expanded by the inner shell
        exec setsid unshare --mount --propagation private bash -euc '
            home=$1 base=$2
            shift 2
            mount -t tmpfs tmpfs /run
            mount -t overlay overlay \
                -o "lowerdir=$base,upperdir=$home/upper,workdir=$home/work" "$home/root"
            [[ ! -e $home/volume.img ]] || mount -o loop "$home/volume.img" "$home/volume"
            code=133 # how nspawn ends when the machine wants to reboot
            while ((code == 133)); do
                SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 systemd-nspawn "$@" &
                echo $! >"$home/nspawn.pid"
                code=0
                wait $! || code=$?
            done' _ "$home" "$base" "${arguments[@]}"
    ) >"$home/console.log" 2>&1 </dev/null &
}

up() {
    local name=$1 home=$machines/$1 base pid tries
    [[ $name =~ ^[a-z0-9][a-z0-9-]{0,40}$ ]] || die "a name is small letters, digits and dashes"
    [[ ! -e $home ]] || die "$name exists; take it down first"
    base=$(make_base)
    mkdir -p "$home"/{upper,work,root,volume}
    make_groups "$name"
    start "$name" "$base"
    for ((tries = 0; tries < boot_tries; tries++)); do
        if pid=$(leader "$name"); then
            case $(nsenter --target "$pid" --all -- systemctl is-system-running 2>/dev/null) in
            running | degraded)
                printf '%s\n' "$pid"
                return
                ;;
            esac
        fi
        sleep 0.05
    done
    cat "$home/console.log" >&2
    down "$name"
    die "$name did not come up"
}

remove_group() {
    local group=$1 tries
    [[ -d $group ]] || return 0
    [[ ! -e $group/cgroup.kill ]] || echo 1 >"$group/cgroup.kill" || true
    for ((tries = 0; tries < 10; tries++)); do
        find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || true
        [[ -d $group ]] || return 0
        sleep 0.1
    done
    return 0
}

down() {
    local name=$1 home=$machines/$1 nspawn pid='' tries group
    [[ -d $home ]] || return 0
    nspawn=$(cat "$home/nspawn.pid" 2>/dev/null || echo 0)
    # The number may have been given to another process since: only ours has our name.
    if ((nspawn > 0)) && grep -qs -- "homeostat-$name" "/proc/$nspawn/cmdline"; then
        if pid=$(leader "$name"); then
            nsenter --target "$pid" --all -- systemctl poweroff >/dev/null 2>&1 || true
        fi
        for ((tries = 0; tries < poweroff_tries; tries++)); do
            [[ -d /proc/$nspawn ]] || break
            sleep 0.05
        done
        [[ ! -d /proc/$nspawn ]] || kill -KILL ${pid:+"$pid"} "$nspawn" 2>/dev/null || true
    fi
    while read -r group; do remove_group "$group"; done < <(cat "$home/groups" 2>/dev/null)
    rm -rf --one-file-system "$home"
}

usage() {
    sed -n '2,22s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
    exit 2
}

command=${1:-}
case $command in
possible) possible ;;
base) make_base ;;
up) up "${2:?NAME}" ;;
exec) inside "${@:2}" ;;
unit) inside "${2:?NAME}" systemd-run --quiet --pipe --wait --collect -- "${@:3}" ;;
leader) leader "${2:?NAME}" ;;
down) down "${2:?NAME}" ;;
list) ls "$machines" 2>/dev/null || true ;;
*) usage ;;
esac
