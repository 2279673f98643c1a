#!/usr/bin/env bash
# Builds the static release: build/release-static/bin/homeostat and homeostat-actuator.
# Installs the packages it needs (Debian 12), builds libcurl and OpenSSL once into a cache, then
# configures and builds. Run it again at will: it does only what is left to do.
#
# Usage: scripts/build.sh [--arch arm64] [CMAKE-OPTION...]   e.g. scripts/build.sh -DHOMEOSTAT_LTO=OFF
#        --arch: for arm64, on another architecture, into build/release-static-arm64
# Environment: HOMEOSTAT_JOBS, and that of deps/build.sh.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
help_if_asked "$0" "$@"

readonly preset=release-static
out="$HOMEOSTAT_ROOT/build/$preset"
options=()
if [[ ${1:-} == --arch ]]; then
    HOMEOSTAT_CROSS="$("$HOMEOSTAT_ROOT/scripts/cross.sh" "${2:-}")"
    export HOMEOSTAT_CROSS
    out+="-$2"
    options+=(-B "$out" "-DCMAKE_TOOLCHAIN_FILE=$HOMEOSTAT_ROOT/cmake/aarch64-linux-gnu.cmake")
    shift 2
fi

cd "$HOMEOSTAT_ROOT"

if command -v dpkg-query >/dev/null; then
    say "checking the packages the build needs"
    need_packages build
else
    warn "not a Debian system: the libraries of scripts/packages.txt must be there already"
fi

say "static libcurl and OpenSSL"
prefix="$(ensure_deps)"
say "using $prefix"

options+=("-DHOMEOSTAT_DEPS_PREFIX=$prefix")
cmake_launcher_args options

say "configuring $out"
cmake --preset "$preset" "${options[@]}" "$@"

say "building with $(build_jobs) jobs"
cmake --build "$out" --parallel "$(build_jobs)"

for program in homeostat homeostat-actuator; do
    path="$out/bin/$program"
    [[ -x $path ]] || die "the build made no $path"
    description=''
    if command -v file >/dev/null; then
        description="$(file -b "$path" | cut -d, -f1-3)"
    fi
    say "$path: $(stat -c %s "$path") bytes${description:+, $description}"
done
