#!/usr/bin/env bash
# Shows Homeostat's main job on this machine, fault to healed to shipped, and checks each step.
#
# Usage: scripts/demo.sh [--keep]       --keep leaves the scratch directory to look at (as root)
#
# Installs what it needs, builds the static release, then, in a scratch directory and a mount
# namespace of its own:
#   - starts node_exporter, Alertmanager and a small OTLP receiver on loopback, on free ports;
#   - starts the root actuator and, without root's rights, `homeostat run`;
#   - lets a program fill a 64 MiB tmpfs with rotated logs, and watches Homeostat forecast it,
#     open one incident, name the program, clean up, verify, and tell the servers;
#   - does it again with the servers switched off, and on again.
# It touches nothing else on the machine, and ends what it started, also on Ctrl-C.
# The first build takes 5 to 10 minutes on two cores, the demo itself about two and a half.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

readonly VOLUME_MIB=64 RATE=$((2048 * 1024)) BURST=$((80 << 20))
readonly BIN="$HOMEOSTAT_ROOT/build/release-static/bin"
readonly DEMO="$HOMEOSTAT_ROOT/scripts/demo"

# ---------------------------------------------------------------------------------------------
# First half: packages and build, with whatever rights the caller has.

prepare() {
    need_packages build demo
    "$HOMEOSTAT_ROOT/scripts/build.sh"
}

# Without root the demo is root of a user namespace of its own.
check_rights() {
    ((EUID == 0)) || unshare --user --map-root-user --mount true 2>/dev/null ||
        die "neither root nor user namespaces here: run it as root"
}

# Goes on in a mount namespace of its own: the tmpfs is seen by nobody else and goes with the last
# process.
enter_namespace() {
    local -a flags=(--mount --propagation private)
    ((EUID == 0)) || flags+=(--user --map-root-user)
    HOMEOSTAT_DEMO_INSIDE=$EUID exec unshare "${flags[@]}" -- "$HOMEOSTAT_ROOT/scripts/demo.sh"
}

