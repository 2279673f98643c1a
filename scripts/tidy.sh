#!/usr/bin/env bash
# clang-tidy over the sources, with the compile commands of the debug build.
#
# Usage: scripts/tidy.sh [--deep] [--last COMMITS | FILE...]     all sources of the program without
# either. --last takes those that so many commits before now have touched: what CI has time for.
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
sources=('core/*.cpp' 'collectors/*.cpp' 'detectors/*.cpp' 'actions/*.cpp' 'agent/*.cpp')
if [[ ${1:-} == --last ]]; then
    [[ ${2:-} =~ ^[1-9][0-9]*$ ]] || die "--last wants a number of commits, not '${2:-}'"
    mapfile -t files < <(git log -n "$2" --format= --name-only --diff-filter=AM -- "${sources[@]}" |
        sort -u | while read -r file; do [[ ! -f $file ]] || echo "$file"; done)
    if ((${#files[@]} == 0)); then
        say "the last $2 commits touch no source of the program"
        exit 0
    fi
elif (($# > 0)); then
    files=("$@")
else
    mapfile -t files < <(git ls-files -- "${sources[@]}")
fi
printf '%s\0' "${files[@]}" |
    xargs -0 -n 4 -P "$(build_jobs)" clang-tidy-14 -p build/debug --quiet "${checks[@]}" 2>/dev/null
