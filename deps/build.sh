#!/usr/bin/env bash
# Builds the static libraries that Debian cannot give us, or not as small, into a cache, and prints
# the prefix:
#   libcurl.a                HTTP and HTTPS only; Debian's own wants Kerberos, which has no .a
#   libssl.a, libcrypto.a    OpenSSL 3.0 without what Homeostat never uses (1.6 MB less than Debian)
#   libzstd.a                for size and without the formats before 1.0 (0.5 MB less than Debian)
#   libprotobuf-lite.a, libre2.a, libyaml-cpp.a   for size (0.6 MB less): deps/cxx_libraries.sh
#
# Usage: deps/build.sh                 build if the cache has no such prefix; print the prefix
#        deps/build.sh --print-prefix  print the prefix; exit status 1 if it is not built yet
#
# Environment:
#   HOMEOSTAT_DEPS_CACHE  the cache (default: ${XDG_CACHE_HOME:-$HOME/.cache}/homeostat-deps)
#   HOMEOSTAT_DEPS_SRC    a directory with the source archives named in deps/SHA256SUMS: nothing is
#                         fetched. Without it apt-get fetches Debian's sources (patches included)
#                         from wherever this machine gets its packages, and verifies them.
#   HOMEOSTAT_TLS         trimmed (default): build OpenSSL; system: copy Debian's libssl-dev
#   HOMEOSTAT_JOBS        parallel jobs (default: one a processor)
#   CC, CXX               the compilers (default: cc, c++)
#   HOMEOSTAT_CROSS       a directory of scripts/cross.sh: for the architecture of that
#
# Why a script and not a CMake superbuild: most of the work is fetching sources through apt and
# running OpenSSL's Configure, which CMake could only do by calling a script; and the cache must be
# shared by every build directory, not owned by one of them.
#
# Nothing outside the cache and a temporary directory is written; /etc/apt is only read.
set -euo pipefail
umask 022
export LC_ALL=C

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
# shellcheck source=scripts/lib.sh
. "$here/../scripts/lib.sh"

readonly sums="$here/SHA256SUMS"
readonly cache="${HOMEOSTAT_DEPS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/homeostat-deps}"
readonly source_dir="${HOMEOSTAT_DEPS_SRC:-}"
readonly cross="${HOMEOSTAT_CROSS:-}"
emulator=() cmake_cross=()
if [[ -n $cross ]]; then
    CC="$cross/bin/aarch64-linux-gnu-gcc"
    CXX="$cross/bin/aarch64-linux-gnu-g++"
    emulator=("$cross/bin/run")
    cmake_cross=("-DCMAKE_TOOLCHAIN_FILE=$here/../cmake/aarch64-linux-gnu.cmake")
fi
readonly cc="${CC:-cc}" emulator cmake_cross
tls="${HOMEOSTAT_TLS:-trimmed}"
cxx_libraries=own # or system, when their sources cannot be had

# ---- What is built: every line here is part of the cache key ------------------------------------

readonly format=3 # raise it when the build steps below change the result

readonly -a common_flags=(
    -Os -g0 -fPIC -ffunction-sections -fdata-sections
    -fstack-protector-strong -fstack-clash-protection -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
    # Nothing throws through C, so C needs no tables for it.
    -fno-asynchronous-unwind-tables -fno-unwind-tables
)

# TLS 1.2 and 1.3, X.509, Ed25519, BLAKE2 (minisign bundles) and error texts (55 kB) stay.
# no-sock: curl does the sockets; otherwise BIO_lookup_ex would pull in getaddrinfo, which loads
# the host's NSS plug-ins. So there is no SSL_set_fd: TLS without curl goes through memory BIOs.
# openssldir: no-autoload-config is not the whole of it, some look-ups of unknown names still read
# openssl.cnf. The host's, written for another OpenSSL, must not change what ours does.
readonly -a openssl_options=(
    --prefix=/usr --libdir=lib --openssldir=/nonexistent
    no-shared no-module no-dso no-engine no-legacy no-tests no-deprecated no-comp
    no-autoload-config
    no-ssl3 no-tls1 no-tls1_1 no-dtls no-srp no-psk no-srtp no-nextprotoneg no-ssl-trace
    no-ocsp no-cms no-ts no-ct no-cmp no-rfc3779 no-gost no-scrypt no-dsa no-ec2m
    no-idea no-camellia no-seed no-aria no-bf no-cast no-des no-rc2 no-rc4 no-rc5
    no-md4 no-mdc2 no-rmd160 no-whirlpool no-sm2 no-sm3 no-sm4 no-siphash
    no-async no-sock no-multiblock no-ui-console no-filenames no-afalgeng no-capieng
)

