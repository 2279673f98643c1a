#!/usr/bin/env bash
# Installs what is missing (Debian 12), builds, and runs every test.
#
# Usage: scripts/test.sh [CTEST-OPTION...]      e.g. scripts/test.sh -R uplink
# The last line is "N passed, N failed, N skipped".
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
help_if_asked "$0" "$@"

cd "$HOMEOSTAT_ROOT"
readonly debug=build/debug

say "checking the packages that build and tests need"
need_packages build package test system demo

say "the static release, and the packages of it: what the end-to-end tests run"
scripts/package.sh

say "the debug build: checked standard library, warnings are errors"
options=()
cmake_launcher_args options
cmake --preset debug "${options[@]}"
cmake --build "$debug" --parallel "$(build_jobs)"

say "running all tests"
# One more at a time than there are processors: the long ones wait most of their time.
report=$(mktemp)
trap 'rm -f "$report"' EXIT
code=0
HOMEOSTAT_BIN="$HOMEOSTAT_ROOT/build/release-static/bin" \
    ctest --test-dir "$debug" --output-on-failure --parallel "$(($(build_jobs) + 1))" \
    --no-tests=error "$@" | tee "$report" || code=$?

# ctest counts a skipped test as passed; here it is named, and in CI it is a failure.
skipped=$(grep -cE '\*\*\*Skipped' "$report" || true)
failed=$(sed -nE 's/^[0-9]+% tests passed, ([0-9]+) tests? failed out of ([0-9]+)$/\1/p' "$report")
total=$(sed -nE 's/^[0-9]+% tests passed, ([0-9]+) tests? failed out of ([0-9]+)$/\2/p' "$report")
if [[ -n ${CI:-} && $skipped -gt 0 ]]; then
    warn "$skipped tests were skipped: CI has what they need, so that is a failure"
    code=1
fi
[[ -n $total ]] || die "ctest printed no summary"
printf '%s passed, %s failed, %s skipped\n' "$((total - failed - skipped))" "$failed" "$skipped"
exit "$code"
