#!/usr/bin/env bash
# Makes ready what a build for arm64 needs on another architecture (Debian 12), and prints the
# directory that it is in, build/cross-arm64:
#   root/   Debian's packages for arm64 of the group [cross-root] (C library, headers, archives),
#           unpacked, with a package database for deps/build.sh and scripts/sbom.py. The machine's
#           own dpkg learns of no foreign architecture.
#   bin/    the compilers, which take archives from there first; `run`, which runs in an emulator
#           what they make
# cmake/aarch64-linux-gnu.cmake leads CMake to it.
#
# Usage: scripts/cross.sh arm64
#
# The packages are asked for anew once a day, for security fixes: a static program has them only when
# it is built again.
set -euo pipefail
umask 022
export LC_ALL=C
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
help_if_asked "$0" "$@"
[[ $# == 1 && $1 == arm64 ]] || die "usage: scripts/cross.sh arm64 (no other architecture is known)"

readonly out="$HOMEOSTAT_ROOT/build/cross-arm64" machine=aarch64-linux-gnu
mkdir -p "$out"
readonly log="$out/log" stamp="$out/packages"
# What deps/sources.sh wants to know; only its private apt is used.
# shellcheck disable=SC2034
source_dir='' sums="$HOMEOSTAT_ROOT/deps/SHA256SUMS"
# shellcheck source=deps/sources.sh
. "$HOMEOSTAT_ROOT/deps/sources.sh"

# The packages of the group as files in $work/download, checked by apt.
download() {
    write_private_apt deb
    cat >>"$work/apt/apt.conf" <<CONF
APT::Architecture "arm64";
APT::Architectures { "arm64"; };
Dir::State::status "$work/apt/status";
CONF
    : >"$work/apt/status"
    private_apt apt-get update >>"$log" || true # a repository that has no arm64 is none of ours
    # shellcheck disable=SC2046  # names of packages
    private_apt apt-get download $(package_group cross-root) >>"$log" ||
        die "the packages for arm64 cannot be fetched: see $log"
}

# They are not installed, only unpacked: no script of theirs runs.
unpack() {
    local deb database="$work/root/var/lib/dpkg"
    mkdir -p "$database"
    printf 'amd64\narm64\n' >"$database/arch"
    for deb in "$work"/download/*.deb; do
        dpkg-deb --extract "$deb" "$work/root"
        { dpkg-deb --field "$deb" && printf 'Status: install ok installed\n\n'; } >>"$database/status"
    done
    rm -rf "$out/root"
    mv "$work/root" "$out/root"
}

write_tools() {
    local language
    mkdir -p "$out/bin"
    for language in gcc g++; do
        cat >"$out/bin/$machine-$language" <<WRAPPER
#!/bin/sh
# -B: the compiler has a C library of its own, without Debian's security fixes.
# Return addresses are signed, and indirect jumps have marks, on processors that can.
exec $machine-$language-12 --sysroot='$out/root' -B'$out/root/usr/lib/$machine/' \\
    -mbranch-protection=standard "\$@"
WRAPPER
    done
    cat >"$out/bin/run" <<WRAPPER
#!/bin/sh
exec qemu-aarch64-static -L '$out/root' "\$@"
WRAPPER
    chmod 755 "$out"/bin/*
}

need_packages build cross
# Written into it last: a run that was cut short leaves none.
if [[ $(cat "$stamp" 2>/dev/null) != "$out $(package_group cross-root)" ||
    -z $(find "$stamp" -mtime -1) ]]; then
    say "packages of arm64 into $out/root"
    rm -f "$stamp"
    : >"$log"
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    download
    unpack
    write_tools
    used=$("$out/bin/$machine-gcc" -print-file-name=libc.a)
    [[ $used == "$out"/root/* ]] || die "the compiler takes its C library from $used"
    printf '%s %s\n' "$out" "$(package_group cross-root)" >"$stamp"
fi
printf '%s\n' "$out"
