#!/usr/bin/env bash
# Builds with a sanitizer and runs all unit tests and the simulation under it.
#
# Usage: scripts/sanitize.sh asan|tsan
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
help_if_asked "$0" "$@"
cd "$HOMEOSTAT_ROOT"

readonly preset=${1:-}
[[ $preset == asan || $preset == tsan ]] || die "usage: scripts/sanitize.sh asan|tsan"
options=()
cmake_launcher_args options
cmake --preset "$preset" "${options[@]}"
cmake --build "build/$preset" --parallel "$(build_jobs)"
ctest --test-dir "build/$preset" --output-on-failure --parallel "$(build_jobs)" \
    --no-tests=error -L 'unit|simulation'
