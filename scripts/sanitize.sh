#!/usr/bin/env bash
# Builds with a sanitizer and runs tests under it: asan (addresses and undefined behaviour) all unit
# tests and the simulation; tsan (data races) those of the stages that have threads.
#
# Usage: scripts/sanitize.sh asan|tsan [--build-only]
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
help_if_asked "$0" "$@"
cd "$HOMEOSTAT_ROOT"

readonly preset=${1:-}
[[ $preset == asan || $preset == tsan ]] || die "usage: scripts/sanitize.sh asan|tsan [--build-only]"
targets=(--target unit_tests)
tests=(-L 'unit|simulation')
if [[ $preset == tsan ]]; then
    targets=(--target test_core test_agent test_uplink)
    # agent.confinement: its children have no threads, and seccomp ends what tsan's runtime does.
    tests=(-L unit -R '^(core|agent|uplink)\.' -E '^agent\.confinement$')
fi
options=()
cmake_launcher_args options
cmake --preset "$preset" "${options[@]}"
cmake --build "build/$preset" --parallel "$(build_jobs)" "${targets[@]}"
[[ ${2:-} != --build-only ]] || exit 0
ctest --test-dir "build/$preset" --output-on-failure --parallel "$(build_jobs)" \
    --no-tests=error "${tests[@]}"
