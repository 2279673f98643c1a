#!/usr/bin/env bash
# Runs a script beside a throw-away root file system in which nothing runs: packages go in and out.
#
# Usage: bare_root.sh SCRIPT [ARGUMENT...]      SCRIPT is bash; $ROOT is the root, an overlay over
#                                               machine.sh's base; all of it is gone afterwards
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
"$here/machine.sh" possible
base=$("$here/machine.sh" base)
work=$(mktemp -d)
trap 'rm -rf --one-file-system "$work"' EXIT
script=$1
shift
# shellcheck disable=SC2016  # expanded inside
unshare --mount --propagation private bash -euc '
    work=$1 base=$2 script=$3
    shift 3
    mount -t tmpfs tmpfs "$work"
    mkdir "$work/upper" "$work/work" "$work/root"
    mount -t overlay overlay -o "lowerdir=$base,upperdir=$work/upper,workdir=$work/work" "$work/root"
    mount -t proc proc "$work/root/proc"
    ROOT=$work/root exec bash -eu "$script" "$@"' _ "$work" "$base" "$script" "$@"