# In a user namespace the real / belongs to nobody, and the actuator believes no file below such a
# directory. So there the demo moves to a root of its own that shows the same directories.
enter_own_root() {
    local root entry
    root=$(mktemp -d)
    mount -t tmpfs -o mode=0755 homeostat-root "$root"
    for entry in /*; do
        if [[ -L $entry ]]; then
            ln -s "$(readlink "$entry")" "$root$entry"
        elif [[ -d $entry && $entry != /tmp ]]; then
            mkdir "$root$entry"
            mount --rbind "$entry" "$root$entry"
        fi
    done
    mkdir "$root/tmp"
    chmod 1777 "$root/tmp"
    if [[ $HOMEOSTAT_ROOT == /tmp/* ]]; then
        mkdir -p "$root$HOMEOSTAT_ROOT"
        mount --rbind "$HOMEOSTAT_ROOT" "$root$HOMEOSTAT_ROOT"
    fi
    # The mount point alone is left outside; it goes when this process has moved.
    exec env -u TMPDIR HOMEOSTAT_DEMO_ROOTED=1 \
        chroot "$root" "$HOMEOSTAT_ROOT/scripts/demo.sh"
}

# ---------------------------------------------------------------------------------------------
# Second half.

declare -A PID=()
STEPS=0
STARTED=$SECONDS

BOLD='' GREEN='' RED='' PLAIN=''
if [[ -t 1 && -z ${NO_COLOR:-} ]]; then
    BOLD=$'\033[1m' GREEN=$'\033[32m' RED=$'\033[31m' PLAIN=$'\033[0m'
fi

step() { printf '\n%s[%3ds] %s%s\n' "$BOLD" "$((SECONDS - STARTED))" "$*" "$PLAIN"; }
ok() {
    STEPS=$((STEPS + 1))
    printf '   %sok%s  %s\n' "$GREEN" "$PLAIN" "$*"
}
fail() {
    printf '   %sFAILED%s  %s\n' "$RED" "$PLAIN" "$*" >&2
    KEEP=1
    local log
    for log in "$S"/log/*.log; do
        printf '%s\n' "--- $log" >&2
        tail -n 15 "$log" >&2
    done
    exit 1
}

# wait_for SECONDS WHAT COMMAND...: polls, with a progress line that shows how full the volume is.
wait_for() {
    local limit=$1 what=$2 begun=$SECONDS
    shift 2
    until "$@"; do
        ((SECONDS - begun < limit)) || fail "waited $limit s in vain: $what"
        if [[ -t 1 ]]; then
            printf '\r   ... %s (%s full, %d s)   ' "$what" "$(used_percent)" "$((SECONDS - begun))"
        fi
        sleep 0.5
    done
    [[ ! -t 1 ]] || printf '\r\033[K'
    ok "$what"
}

used_percent() { df --output=pcent "$VOLUME" 2>/dev/null | tail -1 | tr -d ' '; }
used_below() { (($(used_percent | tr -d %) < $1)); }

# start NAME COMMAND...: in the background, its output in a log, its pid kept.
start() {
    local name=$1
    shift
    "$@" >>"$S/log/$name.log" 2>&1 &
    PID[$name]=$!
}

stop() {
    local name=$1 pid=${PID[$1]:-}
    [[ -n $pid ]] || return 0
    unset "PID[$name]"
    kill -TERM "$pid" 2>/dev/null || return 0
    local i
    for i in {1..100}; do
        kill -0 "$pid" 2>/dev/null || break
        ((i < 100)) || kill -KILL "$pid" 2>/dev/null || true
        sleep 0.1
    done
    wait "$pid" 2>/dev/null || true
}

clean_up() {
    trap - EXIT INT TERM
    local name
    for name in observer writer homeostat actuator receiver alertmanager node_exporter; do
        stop "$name"
    done
    umount "$S/volume" 2>/dev/null || true
    umount "$S/second" 2>/dev/null || true
    if [[ -n ${KEEP:-} ]]; then
        printf 'The scratch directory is kept: %s\n' "$S" >&2
    else
        rm -rf --one-file-system "$S"
    fi
}

interrupted() { # EXIT_CODE
    printf '\nInterrupted: ending what was started.\n' >&2
    exit "$1"
}

free_ports() {
    python3 - "$1" <<'PY'
import socket, sys
socks = [socket.socket() for _ in range(int(sys.argv[1]))]
for s in socks:
    s.bind(("127.0.0.1", 0))
print(*[s.getsockname()[1] for s in socks])
PY
}

answers() { curl -fsS -o /dev/null --max-time 2 "$1" 2>/dev/null; }

listens() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# The watcher runs without root's rights. The two capabilities let it see whose open files lie on
# the volume (docs/install.md): without them it works all the same, but cannot name the writer.
as_watcher() {
    if ((HOMEOSTAT_DEMO_INSIDE == 0)); then
        exec setpriv --reuid=65534 --regid=65534 --clear-groups \
            --inh-caps=-all,+sys_ptrace,+dac_read_search \
            --ambient-caps=-all,+sys_ptrace,+dac_read_search \
            --bounding-set=-all,+sys_ptrace,+dac_read_search --no-new-privs "$@"
    fi
    exec "$@"
}

write_config() {
    local watcher=65534
    ((HOMEOSTAT_DEMO_INSIDE == 0)) || watcher=0
    mkdir -p "$S/etc/rules" "$S/etc/playbooks"
    cat >"$S/etc/homeostat.yml" <<YAML
scrape_configs:
  - job_name: node
    scrape_interval: 5s
    static_configs: [{targets: ['127.0.0.1:$NODE_PORT']}]
conditions:
  filesystem_full: {confirm: 2s, clear_after: 3s, limits: {critical: 0.9}}
incidents: {calm_for: 8s}
actions: {socket: $S/run/actuator.sock, grace_after_start: 0s}
exporters:
  otlp: {endpoint: 'http://127.0.0.1:$OTLP_PORT', compression: gzip}
  alertmanager: {urls: ['http://127.0.0.1:$AM_PORT'], resend: 5s, labels: {cluster: demo}}
  json_lines: {path: $S/state/incidents.jsonl}
first_send_spread: 0s
retry_max: 5s
YAML
    cat >"$S/etc/rules/clean-disk.yml" <<'YAML'
- name: disk care
  hosts: localhost
  rules:
    - name: clean rotated logs
      condition: event.kind == "filesystem_space" and event.severity == "critical"
      action:
        run_playbook: {name: clean-disk.yml}
      mode: auto
      limits: {per_hour: 10, per_day: 20, cooldown: 5s}
      verify: {metric: event.value, below: 0.6, within: 30s}
YAML
    cat >"$S/etc/playbooks/clean-disk.yml" <<'YAML'
- name: free space from rotated logs
  hosts: localhost
  connection: local
  gather_facts: false
  tasks:
    - name: look for rotated logs
      ansible.builtin.find:
        paths: "{{ event.subject }}"
        patterns: "*.log.*"
        age: 5s
      register: logs

    - name: delete them
      ansible.builtin.file:
        path: "{{ item.path }}"
        state: absent
      loop: "{{ logs.files }}"
YAML
    cat >"$S/etc/allow.yml" <<YAML
version: 1
watcher_uid: $watcher
max_mode: auto
actions:
  - rule: clean rotated logs
    playbook: clean-disk.yml
    max_mode: auto
    targets: [$S/volume, $S/second]
    paths: [$S/volume, $S/second]
    min_age: 5s
    requires: {filesystem_used_above: 0.80}
    limits: {per_hour: 10, per_day: 20, cooldown: 5s}
YAML
    chmod -R go-w "$S/etc"
}

start_alertmanager() {
    cat >"$S/alertmanager.yml" <<'YAML'
route: {receiver: nobody}
receivers: [{name: nobody}]
YAML
    start alertmanager /usr/bin/prometheus-alertmanager --config.file="$S/alertmanager.yml" \
        --storage.path="$S/alertmanager" --web.listen-address="127.0.0.1:$AM_PORT" \
        --cluster.listen-address= --log.level=warn
    wait_for 20 "Alertmanager answers" answers "http://127.0.0.1:$AM_PORT/-/ready"
}

start_receiver() {
    start receiver python3 "$DEMO/receiver.py" "$OTLP_PORT" "$S/otlp"
}

homeostat() { "$S/bin/homeostat" "$@" --state "$S/state"; }

# The incident of the volume, as JSON, from the local store.
incident() {
    homeostat incidents --json 2>/dev/null |
        jq -sc --arg volume "$VOLUME" '[.[] | select(.subject.name == $volume)] | .[0] // empty'
}
incident_is() { [[ $(incident | jq -r "$1" 2>/dev/null) == true ]]; }
incidents_on_volume() {
    homeostat incidents --json 2>/dev/null |
        jq -sc --arg volume "$VOLUME" '[.[] | select(.subject.name == $volume)] | length'
}

alert_fires() {
    curl -fsS --max-time 2 "http://127.0.0.1:$AM_PORT/api/v2/alerts" 2>/dev/null |
        jq -e --arg id "$1" 'any(.[]; .annotations.incident_id == $id)' >/dev/null
}
resolved_received() {
    curl -fsS --max-time 2 "http://127.0.0.1:$AM_PORT/metrics" 2>/dev/null |
        grep -E '^alertmanager_alerts_received_total\{status="resolved"' | grep -qvE ' 0$'
}

# The stored OTLP bodies, decoded by protoc with our .proto file: nothing of the agent's code.
decoded_bodies() {
    local body
    for body in "$S"/otlp/*.pb; do
        [[ -e $body ]] || return 0
        protoc --proto_path="$HOMEOSTAT_ROOT/proto" \
            --decode=homeostat.otlp.v1.ExportLogsServiceRequest \
            homeostat/otlp/v1/logs.proto <"$body"
    done
}
received_state() { # ID STATE
    decoded_bodies 2>/dev/null | tr -d '\n' | grep -oE 'log_records \{.*' |
        sed 's/log_records {/\n&/g' | grep -F "\"$1\"" | grep -qF "string_value: \"$2\""
}

start_writer() {
    start writer "$DEMO/app-writer" "$VOLUME" "$RATE" "$BURST"
}

# One fault from beginning to end, on $VOLUME.
fault() {
    local id
    start_writer
    wait_for 45 "an incident opens by forecast, before the disk is full" \
        incident_is 'any(.findings[]; .kind == "forecast" and .rate_per_second > 0 and .seconds_to_limit > 0)'
    id=$(incident | jq -r .id)
    printf '       %s\n' "$(incident | jq -r .summary)"
    wait_for 30 "it names the process that writes" incident_is \
        '.causes[0].name == "process:app-writer" and any(.processes[]; .pid == '"${PID[writer]}"')'
    wait_for 60 "the disk is almost full: the incident is critical" \
        incident_is '.peak_severity == "critical"'
    wait_for 30 "the actuator ran the playbook and the effect is verified" \
        incident_is '.actions[-1].state == "effective" and .actions[-1].mode == "auto"'
    used_below 60 || fail "the volume is still $(used_percent) full"
    ok "the volume is $(used_percent) full now"
    [[ -e $VOLUME/app.log ]] || fail "the log in use was deleted"
    [[ $(cat "$VOLUME/keep.txt") == "mine" ]] || fail "a file that is no log was touched"
    ok "the log in use and all other files are untouched"
    wait_for 60 "the incident is resolved" incident_is '.state == "resolved"'
    [[ $(incidents_on_volume) == 1 ]] ||
        fail "expected one incident, found $(incidents_on_volume)"
    ok "it was one incident, and it has one end"
    stop writer
    rm -f "$VOLUME"/app.log*
    INCIDENT_ID=$id
}

main() {
    S=$(mktemp -d "${TMPDIR:-/tmp}/homeostat-demo.XXXXXX")
    trap clean_up EXIT
    trap 'interrupted 130' INT
    trap 'interrupted 143' TERM
    chmod 755 "$S"
    mkdir -p "$S"/{bin,log,otlp,run,volume,second,state,alertmanager}
    cp "$BIN/homeostat" "$BIN/homeostat-actuator" "$S/bin/"
    ((HOMEOSTAT_DEMO_INSIDE != 0)) || chown 65534:65534 "$S/state"
    read -r NODE_PORT AM_PORT OTLP_PORT < <(free_ports 3)

    step "Starting the servers on loopback"
    # Two: a fault that comes back on the same volume within minutes is the same incident again.
    for VOLUME in "$S/second" "$S/volume"; do
        mount -t tmpfs -o "size=${VOLUME_MIB}m,mode=0755" homeostat-demo "$VOLUME"
        echo mine >"$VOLUME/keep.txt"
    done
    start node_exporter /usr/bin/prometheus-node-exporter \
        --web.listen-address="127.0.0.1:$NODE_PORT" --no-collector.systemd --log.level=error
    wait_for 20 "node_exporter answers" answers "http://127.0.0.1:$NODE_PORT/metrics"
    start_alertmanager
    start_receiver
    wait_for 10 "the OTLP receiver listens" listens "$OTLP_PORT"

    step "Starting Homeostat"
    write_config
    "$S/bin/homeostat" check --config "$S/etc" || fail "the configuration is refused"
    ok "the configuration is valid"
    # The logs of the demo are seconds old: on a real host nothing younger than an hour is deleted.
    start actuator "$S/bin/homeostat-actuator" --config "$S/etc" --state "$S/actuator-state" \
        --age-floor 5s \
        --listen "$S/run/actuator.sock" --idle-exit 0s
    wait_for 10 "the actuator listens (root: $( ((EUID == 0)) && echo yes))" \
        test -S "$S/run/actuator.sock"
    start homeostat as_watcher "$S/bin/homeostat" run --config "$S/etc" --state "$S/state"
    wait_for 10 "homeostat watches" test -s "$S/state/status.json"
    wait_for 20 "it reads node_exporter" bash -c \
        "'$S/bin/homeostat' status --json --state '$S/state' | jq -e '.collectors[] | select(.name == \"node\" and .state == \"ok\" and .samples > 0)' >/dev/null"
    printf '\n'
    homeostat status

    step "A program fills the volume with rotated logs"
    INCIDENT_ID=
    (
        # Alertmanager must hear of it while it lasts: looked at from the side.
        for _ in {1..400}; do
            id=$(incident | jq -r '.id // empty' 2>/dev/null || true)
            if [[ -n $id ]] && alert_fires "$id"; then
                echo "$id" >"$S/alert-fired"
                break
            fi
            sleep 0.3
        done
    ) &
    PID[observer]=$!
    fault
    wait "${PID[observer]}" || true
    unset 'PID[observer]'
    [[ $(cat "$S/alert-fired" 2>/dev/null) == "$INCIDENT_ID" ]] ||
        fail "Alertmanager did not show the incident while it lasted"
    ok "Alertmanager's API showed it while it lasted"
    wait_for 15 "Alertmanager heard that it is over" resolved_received
    wait_for 15 "OTLP: its opening arrived" received_state "$INCIDENT_ID" open
    wait_for 15 "OTLP: its end arrived" received_state "$INCIDENT_ID" close
    grep -qi '^content-encoding: gzip' "$S"/otlp/*.headers || fail "the bodies were not compressed"
    ok "the bodies were Protobuf, compressed with gzip"
    printf '\n'
    homeostat incidents
    printf '\n'
    homeostat show "$INCIDENT_ID"

    step "The same on another volume, with the servers switched off"
    VOLUME=$S/second
    stop receiver
    stop alertmanager
    rm -rf "$S/alertmanager"
    ok "receiver and Alertmanager are gone"
    fault
    [[ $(homeostat status --json | jq '.destinations[] | select(.name == "otlp") | .queued') -gt 0 ]] ||
        fail "nothing waits in the spool"
    ok "its records wait in the spool"

    step "The servers come back"
    mkdir -p "$S/alertmanager"
    start_alertmanager
    start_receiver
    wait_for 60 "OTLP: the opening arrived" received_state "$INCIDENT_ID" open
    wait_for 60 "OTLP: the end arrived" received_state "$INCIDENT_ID" close
    wait_for 60 "Alertmanager heard of its end" resolved_received
    wait_for 20 "the spool is empty" bash -c \
        "'$S/bin/homeostat' status --json --state '$S/state' | jq -e '.destinations[] | select(.name == \"otlp\" and .queued == 0)' >/dev/null"

    step "Done: $STEPS checks passed in $((SECONDS - STARTED)) s"
}

KEEP=${HOMEOSTAT_DEMO_KEEP:-}
if [[ -z ${HOMEOSTAT_DEMO_INSIDE:-} ]]; then
    case ${1:-} in
        '') ;;
        --keep)
            ((EUID == 0)) || die "--keep needs root: without, all goes with the namespace"
            export HOMEOSTAT_DEMO_KEEP=1
            ;;
        -h | --help)
            script_help "$0"
            exit 0
            ;;
        *) die "unknown option '$1'; usage: scripts/demo.sh [--keep]" ;;
    esac
    check_rights
    prepare
    enter_namespace
elif [[ $HOMEOSTAT_DEMO_INSIDE != 0 && -z ${HOMEOSTAT_DEMO_ROOTED:-} ]]; then
    enter_own_root
fi
main
