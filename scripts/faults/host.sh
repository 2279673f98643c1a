# What makes the faults and the benign work of scripts/faults.sh on this host; it reads this file.
# Each function runs in a process group of its own, which is ended when its time is over.
# shellcheck shell=bash disable=SC2154  # S, SMALL, FEW, CULPRIT and HOMEOSTAT_ROOT are the campaign's
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
        : >"$FEW/t$i" || true
        ((i % $1)) || sleep 0.9
    done
}
fill_at_once() {
    head -c $((160 * 1024 * 1024 * $1 / 100)) /dev/zero >"$SMALL/all"
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
# A disk that loses its end: what was there cannot be read any more.
io_errors() {
    local image=$S/bad.img device i
    rm -f "$image"
    truncate -s 96M "$image"
    device=$(losetup --find --show --direct-io=on "$image")
    mkfs.ext4 -q -F "$device"
    mkdir -p "$S/bad"
    mount "$device" "$S/bad"
    for i in {1..16}; do head -c 4000000 /dev/urandom >"$S/bad/f$i"; done
    sync -f "$S/bad"
    sleep 5
    truncate -s "$1M" "$image"
    for i in {1..16}; do
        dd if="$S/bad/f$i" of=/dev/null iflag=direct bs=1M 2>/dev/null || true
        sleep 2
    done
    umount -l "$S/bad"
    losetup -d "$device"
}
# Nobody is near a limit of its own, all together are near that of the host. For this time the limit
# is a little above what is in use.
whole_host_of_files() {
    local used i
    read -r used _ </proc/sys/fs/file-nr
    echo $((used + 6000)) >/proc/sys/fs/file-max
    for ((i = 0; i < $1; ++i)); do
        limited 20000 python3 "$CULPRIT" hoarder "$FAULT_SECONDS" descriptors $((1000 / $1)) \
            $((5800 / $1)) &
    done
    wait
    echo "$FILE_MAX" >/proc/sys/fs/file-max
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
# A name server that is not there.
no_names() {
    make_neighbour
    ip neigh replace 198.18.77.2 lladdr 02:00:00:00:00:01 dev hsfault0
    python3 "$CULPRIT" asker "$FAULT_SECONDS" names 198.18.77.2 "$1"
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