# No certificate store is built in: the program names one (CURLOPT_CAINFO or CURLOPT_CAPATH).
readonly -a curl_options=(
    -DCMAKE_BUILD_TYPE=MinSizeRel -DBUILD_SHARED_LIBS=OFF -DBUILD_CURL_EXE=OFF -DBUILD_TESTING=OFF
    -DENABLE_MANUAL=OFF -DHTTP_ONLY=ON -DENABLE_ARES=ON -DCURL_USE_OPENSSL=ON -DCURL_ZLIB=ON
    -DCURL_USE_LIBPSL=OFF -DCURL_USE_LIBSSH=OFF -DCURL_USE_LIBSSH2=OFF -DUSE_LIBIDN2=OFF
    -DCURL_USE_GSSAPI=OFF -DCURL_BROTLI=OFF -DCURL_ZSTD=OFF -DUSE_NGHTTP2=OFF -DUSE_LIBRTMP=OFF
    -DCURL_CA_BUNDLE=none -DCURL_CA_PATH=none -DCURL_DISABLE_OPENSSL_AUTO_LOAD_CONFIG=ON
    -DCURL_DISABLE_NETRC=ON -DCURL_DISABLE_ALTSVC=ON -DCURL_DISABLE_HSTS=ON -DCURL_DISABLE_DOH=ON
    -DCURL_DISABLE_NTLM=ON -DCURL_DISABLE_GETOPTIONS=ON -DCURL_DISABLE_LIBCURL_OPTION=ON
)

# One thread, no formats before 1.0, one loop where there could be one for each processor: a few
# incidents a day are packed here.
readonly -a zstd_options=(
    -DZSTD_LEGACY_SUPPORT=0 -DDYNAMIC_BMI2=0 -DZSTD_DISABLE_ASM=1 -DZSTD_NO_INLINE=1
    -DHUF_FORCE_DECOMPRESS_X1=1 -DZSTD_FORCE_DECOMPRESS_SEQUENCES_SHORT=1 -DXXH_NAMESPACE=ZSTD_
)

openssl_target() {
    case "$("$cc" -dumpmachine)" in
        x86_64-*-gnux32) die "no OpenSSL target known for $("$cc" -dumpmachine)" ;;
        x86_64-*) echo linux-x86_64 ;;
        aarch64-*) echo linux-aarch64 ;;
        riscv64-*) echo linux64-riscv64 ;;
        powerpc64le-*) echo linux-ppc64le ;;
        arm*-gnueabihf) echo linux-armv4 ;;
        *) die "no OpenSSL target known for $("$cc" -dumpmachine): add it to openssl_target" ;;
    esac
}

# shellcheck source=deps/sources.sh
. "$here/sources.sh"
# shellcheck source=deps/cxx_libraries.sh
. "$here/cxx_libraries.sh"

# ---- Which versions ------------------------------------------------------------------------------

# The version this machine's package lists call the newest, or the installed one, without network.
# A static program gets a security fix only by being built anew, so a newer one means a new key.
wanted_debian_version() { # PACKAGE
    local version
    version="$(apt-cache policy "$1" 2>/dev/null | sed -n 's/^ *Candidate: *//p')"
    if [[ -z $version || $version == '(none)' ]]; then
        version="$(installed_version "$1")"
    fi
    printf '%s\n' "${version%%+b[0-9]*}" # a rebuild without source changes has the same source
}

installed_version() {
    dpkg-query ${cross:+--admindir "$cross/root/var/lib/dpkg"} -W -f '${Version}\n' "$1" 2>/dev/null |
        head -n 1
}

wanted_version() { # SOURCE PACKAGE
    local version
    if [[ -n $source_dir ]]; then
        version="$(pinned_archive "$1")" ||
            die "HOMEOSTAT_DEPS_SRC=$source_dir holds no $1 archive named in deps/SHA256SUMS"
        version="${version#"$1"_}"
        printf '%s\n' "${version%.orig.tar.*}"
    elif command -v apt-cache >/dev/null; then
        wanted_debian_version "$2"
    else
        die "no apt here: put the source archives into a directory and set HOMEOSTAT_DEPS_SRC" \
            "(docs/building.md)"
    fi
}

# Sets $curl_version, $openssl_version, $zstd_version, $key and $slot (its place in the cache).
# die() inside $(...) ends only the subshell, so each result is assigned on a line of its own.
choose_slot() {
    curl_version="$(wanted_version curl libcurl4-openssl-dev)"
    zstd_version="$(wanted_version libzstd libzstd-dev)"
    if [[ $tls == trimmed ]]; then
        openssl_version="$(wanted_version openssl libssl-dev)"
    else
        openssl_version="$(installed_version libssl-dev || true)"
    fi
    choose_key
}

