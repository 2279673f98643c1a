#!/usr/bin/env bash
# install_quietly of scripts/lib.sh with an apt-get of our own: a newcomer sees no chatter, and
# whoever it fails for sees all of it. `as_root` stands in for sudo, so nothing is written to /usr.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib.sh"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin" "$work/tmp"
export PATH="$work/bin:$PATH" TMPDIR="$work/tmp" ANSWERS="$work/answers" CALLS="$work/calls"
cat >"$work/bin/as_root" <<'AS_ROOT'
#!/bin/sh
[ "$1" != env ] || exec "$@"
AS_ROOT
# Each call takes the next line of $ANSWERS as its exit status.
cat >"$work/bin/apt-get" <<'APT'
#!/bin/sh
echo "$*" >>"$CALLS"
echo "Selecting previously unselected package"
echo "dpkg: trouble" >&2
status=$(head -n 1 "$ANSWERS")
sed -i 1d "$ANSWERS"
exit "$status"
APT
chmod 755 "$work/bin/as_root" "$work/bin/apt-get"

# run_with STATUS...: what install_quietly prints when apt-get ends so, call by call.
run_with() {
    printf '%s\n' "$@" >"$ANSWERS"
    : >"$CALLS"
    code=0
    said=$(install_quietly as_root -- jq fio 2>&1) || code=$?
}
fail() {
    printf 'FAILED: %s\nexit status %s, it said:\n%s\n' "$1" "$code" "$said"
    exit 1
}

run_with 0
[[ $code == 0 && -z $said ]] || fail "what works is quiet"
grep -q 'install --no-install-recommends jq fio' "$CALLS" || fail "the packages are asked for"

run_with 100 0 0
[[ $code == 0 && $said == "==> installation failed; refreshing"* ]] || fail "the second try counts"
[[ $said != *Selecting* && $(wc -l <"$CALLS") == 3 ]] || fail "the second try is quiet"

run_with 100 0 100
[[ $code == 1 ]] || fail "what fails twice has failed"
[[ $(grep -c 'dpkg: trouble' <<<"$said") == 3 ]] || fail "then all is shown"
[[ $said == *"could not be installed: jq fio"* ]] || fail "and which packages they were"

run_with 100 100
[[ $code == 1 && $(wc -l <"$CALLS") == 2 ]] || fail "lists that cannot be refreshed end it"

[[ -z $(ls -A "$TMPDIR") ]] || fail "nothing is left behind"
echo "install_quietly: fine"
