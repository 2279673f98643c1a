# In a bare root (bare_root.sh): the rpm installed, upgraded, erased by the host's rpm.
# Arguments: OLD.rpm NEW.rpm
# shellcheck shell=bash
old=$1 new=$2

fail() {
    echo "FAILED: $*"
    exit 1
}
package() { rpm --root "$ROOT" --nodeps "$@"; }

rpm --root "$ROOT" --initdb
package -i "$old"
chroot "$ROOT" homeostat version
chroot "$ROOT" homeostat check || fail "the shipped configuration has faults"
chroot "$ROOT" getent passwd homeostat >/dev/null || fail "no user homeostat"
enabled=$ROOT/etc/systemd/system/multi-user.target.wants/homeostat.service
[[ -L $enabled ]] || fail "not enabled"
package -V homeostat || fail "rpm -V finds changes right after the installation"

echo '# edited by the owner' >>"$ROOT/etc/homeostat/homeostat.yml"
mkdir -p "$ROOT/var/lib/homeostat"
echo learned >"$ROOT/var/lib/homeostat/kept"
package -U "$new"
grep -q 'edited by the owner' "$ROOT/etc/homeostat/homeostat.yml" || fail "the upgrade lost an edit"
[[ -x $ROOT/usr/bin/homeostat ]] || fail "the upgrade lost the program"
package -U --oldpackage "$old"
chroot "$ROOT" homeostat check || fail "the downgrade does not work"

[[ -L $enabled ]] || fail "an upgrade disabled it"
package -e homeostat
[[ ! -L $enabled ]] || fail "erase left it enabled"
[[ ! -e $ROOT/usr/bin/homeostat && ! -e $ROOT/usr/share/homeostat ]] || fail "erase left files"
grep -q 'edited by the owner' "$ROOT"/etc/homeostat/homeostat.yml* || fail "erase took the edit"
[[ -e $ROOT/var/lib/homeostat/kept ]] || fail "erase took the state"
echo "rpm: fine"
