# Bash helpers for the other scripts. Source it, do not run it:
#     set -euo pipefail
#     . "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
#
# Sets:   HOMEOSTAT_ROOT (top of the source tree).
# Offers: say, warn, die, script_help, help_if_asked, need_packages,
#         ensure_deps, cmake_launcher_args, build_jobs.
# shellcheck shell=bash

HOMEOSTAT_ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"

# One line about the step that starts now. To stderr, so that a script's output stays clean.
say() { printf '==> %s\n' "$*" >&2; }
warn() { printf 'warning: %s\n' "$*" >&2; }
die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# script_help FILE: the comment at the head of a script, as its manual.
script_help() { awk 'NR == 1 { next } !/^#/ { exit } { sub(/^# ?/, ""); print }' "$1"; }

# help_if_asked SCRIPT [ARGUMENT...]: prints the manual and ends when --help is the first argument.
help_if_asked() {
    [[ ${2:-} == -h || ${2:-} == --help ]] || return 0
    script_help "$1"
    exit 0
}

# package_group NAME: the packages of one group of scripts/packages.txt, one a line.
package_group() {
    awk -v want="[$1]" '
        { sub(/#.*/, ""); gsub(/[ \t\r]+/, "") }
        /^\[/ { inside = ($0 == want); found += inside; next }
        inside && $0 != "" { print }
        END { exit found ? 0 : 1 }' "$HOMEOSTAT_ROOT/scripts/packages.txt"
}

package_installed() {
    [[ "$(dpkg-query -W -f '${db:Status-Abbrev}' "$1" 2>/dev/null)" == ?i* ]]
}

# install_quietly [SUDO...] -- PACKAGE...: apt-get install that starts no service. What apt-get says,
# over a thousand lines, is shown only when it fails, and then all of it.
# Debian asks /usr/sbin/policy-rc.d before it starts a service. If there is none we put one there
# that says "no" (101) for the length of this call. An existing one is never touched: it may be
# what keeps this machine (a container, usually) in order.
install_quietly() (
    root=()
    while [[ $1 != -- ]]; do
        root+=("$1")
        shift
    done
    shift
    policy=/usr/sbin/policy-rc.d
    apt_log=$(mktemp)
    clean="rm -f '$apt_log'"
    # shellcheck disable=SC2064  # expand now
    trap "$clean" EXIT
    # noclobber: the test and the creation are one step, even against another installer.
    if "${root[@]}" sh -c "set -C; printf '#!/bin/sh\nexit 101\n' >$policy" 2>/dev/null; then
        # shellcheck disable=SC2064  # expand now
        trap "$clean; ${root[*]} rm -f $policy" EXIT
        trap 'exit 130' INT
        trap 'exit 143' TERM
        "${root[@]}" chmod 755 "$policy"
    elif [[ ! -e $policy && ! -L $policy ]]; then
        die "cannot write $policy, so services would start; not installing"
    elif grep -qsE '^[[:space:]]*exit[[:space:]]+101' "$policy"; then
        :
    else
        warn "$policy exists and may allow services to start; leaving it as it is"
    fi
    apt=("${root[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
        apt-get -y -q -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0)
    "${apt[@]}" install --no-install-recommends "$@" >"$apt_log" 2>&1 && exit
    say "installation failed; refreshing the package lists and trying once more"
    { "${apt[@]}" update && "${apt[@]}" install --no-install-recommends "$@"; } >>"$apt_log" 2>&1 && exit
    cat "$apt_log" >&2
    die "these packages could not be installed: $*; apt-get's own words are above"
)

# need_packages GROUP...: install what is missing of the named groups. Nothing missing: no output.
need_packages() {
    local group package names
    local -a missing=()
    command -v dpkg-query >/dev/null ||
        die "not a Debian system: install the counterparts of scripts/packages.txt ($*) by hand"
    for group in "$@"; do
        names="$(package_group "$group")" || die "no group [$group] in scripts/packages.txt"
        for package in $names; do
            if ! package_installed "$package" && [[ " ${missing[*]} " != *" $package "* ]]; then
                missing+=("$package")
            fi
        done
    done
    ((${#missing[@]})) || return 0
    if ((EUID == 0)); then
        say "installing ${#missing[@]} packages, which may take minutes: ${missing[*]}"
        install_quietly -- "${missing[@]}"
    elif sudo -n true 2>/dev/null; then
        say "installing ${#missing[@]} packages with sudo, which may take minutes: ${missing[*]}"
        install_quietly sudo -n -- "${missing[@]}"
    else
        printf 'Missing packages, and no right to install them. Run as root:\n' >&2
        printf '    apt-get install --no-install-recommends %s\n' "${missing[*]}" >&2
        exit 1
    fi
}

# How many jobs to run at once: HOMEOSTAT_JOBS, or the number of processors.
build_jobs() { printf '%s\n' "${HOMEOSTAT_JOBS:-$(nproc)}"; }

# ensure_deps: build the static libcurl and OpenSSL unless the cache has them. Prints the prefix.
ensure_deps() { "$HOMEOSTAT_ROOT/deps/build.sh"; }

# cmake_launcher_args ARRAY: appends the compiler launcher if ccache is installed.
# ccache keeps its own settings (CCACHE_DIR and so on): none is changed here.
cmake_launcher_args() {
    local -n launcher_args="$1"
    if command -v ccache >/dev/null; then
        launcher_args+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache -DCMAKE_C_COMPILER_LAUNCHER=ccache)
    fi
}
