#!/usr/bin/env bash
# clang-tidy over the sources, with the compile commands of the debug build.
#
# Usage: scripts/tidy.sh [--deep] [FILE...]      all sources of the program without FILE
# --deep adds the path-sensitive analyzer, which takes as long again; CI leaves it to the sanitizers.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
help_if_asked "$0" "$@"
cd "$HOMEOSTAT_ROOT"

[[ -f build/debug/compile_commands.json ]] || die "build the debug preset first: scripts/test.sh"
checks=()
if [[ ${1:-} == --deep ]]; then
    checks=('--checks=clang-analyzer-*')
    shift
fi
files=("$@")
if ((${#files[@]} == 0)); then
    mapfile -t files < <(git ls-files -- 'core/*.cpp' 'collectors/*.cpp' 'detectors/*.cpp' \
        'actions/*.cpp' 'agent/*.cpp')
fi
printf '%s\0' "${files[@]}" |
    xargs -0 -n 4 -P "$(build_jobs)" clang-tidy-14 -p build/debug --quiet "${checks[@]}" 2>/dev/null
