# shellcheck shell=bash
# Where deps/build.sh has its sources from: Debian's source packages through apt, or a directory of
# archives that deps/SHA256SUMS names. Either way what is unpacked has been verified.
#
#   fetch SOURCE VERSION    unpacked into $work/SOURCE, its version in $work/SOURCE.version
#
# shellcheck disable=SC2154 # the variables of deps/build.sh
#
# Sourced by deps/build.sh, whose $sums, $source_dir, $work and $log it uses.

# ---- Archives by name ----------------------------------------------------------------------------

# pinned_archive NAME: the first "NAME_VERSION.orig.tar.*" of SHA256SUMS that is in $source_dir,
# under that name or upstream's (NAME-VERSION.tar.*).
pinned_archive() {
    local name
    while read -r _ name; do
        [[ $name == "$1"_*.orig.tar.* ]] || continue
        if [[ -f $source_dir/$name || -f $source_dir/$(upstream_name "$name") ]]; then
            printf '%s\n' "$name"
            return 0
        fi
    done < <(grep -v '^#' "$sums")
    return 1
}
upstream_name() {
    local name="${1/.orig.tar/.tar}"
    printf '%s\n' "${name/_/-}"
}
pinned_patches() { # ARCHIVE: the Debian patches that SHA256SUMS lists for it, if any
    local version="${1%.orig.tar.*}"
    awk -v start="$version-" '
        !/^#/ && index($2, start) == 1 && /\.debian\.tar\./ { print $2; exit }' "$sums"
}
pinned_sum() { awk -v name="$1" '!/^#/ && $2 == name { print $1; exit }' "$sums"; }


# ---- Sources -------------------------------------------------------------------------------------

check_pin() { # FILE NAME: if SHA256SUMS knows NAME, the file must match
    local sum
    sum="$(pinned_sum "$2")"
    [[ -n $sum ]] || return 0
    printf '%s  %s\n' "$sum" "$1" | sha256sum --check --status ||
        die "$1 does not have the SHA-256 that deps/SHA256SUMS gives for $2"
}

# write_private_apt deb-src|deb: a private apt configuration below $work/apt, with this machine's
# repositories, for their sources, or for their packages.
# Both formats of /etc/apt are copied with "deb" turned into "deb-src"; options (signed-by and so
# on) stay, and so do apt.conf's proxies, auth.conf and keyrings, which apt still reads.
write_private_apt() {
    local private="$work/apt" main='' parts='' list kind="$1"
    mkdir -p "$private/parts" "$private/lists/partial" "$private/cache/archives/partial" \
        "$work/download"
    eval "$(apt-config shell main Dir::Etc::sourcelist/f parts Dir::Etc::sourceparts/d)"
    for list in "${main:-/etc/apt/sources.list}" "${parts:-/etc/apt/sources.list.d}"/*; do
        [[ -f $list ]] || continue
        case "$list" in
            *.sources) # deb822: one "Types:" a paragraph; "Enabled: no" is kept and obeyed
                sed -E 's/^[Tt]ypes[[:blank:]]*:.*/Types: '"$kind"'/' "$list" \
                    >"$private/parts/${list##*/}"
                ;;
            *.list)
                sed -nE 's/^[[:blank:]]*deb(-src)?[[:blank:]]+/'"$kind"' /p' "$list" | sort -u \
                    >"$private/parts/${list##*/}"
                ;;
        esac
    done
    cat >"$private/apt.conf" <<CONF
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "$private/parts";
Dir::State::lists "$private/lists";
Dir::Cache "$private/cache";
Acquire::Languages "none";
Acquire::Retries "2";
Acquire::http::Timeout "60";
Acquire::https::Timeout "60";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
CONF
    # apt downloads as the user _apt when it may.
    chmod 755 "$work" "$private"
    if ((EUID == 0)) && id -u _apt >/dev/null 2>&1; then
        chown _apt "$private/lists/partial" "$work/download"
    fi
}

private_apt() { # apt-get|apt-cache ARGUMENT...
    (cd "$work/download" && "$1" -q -c "$work/apt/apt.conf" "${@:2}" 2>>"$log")
}

newest_source() { # SOURCE: the newest version in the archive
    local newest='' version
    while read -r version; do
        if [[ -z $newest ]] || dpkg --compare-versions "$version" gt "$newest"; then
            newest="$version"
        fi
    done < <(private_apt apt-cache showsrc --only-source "$1" | sed -n 's/^Version: *//p')
    printf '%s\n' "$newest"
}

