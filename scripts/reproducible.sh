#!/usr/bin/env bash
# Builds this tree twice, in two directories, without a compiler cache, and compares every byte of
# the programs and of both packages.
#
# Usage: scripts/reproducible.sh      some minutes; the libraries of deps/build.sh are taken as built
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$HOMEOSTAT_ROOT"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct 2>/dev/null || stat -c %Y CHANGELOG.md)
export SOURCE_DATE_EPOCH CCACHE_DISABLE=1
unset HOMEOSTAT_DIST # each has its own
for copy in first second-with-a-longer-name; do
    mkdir "$work/$copy"
    # What git knows, changes and new files included; no build directory.
    git ls-files -z --cached --others --exclude-standard |
        tar --null --files-from=- --ignore-failed-read -cf - | tar -C "$work/$copy" -xf -
    say "building in $work/$copy"
    "$work/$copy/scripts/package.sh" >"$work/$copy.log" 2>&1 ||
        { tail -n 30 "$work/$copy.log" >&2 && die "the build failed"; }
done

code=0
cd "$work/first"
for file in build/release-static/bin/homeostat build/release-static/bin/homeostat-actuator dist/*; do
    if cmp "$file" "$work/second-with-a-longer-name/$file"; then
        printf 'identical: %s  %s\n' "$(sha256sum <"$file" | cut -c1-16)" "$file"
    else
        code=1
    fi
done
exit "$code"
