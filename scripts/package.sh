#!/usr/bin/env bash
# Makes the packages, dist/homeostat_VERSION_ARCH.deb and dist/homeostat-VERSION-1.ARCH.rpm, both
# of one release build.
#
# Usage: scripts/package.sh                 build the release, then both packages
#        scripts/package.sh --no-build      of the release that is there already
#        scripts/package.sh --rpm-only      the same, and only the rpm
#        scripts/package.sh --stage DIR     only the tree that is packed, into DIR
#        scripts/package.sh --arch arm64    with any of these: for arm64, on another architecture
#                                           (scripts/cross.sh; steps that run what was built do so
#                                           in an emulator)
#
# Environment: that of scripts/build.sh, and
#   HOMEOSTAT_DIST       where they are put (default: dist)
#   HOMEOSTAT_VERSION    the packages' version, for tests (default: that of CMakeLists.txt)
#   HOMEOSTAT_REVISION   the commit, where there is no clone to tell it (default: that of git)
#   SOURCE_DATE_EPOCH    the date that goes into them (default: that of the last commit)
# The same sources and the same compiler make the same bytes.
set -euo pipefail
umask 022
export LC_ALL=C TZ=UTC
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$HOMEOSTAT_ROOT"

out=build/release-static
readonly dist="${HOMEOSTAT_DIST:-$HOMEOSTAT_ROOT/dist}"
build=1
kinds=(deb rpm)
stage_only=
arch=() emulator=() sbom=()
deb_arch=$(dpkg --print-architecture)
rpm_arch=$(uname -m)
while (($#)); do
    case $1 in
        --no-build) build= ;;
        --rpm-only)
            build=
            kinds=(rpm)
            ;;
        --stage)
            stage_only=${2:?--stage needs a directory}
            shift
            ;;
        --arch)
            deb_arch=${2:?--arch needs an architecture}
            rpm_arch=aarch64 # cross.sh knows no other
            arch=(--arch "$deb_arch")
            out+=-$deb_arch
            shift
            ;;
        *) die "unknown option $1 (see the head of $0)" ;;
    esac
    shift
done

version=${HOMEOSTAT_VERSION:-$(sed -nE 's/^project\(homeostat VERSION ([0-9.]+).*/\1/p' CMakeLists.txt)}
if [[ -z ${SOURCE_DATE_EPOCH:-} ]]; then
    SOURCE_DATE_EPOCH=$(git log -1 --format=%ct 2>/dev/null || stat -c %Y CHANGELOG.md)
fi
export SOURCE_DATE_EPOCH

# make_stage DIR: everything that lies on a host, as it lies there.
make_stage() {
    local stage=$1 doc=$1/usr/share/doc/homeostat page program
    rm -rf "$stage"
    DESTDIR=$stage cmake --install "$out" --prefix /usr --strip >/dev/null
    mkdir -p "$doc" "$stage/usr/share/bash-completion/completions" \
        "$stage/usr/share/zsh/vendor-completions" "$stage/usr/share/fish/vendor_completions.d"
    program=("${emulator[@]}" "$out/bin/homeostat")
    "${program[@]}" completion bash >"$stage/usr/share/bash-completion/completions/homeostat"
    "${program[@]}" completion zsh >"$stage/usr/share/zsh/vendor-completions/_homeostat"
    "${program[@]}" completion fish >"$stage/usr/share/fish/vendor_completions.d/homeostat.fish"
    cp LICENSE "$doc/LICENSE"
    scripts/sbom.py "${sbom[@]}" --build "$out" --version "$version" --spdx "$doc/homeostat.spdx.json" \
        --licences "$doc/third-party"
    for page in "$stage"/usr/share/man/man8/*.8; do
        gzip -9n "$page"
    done
    find "$stage" -type d -exec chmod 755 {} +
    find "$stage" -type f ! -path '*bin/*' -exec chmod 644 {} +
    # One date for all, however long ago the tree was checked out.
    find "$stage" -exec touch --no-dereference --date "@$SOURCE_DATE_EPOCH" {} +
}

make_deb() {
    local source=$work/deb/homeostat-$version
    mkdir -p "$source"
    cp -r packaging/debian "$source/debian"
    cat >"$source/debian/changelog" <<CHANGELOG
homeostat ($version) unstable; urgency=medium

  * See CHANGELOG.md.

 -- Homeostat maintainers <homeostat@localhost.localdomain>  $(date -R -d "@$SOURCE_DATE_EPOCH")
CHANGELOG
    say "building the deb"
    (cd "$source" && STAGE="$stage" dpkg-buildpackage --host-arch "$deb_arch" --build=binary --no-sign \
        --no-check-builddeps) \
        >"$work/deb.log" 2>&1 || {
        cat "$work/deb.log" >&2
        die "dpkg-buildpackage failed"
    }
    cp "$work"/deb/*.deb "$dist/"
}

make_rpm() {
    say "building the rpm"
    rpmbuild -bb --quiet --nodeps --target "$rpm_arch" --define "_topdir $work/rpm" \
        --define "stage $stage" --define "version $version" \
        --define "date $(date -d "@$SOURCE_DATE_EPOCH" '+%a %b %d %Y')" --define "_rpmdir $work/rpm/out" \
        packaging/rpm/homeostat.spec >"$work/rpm.log" 2>&1 || {
        cat "$work/rpm.log" >&2
        die "rpmbuild failed"
    }
    cp "$work"/rpm/out/*/*.rpm "$dist/"
}

need_packages build package
if ((${#arch[@]})); then
    cross=$(scripts/cross.sh "$deb_arch")
    emulator=("$cross/bin/run")
    sbom=(--cross "$cross")
fi
[[ -z $build ]] || scripts/build.sh "${arch[@]}" -DHOMEOSTAT_REPRODUCIBLE=ON ${HOMEOSTAT_REVISION:+"-DHOMEOSTAT_REVISION=$HOMEOSTAT_REVISION"}
[[ -x $out/bin/homeostat && -x $out/bin/homeostat-actuator ]] || die "no release in $out"
if [[ -n $stage_only ]]; then
    make_stage "$stage_only"
    exit
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
stage=$work/stage
make_stage "$stage"
mkdir -p "$dist"
for kind in "${kinds[@]}"; do
    rm -f "$dist"/homeostat_*"_$deb_arch.$kind" "$dist"/homeostat-*".$rpm_arch.$kind"
    "make_$kind"
done
ls -l "$dist" >&2