# download_source SOURCE VERSION: its files into $work/download, checked by apt. Retried, each time
# with fresh lists: the archive may change between the lists and the download (404).
# If VERSION is not in the archive any more, the newest one is taken.
download_source() {
    local attempt version
    for attempt in 1 2 3; do
        if ((attempt > 1)) || [[ ! -e $work/apt/updated ]]; then
            say "reading the source package lists"
            private_apt apt-get update >>"$log" || true
            : >"$work/apt/updated"
        fi
        version="$(newest_source "$1")"
        for version in "$2" "$version"; do
            [[ -n $version ]] || continue
            if private_apt apt-get source --only-source --download-only "$1=$version" >>"$log"; then
                found_version="$version"
                return 0
            fi
        done
        if ((attempt < 3)); then
            say "that failed; trying again"
            sleep $((attempt * 2))
        fi
    done
    return 1
}

# fetch_debian SOURCE VERSION: the source package unpacked into $work/SOURCE.
fetch_debian() {
    local file dsc
    found_version=''
    download_source "$1" "$2" || return 1
    for file in "$work/download/$1"_*.tar.*z; do
        check_pin "$file" "${file##*/}"
    done
    dsc="$(find "$work/download" -name "$1_${found_version#*:}.dsc")"
    (cd "$work/download" && dpkg-source --no-copy -x "$dsc" "$work/$1") >>"$log" 2>&1 ||
        die "dpkg-source failed: see $log"
    printf '%s\n' "$found_version" >"$work/$1.version"
    (cd "$work/download" && sha256sum "$1"_*.tar.*z) >>"$work/sources"
    if [[ -n $2 && $found_version != "$2" ]]; then
        warn "$1 $2 is not in the archive; building $found_version"
    fi
}

# fetch_upstream_part SOURCE VERSION: only the .orig archive, when a mirror lacks the rest of the
# package. Its sum is the one in the signed index. Right for OpenSSL, whose security updates Debian
# takes as upstream's point releases; wrong for curl, whose fixes are all in Debian's patches.
fetch_upstream_part() {
    local upstream="${2%-*}" file sum
    file="$(find "$work/download" -name "$1_${upstream#*:}.orig.tar.*z" | head -n 1)"
    [[ -n $file ]] || return 1
    sum="$(private_apt apt-cache showsrc --only-source "$1" |
        awk -v name="${file##*/}" '$3 == name && length($1) == 64 { print $1; exit }')"
    [[ -n $sum && $(sha256sum <"$file") == "$sum  -" ]] || return 1
    check_pin "$file" "${file##*/}"
    mkdir "$work/$1"
    tar -xf "$file" -C "$work/$1" --strip-components=1 --no-same-owner || return 1
    printf '%s\n' "$upstream (upstream)" >"$work/$1.version"
    (cd "$work/download" && sha256sum "${file##*/}") >>"$work/sources"
}

# fetch_local SOURCE: the same from $source_dir, verified by deps/SHA256SUMS.
fetch_local() {
    local archive patches file patch
    archive="$(pinned_archive "$1")"
    file="$source_dir/$archive"
    [[ -f $file ]] || file="$source_dir/$(upstream_name "$archive")"
    check_pin "$file" "$archive"
    mkdir "$work/$1"
    tar -xf "$file" -C "$work/$1" --strip-components=1 --no-same-owner || die "cannot unpack $file"
    (cd "$(dirname "$file")" && sha256sum "${file##*/}") >>"$work/sources"
    printf '%s\n' "${archive#*_}" | sed 's/\.orig\.tar.*//' >"$work/$1.version"
    patches="$(pinned_patches "$archive")"
    [[ -n $patches ]] || return 0
    if [[ ! -f $source_dir/$patches ]]; then
        [[ ${HOMEOSTAT_DEPS_UNPATCHED:-} == 1 ]] ||
            die "$source_dir has no $patches: plain ${file##*/} lacks Debian's security fixes." \
                "Add that file, or set HOMEOSTAT_DEPS_UNPATCHED=1"
        warn "building ${file##*/} without the security fixes of $patches"
        return 0
    fi
    check_pin "$source_dir/$patches" "$patches"
    tar -xf "$source_dir/$patches" -C "$work/$1" --no-same-owner || die "cannot unpack $patches"
    (cd "$source_dir" && sha256sum "$patches") >>"$work/sources"
    while read -r patch _; do
        [[ -n $patch && $patch != \#* ]] || continue
        patch -p1 -d "$work/$1" --batch --no-backup-if-mismatch <"$work/$1/debian/patches/$patch" \
            >>"$log" 2>&1 || die "patch $patch of $patches does not apply: see $log"
    done <"$work/$1/debian/patches/series"
}

# fetch SOURCE VERSION. It is called where "set -e" does not hold: its parts check each step.
fetch() {
    say "fetching the sources of $1 $2"
    if [[ -n $source_dir ]]; then
        fetch_local "$1"
    else
        fetch_debian "$1" "$2"
    fi
}
