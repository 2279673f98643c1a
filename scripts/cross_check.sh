#!/usr/bin/env bash
# Checks a build for arm64 that was made on another architecture (scripts/package.sh --arch arm64): how
# the programs are linked and out of what, and, in an emulator of the processor, that they do what
# those of this machine's architecture do.
#
# Usage: scripts/cross_check.sh [--unit] [DIR]
#        DIR     programs of this machine's architecture and of the same sources, to compare with
#                (default: build/release-static/bin)
#        --unit  builds the unit tests for arm64 too and runs them (long)
#
# The emulator (qemu-aarch64-static) hands system calls to this machine's kernel. So it shows nothing
# of an arm64 kernel: seccomp, which it does not offer at all, Landlock, pages of 64 KiB, /proc and
# /sys as they are there, systemd's sandbox.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
help_if_asked "$0" "$@"
cd "$HOMEOSTAT_ROOT"

unit=
if [[ ${1:-} == --unit ]]; then
    unit=1
    shift
fi
readonly unit out=build/release-static-arm64
native=$(realpath "${1:-build/release-static/bin}")
[[ -x $native/homeostat ]] || die "no homeostat in $native to compare with: scripts/build.sh"
[[ -x $out/bin/homeostat ]] || die "no homeostat in $out: scripts/build.sh --arch arm64"
cross=$(scripts/cross.sh arm64)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Programs that run by themselves, for tests that know nothing of an emulator.
mkdir "$work/bin"
for program in homeostat homeostat-actuator; do
    printf '#!/bin/sh\nexec %q %q "$@"\n' "$cross/bin/run" "$PWD/$out/bin/$program" >"$work/bin/$program"
    chmod 755 "$work/bin/$program"
done
export HOMEOSTAT_BIN=$work/bin

expect() { # WHAT PATTERN < TEXT
    grep -qE -- "$2" || die "$1: expected $2"
}
refuse() { # WHAT PATTERN < TEXT
    ! grep -E -- "$2" >&2 || die "$1"
}

# What touches bytes and words: files and tables of the kernel, the spool, records on the wire, bundles.
readonly -a unit_tests=(test_core test_collectors test_uplink test_incidents test_fleet)
readonly -a agent_tests=(
    over_a_fixture_host_it_reads_what_the_golden_file_says
    a_second_agent_on_the_same_state_is_refused
    an_exporter_that_answers_garbage_is_unknown_and_nothing_else
    servers_that_fail_in_every_way_leave_the_incident_stored_and_waiting
    signals_that_mean_nothing_to_it_do_not_end_it
    every_start_succeeds_whatever_is_on_the_disk
    without_an_actuator_the_incident_says_so
    kill_9_and_a_restart_continue_the_incident_and_deliver_what_was_spooled
)

check_linking() {
    local program headers
    for program in "$out/bin/homeostat" "$out/bin/homeostat-actuator"; do
        headers=$(aarch64-linux-gnu-readelf -hldW "$program")
        expect "$program" 'Machine: +AArch64' <<<"$headers"
        expect "$program" 'Type: +DYN' <<<"$headers" # static-pie
        expect "$program" 'FLAGS.*NOW' <<<"$headers"
        expect "$program" 'GNU_RELRO' <<<"$headers"
        expect "$program" 'GNU_STACK .* RW +0x' <<<"$headers"
        refuse "$program wants something of its host" 'INTERP|NEEDED' <<<"$headers"
        # A kernel with pages of 64 KiB maps nothing that is aligned to less.
        refuse "$program is not for pages of 64 KiB" 'LOAD .* 0x1000$' <<<"$headers"
        expect "$program" 'LOAD .* 0x10000$' <<<"$headers"
        aarch64-linux-gnu-objdump -d "$program" >"$work/code"
        expect "$program: signed return addresses" 'paciasp' <"$work/code"
        # The C library with Debian's security fixes, not the compiler's own.
        expect "$program: C library" "^$cross/root/usr/lib/aarch64-linux-gnu/libc.a\(" <"$program.map"
        refuse "$program: another C library" '^/usr/.*/libc\.a\(' <"$program.map"
    done
    say "linked as they should be"
}

# same WHAT ARGUMENT...: both programs print the same and end the same way.
same() {
    local what=$1 bin
    shift
    for bin in "$native" "$work/bin"; do
        rm -rf "$work/sandbox"
        mkdir "$work/sandbox"
        { "$bin/homeostat" "$@" 2>&1 || printf 'exit %d\n' "$?"; } >"$work/said"
        [[ $bin != "$native" ]] || mv "$work/said" "$work/expected"
    done
    diff "$work/expected" "$work/said" >&2 || die "$what: not the same"
}

check_results() {
    local file count=0
    scripts/same_bits.sh "$native/homeostat" "$work/bin/homeostat"
    for file in tests/system/playbooks/*.yml packaging/examples/playbooks/*.yml; do
        # What gathers facts tells the processor's name.
        ! grep -qE 'gather_facts: (true|yes)|ansible_(facts|architecture|machine)' "$file" || continue
        same "$file" playbook "$file" --check --diff --json -e "{\"sandbox\": \"$work/sandbox\"}"
        count=$((count + 1))
    done
    say "$count playbooks: the same"
    same "the shipped configuration" check --config packaging/config
    same "templates of log lines" templates CHANGELOG.md
}

# The suite of the released program, as far as nothing in it looks at the process from outside.
check_program() {
    expect version 'static' < <("$HOMEOSTAT_BIN/homeostat" version --verbose)
    python3 tests/e2e/cli_test.py
    python3 tests/e2e/manual_test.py
    python3 tests/e2e/refusals_test.py
    python3 tests/e2e/agent_test.py "${agent_tests[@]/#/Agent.test_}"
}

check_linking
check_results
check_program
if [[ -n $unit ]]; then
    say "building the unit tests"
    cmake -B "$out" -DBUILD_TESTING=ON >/dev/null
    cmake --build "$out" --target "${unit_tests[@]}" --parallel "$(build_jobs)"
    for program in "${unit_tests[@]}"; do
        say "$program"
        "$cross/bin/run" "$out/bin/$program" --no-intro
    done
fi
say "fine"