choose_key() {
    local recipe machine compiler
    machine="$("$cc" -dumpmachine)"
    compiler="$("$cc" -dumpfullversion -dumpversion)"
    recipe="format $format
tls $tls
curl ${curl_version:-unknown}
openssl ${openssl_version:-unknown}
zstd ${zstd_version:-unknown}
cxx-libraries $cxx_libraries
$(cxx_versions)
compiler $machine $compiler
flags ${common_flags[*]}
openssl-options ${openssl_options[*]}
curl-options ${curl_options[*]}
zstd-options ${zstd_options[*]}
cxx $("$cxx" -dumpfullversion -dumpversion) ${cxx_flags[*]}
cxx-recipe $(sha256sum <"$here/cxx_libraries.sh")"
    if [[ -n $source_dir ]]; then
        recipe+=$'\n'"pins $(sha256sum <"$sums")"
    fi
    key="$(sha256sum <<<"$recipe")"
    key="$tls-${key:0:16}"
    slot="$cache/$key"
}

# What was wanted could not be had a short while ago and something else was built instead: use that
# for a day before the network is asked again, so that a second build is instant here too.
use_recent_fallback() {
    local note="$cache/$wanted_key.fallback" other
    [[ ! -f $slot/deps-prefix/MANIFEST && -f $note ]] || return 0
    [[ -n $(find "$note" -mtime -1) ]] || return 0
    other="$(<"$note")"
    [[ -f $cache/$other/deps-prefix/MANIFEST ]] || return 0
    say "using the fallback libraries $other (delete $note to try for the real ones again)"
    key="$other"
    slot="$cache/$key"
}

# The date that goes into the libraries: that of the sources, not of the build.
source_date() {
    if [[ -f $work/$1/debian/changelog ]] && command -v dpkg-parsechangelog >/dev/null; then
        dpkg-parsechangelog -l "$work/$1/debian/changelog" -S Timestamp
    else
        stat -c %Y "$work/$1/README.md"
    fi
}

# ---- Building ------------------------------------------------------------------------------------

run() { "$@" >>"$log" 2>&1 || die "failed: $1 ... (see the end of $log)"; }

# The one that belongs to the compiler.
ar() { command "$("$cc" -print-prog-name=ar)" "$@"; }

# 150 kB of ready-made multiples of one curve's generator make a server with thousands of handshakes
# a second fast. An agent makes one an hour: the general code, constant in time as well, will do.
leave_out_p256_tables() {
    sed -i -e 's/ecp_nistz256\.c ecp_nistz256-x86_64\.s//' -e 's/ECP_NISTZ256_ASM//' \
        crypto/ec/build.info
    ! grep -q 'ECASM_x86_64=.*nistz256' crypto/ec/build.info ||
        die "crypto/ec/build.info of this OpenSSL is different: see leave_out_p256_tables"
}

build_openssl() {
    local target
    target="$(openssl_target)"
    say "building OpenSSL $(<"$work/openssl.version") ($target, about a minute)"
    # Compiled in its own tree by relative names, so no build path gets into the objects; a
    # -ffile-prefix-map would put one there, because OpenSSL records its compiler flags.
    (
        cd "$work/openssl"
        SOURCE_DATE_EPOCH="$(source_date openssl)"
        AR="$("$cc" -print-prog-name=ar)"
        RANLIB="$("$cc" -print-prog-name=ranlib)"
        export SOURCE_DATE_EPOCH CC="$cc" AR RANLIB ARFLAGS=qcD
        unset CFLAGS CPPFLAGS LDFLAGS CXXFLAGS
        leave_out_p256_tables
        run ./Configure "$target" "${openssl_options[@]}" "${common_flags[@]}"
        run make -j"$(build_jobs)" build_libs
        cp libssl.a libcrypto.a "$stage/lib/"
        cp -r include/openssl "$stage/include/"
        find "$stage/include/openssl" -name '*.in' -delete
        cp LICENSE.txt "$stage/share/licenses/openssl"
    )
}

