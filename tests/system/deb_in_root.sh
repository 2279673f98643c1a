# In a bare root (bare_root.sh): installed, upgraded, removed, purged; what is left is what was there.
# Arguments: OLD.deb NEW.deb
# shellcheck shell=bash
old=$1 new=$2

fail() {
    echo "FAILED: $*"
    exit 1
}
inside() { chroot "$ROOT" env DEBIAN_FRONTEND=noninteractive PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"; }
# Every file but what the package manager itself keeps of its own doings.
listing() {
    find "$ROOT" -xdev -path "$ROOT/proc" -prune -o -printf '%P %y %m %u %g\n' |
        grep -vE '^(tmp|var/lib/dpkg|var/log/dpkg|var/lib/systemd|var/cache|var/log/alternatives)' | sort
}

cp "$old" "$ROOT/tmp/old.deb"
cp "$new" "$ROOT/tmp/new.deb"
listing >/tmp/before.$$
cp "$ROOT"/etc/{passwd,group,shadow,gshadow} "$ROOT/tmp/"

inside dpkg -i /tmp/old.deb >/dev/null
inside homeostat version
inside homeostat check || fail "the shipped configuration has faults"
inside getent passwd homeostat >/dev/null || fail "no user homeostat"
[[ $(stat -c '%U %a' "$ROOT/etc/homeostat" "$ROOT/etc/homeostat/rules") == $'root 755\nroot 755' ]] ||
    fail "who may write /etc/homeostat"
[[ -L $ROOT/etc/systemd/system/multi-user.target.wants/homeostat.service ]] || fail "not enabled"

echo '# edited by the owner' >>"$ROOT/etc/homeostat/homeostat.yml"
mkdir -p "$ROOT/var/lib/homeostat"
echo learned >"$ROOT/var/lib/homeostat/kept"
inside dpkg -i /tmp/new.deb >/dev/null
grep -q 'edited by the owner' "$ROOT/etc/homeostat/homeostat.yml" || fail "the upgrade lost an edit"
[[ -e $ROOT/var/lib/homeostat/kept ]] || fail "the upgrade lost state"

inside dpkg --remove homeostat >/dev/null
[[ ! -e $ROOT/usr/bin/homeostat ]] || fail "remove left the program"
grep -q 'edited by the owner' "$ROOT/etc/homeostat/homeostat.yml" || fail "remove took the edit"
[[ -e $ROOT/var/lib/homeostat/kept ]] || fail "remove took the state"

inside dpkg -i /tmp/new.deb >/dev/null
inside dpkg --purge homeostat >/dev/null
for file in passwd group shadow gshadow; do
    cmp -s "$ROOT/etc/$file" "$ROOT/tmp/$file" || fail "purge left something in /etc/$file"
done
listing | grep -vE '^(etc|run) d|^etc/(passwd|group|shadow|gshadow)-|^etc/\.pwd\.lock' >/tmp/after.$$
grep -vE '^(etc|run) d|^etc/(passwd|group|shadow|gshadow)-|^etc/\.pwd\.lock' /tmp/before.$$ >/tmp/before2.$$
diff /tmp/before2.$$ /tmp/after.$$ || fail "purge left or took something"
rm -f /tmp/before.$$ /tmp/before2.$$ /tmp/after.$$
echo "deb: fine"
