# The faults and the benign work of scripts/faults.sh, which reads this file. What runs them is in
# host.sh and machine.sh.
# shellcheck shell=bash disable=SC2034,SC2154  # S and IS_QUICK are the campaign's, which reads SHORT
readonly FAULT_SECONDS=45

# name | kinds that are right | cause that is right (a pattern; "-": nobody can know) | what to run
# A line makes one fault for each word of its last column, in the place of "%". A name that begins
# with "unit-" runs in a booted machine of its own, with a watch inside.
faults() {
    local cores t=$FAULT_SECONDS
    cores=$(nproc)
    cat <<LIST
disk-fill|filesystem_space|process:filler|culprit filler $t write \$SMALL %|4000000 1500000 12000000
inodes|filesystem_inodes|process:touchy|culprit touchy $t inodes \$FEW %|100 200 400
fd-leak|file_handles|process:fdleak|limited 1024 culprit fdleak $t descriptors % 1020|100 40 200
zombies|zombies process_storm|process:undertaker|culprit undertaker $t zombies %|150 300 80
udp-overflow|udp_overflow|process:slowudp|culprit slowudp $t datagrams|1 2 3
cpu-hog|cpu_saturation|process:cpuhog|culprit cpuhog $t spin %|$((cores * 2)) $((cores * 4)) $((cores + 1))
cpu-stress|cpu_saturation|process:stress-ng|stress-ng --quiet --cpu % --timeout ${t}s|$((cores * 4)) $((cores * 2)) $((cores * 8))
cpu-matrix|cpu_saturation|process:stress-ng|stress-ng --quiet --matrix % --timeout ${t}s|$((cores * 2)) $((cores * 3)) $((cores * 4))
cpu-shell|cpu_saturation|process:(ba)?sh|shell_loops %|$((cores * 2)) $((cores * 3)) $((cores * 4))
process-storm|process_storm|process:brood|culprit brood $t children %|1500 1000 2500
spawn-storm|process_storm|process:spawner|culprit spawner $t spawn %|1200 800 2000
memory-leak|memory_leak memory_exhausted|process:leaky|culprit leaky $t leak % 1800000000|50000000 35000000 70000000
oom|oom_kill memory_exhausted memory_leak|process:oomer|in_memory_cgroup % culprit oomer $t leak 20000000 400000000|64 128 200
oom-stress|oom_kill memory_exhausted memory_leak|process:stress-ng|in_memory_cgroup % stress-ng --quiet --vm 1 --vm-bytes 400m --timeout ${t}s|64 96 128
io-hog|disk_saturation|process:fio|fio_hog % randrw|4 2 8
io-reader|disk_saturation|process:fio|fio_hog % randread|4 2 8
io-stress|disk_saturation|process:stress-ng|io_stress %|8 4 16
fork-storm|process_storm|process:stress-ng|stress-ng --quiet --fork % --timeout ${t}s|$((cores * 2)) $((cores)) $((cores * 4))
threads|process_storm|process:weaver|culprit weaver $t threads %|4500 6000 9000
task-limit|task_limit process_storm|process:forker|in_pids_cgroup %|40 20 80
fan-out|traffic_fan_out network_unreachable|process:caller|blackhole %|500 400 800
disk-fill-ext4|filesystem_space|process:ext4filler|culprit ext4filler $t write $S/ext4 %|4000000 2000000 8000000
disk-fill-appends|filesystem_space|process:appender|culprit appender $t append \$SMALL %|4000000 2000000 8000000
disk-fill-jump|filesystem_space|file:.*all|fill_at_once %|95 97 99
deleted-open|filesystem_space|process:holder|culprit holder $t deleted \$SMALL %|4000000 2500000 8000000
deleted-held|filesystem_space|process:keeper|culprit keeper $t hold \$SMALL %|150000000 140000000 160000000
inodes-shell|filesystem_inodes|directory:.*few[0-9]*|touch_loop %|120 200 300
read-only|filesystem_read_only|mount:.*|read_only %|20 15 25
fd-leak-small|file_handles|process:fdsmall|limited 256 culprit fdsmall $t descriptors % 250|40 15 100
fd-leak-large|file_handles|process:fdlarge|limited 20000 culprit fdlarge $t descriptors % 19900|400 600 1000
fd-host|file_handles|process:hoarder|whole_host_of_files %|8 4 12
refused|connect_failures|-|culprit refused $t refused %|600 300 1500
backlog|listen_overflow|process:backlog|culprit backlog $t backlog|1 2 3
ports|port_exhaustion|[a-z]*:[1p].*|culprit portuser $t timewait %|700 1000 1500
packet-loss|network_loss network_unreachable|peer:198.18.77.2|lossy %|20 10 40
unreachable|network_unreachable network_loss|peer:198.18.77.2|blackhole %|30 60 120
names|name_resolution|peer:198.18.77.2|no_names %|4 2 8
link-down|network_link|interface:.*|link_down %|25 15 35
link-flap|network_link|interface:.*|link_flap %|1 0.5 2
log-flood|log_flood|process:flooder|culprit flooder $t flood $S/app.log %|2000 5000 10000
semaphores|kernel_limits|-|culprit semhog $t semaphores %|30000 31000 31900
hung-mount|mount_hung|mount:.*|culprit frozen $t hang $S/hung|1 2 3
crash|program_crash|process:crasher|culprit crasher $t crash|1 2 3
setuid|security_change|-|culprit intruder $t setuid $S/watched %|2 6 12
io-errors|disk_errors filesystem_errors filesystem_read_only|device:loop.*|io_errors %|8 4 12
unit-crash-loop|service_crash_loop service_failed|[a-z]*:.*looper|unit_crash_loop %|1 2 3
unit-hung|service_failed|[a-z]*:.*hanger|unit_hung %|4 8 12
unit-never-ready|service_failed|[a-z]*:.*sleeper|unit_never_ready %|6 12 18
unit-upgrade|service_failed service_crash_loop|change:hsapp|unit_upgrade %|1 0 4
unit-bad-config|service_failed|change:.*nginx.conf|unit_bad_config %|1 2 3
unit-oom|oom_kill memory_leak memory_exhausted unit_memory_limit|[a-z]*:unitleak.*|unit_oom %|20 10 40
unit-stopped|service_stuck|unit:hsapp.*|unit_stopped %|1 2 3
unit-log-flood|log_flood|unit:chatter.*|unit_log_flood %|2000 1000 5000
LIST
}
readonly SHORT=",cpu-hog,disk-fill,inodes,fd-leak,zombies,process-storm,oom,udp-overflow,"

# What is made at the same time, a line each: of different kinds, on different devices, and none what
# another would bring about by itself, also not one of the line before (agent/incidents/kinds.cpp).
# Memory kills are counted by the kernel for the host and its machine together, and the host sees the
# machine's processes: unit-oom and unit-stopped are alone, the first far from what takes memory.
rounds() {
    cat <<'LIST'
log-flood unit-crash-loop
unit-oom
unit-stopped
cpu-hog disk-fill fd-leak unit-hung
io-hog inodes unreachable unit-never-ready
cpu-stress deleted-open setuid unit-upgrade
io-reader disk-fill-jump zombies unit-bad-config
cpu-matrix read-only fd-leak-small unit-log-flood
io-stress deleted-held link-flap
cpu-shell disk-fill-appends hung-mount
memory-leak inodes-shell link-down
oom udp-overflow disk-fill-ext4
process-storm packet-loss
io-errors
backlog crash
oom-stress semaphores
threads
fan-out
task-limit refused
fork-storm
ports fd-leak-large
fd-host
names
spawn-storm
LIST
}

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
unit-upgrade-well|unit_upgrade_well
unit-restarts|unit_restarts
LIST
}
readonly SHORT_BENIGN=",compile,backup,configure,idle,"