copy_system_openssl() {
    local name file multiarch
    say "taking the distribution's libssl.a and libcrypto.a"
    for name in libssl.a libcrypto.a; do
        file="$("$cc" -print-file-name="$name")"
        [[ -f $file ]] || die "no $name: install libssl-dev"
        cp "$file" "$stage/lib/"
    done
    cp -r /usr/include/openssl "$stage/include/"
    multiarch="$("$cc" -print-multiarch)"
    if [[ -n $multiarch && -d /usr/include/$multiarch/openssl ]]; then
        cp -r "/usr/include/$multiarch/openssl" "$stage/include/"
    fi
    if [[ -f /usr/share/doc/libssl-dev/copyright ]]; then
        cp /usr/share/doc/libssl-dev/copyright "$stage/share/licenses/openssl"
    fi
    installed_version libssl-dev >"$work/openssl.version" || echo unknown >"$work/openssl.version"
}

build_curl() {
    local -a generator=(-G 'Unix Makefiles')
    if command -v ninja >/dev/null; then generator=(-G Ninja); fi
    say "building libcurl $(<"$work/curl.version") (about half a minute)"
    (
        SOURCE_DATE_EPOCH="$(source_date curl)"
        export SOURCE_DATE_EPOCH
        unset CFLAGS CPPFLAGS LDFLAGS CXXFLAGS
        run cmake -S "$work/curl" -B "$work/curl-build" "${generator[@]}" \
            -DCMAKE_C_COMPILER="$cc" "${cmake_cross[@]}" \
            -DCMAKE_C_FLAGS="${common_flags[*]} -ffile-prefix-map=$work=." \
            "${curl_options[@]}" -DOPENSSL_INCLUDE_DIR="$stage/include" \
            -DOPENSSL_SSL_LIBRARY="$stage/lib/libssl.a" \
            -DOPENSSL_CRYPTO_LIBRARY="$stage/lib/libcrypto.a"
        run cmake --build "$work/curl-build" --target libcurl --parallel "$(build_jobs)"
    )
    cp "$work/curl-build/lib/libcurl.a" "$stage/lib/"
    mkdir -p "$stage/include/curl"
    cp "$work/curl/include/curl/"*.h "$stage/include/curl/"
    cp "$work/curl/COPYING" "$stage/share/licenses/curl"
}

