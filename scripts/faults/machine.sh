# The part of scripts/faults.sh that needs a real systemd: a booted machine (tests/system/machine.sh)
# with a watch of its own inside. Its faults are those of services.
# shellcheck shell=bash disable=SC2154  # S, BIN, FAULT_SECONDS and HOMEOSTAT_ROOT are the campaign's
readonly MACHINE_SCRIPT="$HOMEOSTAT_ROOT/tests/system/machine.sh"
readonly MACHINE="faults-$$" STATE_INSIDE=/var/lib/homeostat-faults

inside() { "$MACHINE_SCRIPT" exec "$MACHINE" "$@"; }
write_inside() { inside sh -c "mkdir -p '${1%/*}' && cat >'$1' && chmod '${2:-644}' '$1'"; } # PATH [MODE]

# Packages of one service, its first version right, its second broken, its third right again.
make_package() { # VERSION SCRIPT
    local root=$S/package-$1
    mkdir -p "$root/DEBIAN" "$root/usr/bin" "$root/lib/systemd/system"
    printf 'Package: hsapp\nVersion: %s\nArchitecture: all\nMaintainer: nobody <root@localhost>\nDescription: x\n' \
        "$1" >"$root/DEBIAN/control"
    printf '#!/bin/sh\nsystemctl daemon-reload\nsystemctl restart hsapp\nexit 0\n' >"$root/DEBIAN/postinst"
    printf '#!/bin/sh\n%s\n' "$2" >"$root/usr/bin/hsapp"
    printf '[Unit]\nStartLimitIntervalSec=0\n[Service]\nExecStart=/usr/bin/hsapp\n' \
        >"$root/lib/systemd/system/hsapp.service"
    chmod 755 "$root/DEBIAN/postinst" "$root/usr/bin/hsapp"
    dpkg-deb --root-owner-group -b "$root" "$S/hsapp-$1.deb" >/dev/null
    inside sh -c "cat >/root/hsapp-$1.deb" <"$S/hsapp-$1.deb"
}

start_machine() {
    HOMEOSTAT_MACHINE_MEMORY=384M "$MACHINE_SCRIPT" up "$MACHINE" >/dev/null || return 1
    write_inside /usr/bin/homeostat 755 <"$BIN"
    write_inside /usr/local/lib/culprit.py <"$CULPRIT"
    write_inside /etc/systemd/system/looper.service <<'UNIT'
[Unit]
StartLimitIntervalSec=0
[Service]
ExecStart=/bin/sh -c 'sleep $$(cat /run/looper); exit 3'
Restart=always
RestartSec=1
UNIT
    write_inside /etc/systemd/system/hanger.service <<'UNIT'
[Service]
Type=notify
NotifyAccess=all
ExecStart=/bin/sh -c 'systemd-notify --ready WATCHDOG_USEC=$$(cat /run/hanger)000000; exec sleep 600'
WatchdogSec=60
TimeoutStopSec=5
UNIT
    write_inside /etc/systemd/system/sleeper.service <<'UNIT'
[Service]
Type=notify
ExecStart=/bin/sleep 600
UNIT
    write_inside /etc/systemd/system/unitleak.service <<'UNIT'
[Service]
ExecStart=/bin/sh -c 'exec python3 /usr/local/lib/culprit.py unitleak 60 leak $$(cat /run/unitleak)000000 600000000'
UNIT
    write_inside /etc/systemd/system/chatter.service <<'UNIT'
[Service]
LogRateLimitIntervalSec=0
ExecStart=/bin/sh -c 'while :; do seq $$(cat /run/chatter) | sed "s/^/cannot reach the server at 10.0.0.1, attempt /"; sleep 1; done'
UNIT
    inside systemctl daemon-reload
    make_package 1.0 'exec sleep infinity'
    make_package 2.0 'sleep 2; echo cannot load libexample.so.7 >&2; exit 1'
    make_package 3.0 'exec sleep infinity'
    inside touch /var/log/dpkg.log
    inside dpkg -i /root/hsapp-1.0.deb >/dev/null
    inside systemctl start nginx
    inside /usr/bin/homeostat run --state "$STATE_INSIDE" >"$S/machine.log" 2>&1 &
    MACHINE_AGENT=$!
}

end_machine() {
    [[ -n ${MACHINE_AGENT:-} ]] || return 0
    "$MACHINE_SCRIPT" down "$MACHINE" >/dev/null 2>&1 || true
    # nsenter stops itself when what it runs is stopped, and then never hears that it has ended.
    pkill -KILL -P "$MACHINE_AGENT" 2>/dev/null || true
    wait "$MACHINE_AGENT" 2>/dev/null || true
    MACHINE_AGENT=
}

# Whatever a fault left behind inside is well again, or the next one would begin with it.
mend_machine() {
    inside systemctl stop looper hanger sleeper unitleak chatter 2>/dev/null || true
    inside systemctl reset-failed looper hanger sleeper unitleak chatter 2>/dev/null || true
}

stay() { sleep $((FAULT_SECONDS - ${1:-0})); }

unit_crash_loop() {
    inside sh -c "echo $1 >/run/looper; systemctl start looper"
    stay
    inside systemctl stop looper
}
unit_hung() {
    inside sh -c "echo $1 >/run/hanger; systemctl start hanger"
    stay
}
unit_never_ready() {
    write_inside /run/systemd/system/sleeper.service.d/time.conf <<<$'[Service]\nTimeoutStartSec='"$1"
    inside systemctl daemon-reload
    inside systemctl start sleeper || true
    stay "$1"
}
unit_upgrade() {
    sleep "$1"
    inside dpkg -i /root/hsapp-2.0.deb
    stay "$1"
    inside dpkg -i /root/hsapp-3.0.deb
}
# Somebody edits, and restarts a little later.
unit_bad_config() {
    inside cp /etc/nginx/nginx.conf /root/nginx.conf
    inside sh -c 'echo "worker_prozesses 4;" >>/etc/nginx/nginx.conf'
    sleep "$1"
    inside systemctl restart nginx || true
    stay "$1"
    inside cp /root/nginx.conf /etc/nginx/nginx.conf
    inside systemctl restart nginx
}
unit_oom() {
    inside sh -c "echo $1 >/run/unitleak; systemctl start unitleak"
    stay
}
unit_stopped() {
    sleep "$1"
    inside systemctl kill -s STOP hsapp
    stay "$1"
    inside systemctl kill -s CONT hsapp
}
unit_log_flood() {
    inside sh -c "echo $1 >/run/chatter; systemctl start chatter"
    stay
    inside systemctl stop chatter
}

# Benign.
unit_upgrade_well() {
    inside dpkg -i /root/hsapp-3.0.deb
    sleep 5
    inside dpkg -i /root/hsapp-1.0.deb
    sleep 15
}
unit_restarts() {
    for _ in 1 2 3 4; do
        inside systemctl restart nginx
        inside systemctl daemon-reload
        sleep 4
    done
}
