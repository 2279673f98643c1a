#!/usr/bin/env bash
# What the lines of homeostat-actuator's own code are for: lines of actions/*.cpp and *.hpp that are
# neither blank nor comment, by task. The playbook engine, core and libraries are not counted.
set -euo pipefail
cd "$(dirname "$0")/../actions"

count() {
    local task=$1 total=0 part lines
    shift
    for part in "$@"; do
        for file in "$part.cpp" "$part.hpp"; do
            [ -f "$file" ] || continue
            lines=$(grep -vcE '^\s*(//.*)?$' "$file")
            total=$((total + lines))
        done
    done
    all=$((all + total))
    printf '%6d  %s\n' "$total" "$task"
}

all=0
count "reads the owner's files, and who may write them" \
    action_config allow_list yaml_fields trusted_file rule rulebook
count "reads the conditions of rules" condition condition_lexer condition_reader
count "guards between a request and a run" \
    actuator actuator_person actuator_run host_guards fleet_slot precondition unit_properties
count "socket, protocol, main" \
    actuator_main actuator_options actuator_server actuator_protocol json_fields watcher_uid
count "remembers runs: budgets, approvals, undo, pause" \
    ledger ledger_file ledger_text ledger_undo saturating
count "runs a playbook and takes it down" \
    forked_runner action_group playbook_run action_runner descriptor
count "what no file can allow, what an entry grants" built_in_refusals allow_list_policy
count "audit log" audit sha256
count "takes actions back" actuator_undo restraint
count "believes a fleet's bundle, as far as it may" \
    action_files actuator_fleet fleet_actions fleet_gate bundle minisign sodium_signatures
count "tells what is allowed (--check)" config_report
printf '%6d  in all\n' "$all"