build_zstd() {
    say "building libzstd $(<"$work/libzstd.version") (some seconds)"
    mkdir "$work/libzstd/objects"
    (
        cd "$work/libzstd/objects" # relative names, so no build path gets into the objects
        run "$cc" "${common_flags[@]}" "${zstd_options[@]}" -I../lib -I../lib/common -c \
            ../lib/common/*.c ../lib/compress/*.c ../lib/decompress/*.c
        run ar qcD "$stage/lib/libzstd.a" ./*.o
        cp ../lib/zstd.h ../lib/zstd_errors.h "$stage/include/"
        cp ../LICENSE "$stage/share/licenses/zstd"
    )
}

# One static program that names what it was linked with. It fails here, not in Homeostat's link.
smoke_test() {
    say "linking and running a test program"
    cat >"$work/smoke.c" <<'C'
#include <curl/curl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <zstd.h>
int main(void) {
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0) return 1;
    EVP_MD* blake = EVP_MD_fetch(NULL, "BLAKE2B-512", NULL);
    EVP_PKEY* key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    if (blake == NULL || key == NULL) return 2;
    char packed[128], unpacked[8];
    const size_t size = ZSTD_compress(packed, sizeof packed, "incident", 8, 3);
    if (ZSTD_isError(size) || ZSTD_decompress(unpacked, 8, packed, size) != 8) return 3;
    if (memcmp(unpacked, "incident", 8) != 0) return 4;
    printf("%s zstd/%s\n", curl_version(), ZSTD_versionString());
    return 0;
}
C
    run "$cc" -Os -fPIE -static-pie -w -I "$stage/include" -o "$work/smoke" "$work/smoke.c" \
        -Wl,--gc-sections "$stage/lib/libcurl.a" "$stage/lib/libssl.a" "$stage/lib/libcrypto.a" \
        "$stage/lib/libzstd.a" -lcares -lz
    "${emulator[@]}" "$work/smoke" >"$work/smoke.out" || die "the test program fails: see $log"
}

write_manifest() {
    {
        printf 'Homeostat dependencies %s\n' "$key"
        printf 'libraries: %s\n' "$(<"$work/smoke.out")"
        printf 'curl source: %s\n' "$(<"$work/curl.version")"
        printf 'openssl (%s): %s\n' "$tls" "$(<"$work/openssl.version")"
        printf 'zstd source: %s\n' "$(<"$work/libzstd.version")"
        printf 'protobuf (%s): %s\n' "$cxx_libraries" "$(<"$work/protobuf.version")"
        printf 're2 (%s): %s\n' "$cxx_libraries" "$(<"$work/re2.version")"
        printf 'yaml-cpp (%s): %s\n' "$cxx_libraries" "$(<"$work/yaml-cpp.version")"
        printf 'compiler: %s\n' "$("$cc" --version | head -n 1)"
        printf 'source archives (SHA-256):\n'
        sort -u "$work/sources"
        printf 'results (SHA-256):\n'
        (cd "$stage" && sha256sum lib/*.a)
    } >"$stage/MANIFEST"
}

# ---- The course of it ----------------------------------------------------------------------------

[[ $tls == trimmed || $tls == system ]] || die "HOMEOSTAT_TLS must be trimmed or system, not $tls"
[[ -z $source_dir || -d $source_dir ]] || die "HOMEOSTAT_DEPS_SRC=$source_dir is no directory"
command -v "$cc" >/dev/null || die "no C compiler '$cc'"
command -v "$cxx" >/dev/null || die "no C++ compiler '$cxx'"
if [[ $# -gt 1 || ($# -eq 1 && $1 != --print-prefix) ]]; then
    die "usage: deps/build.sh [--print-prefix]"
fi

choose_slot
readonly wanted_key="$key"
use_recent_fallback
if [[ -f $slot/deps-prefix/MANIFEST ]]; then
    printf '%s\n' "$slot/deps-prefix"
    exit 0
fi
if [[ ${1:-} == --print-prefix ]]; then
    printf '%s\n' "$slot/deps-prefix"
    exit 1
fi

for tool in cmake make perl tar sha256sum; do
    command -v "$tool" >/dev/null || die "deps/build.sh needs $tool"
done
mkdir -p "$cache"
exec 9>"$cache/.lock"
flock 9 # one build at a time: the second waits and then finds the first one's result

work="$(mktemp -d "${TMPDIR:-/tmp}/homeostat-deps.XXXXXX")"
trap 'rm -rf "$work"' EXIT
log="$cache/last-build.log"
stage="$work/stage"
: >"$log"
: >"$work/sources"
mkdir -p "$stage/include" "$stage/lib" "$stage/share/licenses"

if [[ ! -f $slot/deps-prefix/MANIFEST ]]; then
    say "building $slot (log: $log)"
    if [[ -z $source_dir ]]; then
        command -v dpkg-source >/dev/null || die "no dpkg-source: install dpkg-dev"
        write_private_apt deb-src
    fi
    if [[ $tls == trimmed ]] && ! fetch openssl "$openssl_version"; then
        if [[ -z $source_dir ]] && fetch_upstream_part openssl "$openssl_version"; then
            warn "the mirror lacks part of openssl $openssl_version (see $log)."
            warn "Building $(<"$work/openssl.version"), without the patches Debian added to it."
            openssl_version="$(<"$work/openssl.version")"
        else
            warn "the OpenSSL source cannot be fetched (see $log)."
            warn "Falling back to Debian's libssl.a and libcrypto.a: they work, and add 1.6 MB."
            warn "Set HOMEOSTAT_TLS=system to choose that without trying."
            tls=system
            openssl_version="$(installed_version libssl-dev || true)"
        fi
        choose_key
    fi
    if ! fetch_cxx; then
        warn "the sources of protobuf, RE2 or yaml-cpp cannot be fetched (see $log)."
        warn "Taking the distribution's archives: they work, and add 0.6 MB."
        cxx_libraries=system
        choose_key
    fi
fi
if [[ ! -f $slot/deps-prefix/MANIFEST ]]; then
    fetch curl "$curl_version" || die "the curl source cannot be fetched: see $log, or set" \
        "HOMEOSTAT_DEPS_SRC (docs/building.md)"
    fetch libzstd "$zstd_version" || die "the zstd source cannot be fetched: see $log, or set" \
        "HOMEOSTAT_DEPS_SRC (docs/building.md)"
    if [[ $tls == trimmed ]]; then build_openssl; else copy_system_openssl; fi
    build_curl
    build_zstd
    if [[ $cxx_libraries == own ]]; then
        build_protobuf
        build_re2
        build_yaml
    else
        copy_system_cxx
    fi
    smoke_test
    write_manifest
    # Into the cache under a temporary name, then renamed: a prefix is there whole or not at all.
    rm -rf "$slot" "$cache/.new"
    mkdir "$cache/.new"
    cp -r "$stage" "$cache/.new/deps-prefix"
    cp "$log" "$cache/.new/build.log"
    mv "$cache/.new" "$slot"
    say "built: $(<"$work/smoke.out")"
fi
if [[ $key != "$wanted_key" ]]; then
    printf '%s\n' "$key" >"$cache/$wanted_key.fallback"
fi
printf '%s\n' "$slot/deps-prefix"
