#!/usr/bin/env bash
# clang-tidy over the sources, with the compile commands of the debug build.
#
# Usage: scripts/tidy.sh [FILE...]      all sources of the program without arguments
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
help_if_asked "$0" "$@"
cd "$HOMEOSTAT_ROOT"

[[ -f build/debug/compile_commands.json ]] || die "build the debug preset first: scripts/test.sh"
files=("$@")
if ((${#files[@]} == 0)); then
    mapfile -t files < <(git ls-files -- 'core/*.cpp' 'collectors/*.cpp' 'detectors/*.cpp' \
        'actions/*.cpp' 'agent/*.cpp')
fi
printf '%s\0' "${files[@]}" |
    xargs -0 -n 4 -P "$(build_jobs)" clang-tidy-14 -p build/debug --quiet 2>/dev/null
