# shellcheck shell=bash
# The C++ libraries that deps/build.sh makes smaller than the distribution's: for size, and with a
# section for each function, so that the linker leaves out what nobody calls. 0.6 MB less.
#
#   libprotobuf-lite.a  libre2.a  libyaml-cpp.a
#
# Their headers, and protoc, stay the distribution's: so the sources must be of the version that is
# installed. When they cannot be had, the distribution's archives are taken.
#
# shellcheck disable=SC2154 # the variables of deps/build.sh
#
# Sourced by deps/build.sh, whose $work, $stage, $log, fetch, run, say, warn and die it uses.

readonly cxx="${CXX:-c++}"
readonly -a cxx_flags=(
    -std=c++17 -Os -g0 -fPIC -DNDEBUG -w -pthread -ffunction-sections -fdata-sections
    -fvisibility-inlines-hidden
    -fstack-protector-strong -fstack-clash-protection -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
)

# What protobuf calls its lite runtime (src/file_lists.cmake, libprotobuf_lite_srcs).
readonly -a protobuf_lite=(
    any_lite arena arenastring arenaz_sampler extension_set generated_enum_util
    generated_message_tctable_lite generated_message_util implicit_weak_message
    inlined_string_field io/coded_stream io/io_win32 io/strtod io/zero_copy_stream
    io/zero_copy_stream_impl io/zero_copy_stream_impl_lite map message_lite parse_context
    repeated_field repeated_ptr_field stubs/bytestream stubs/common stubs/int128 stubs/status
    stubs/statusor stubs/stringpiece stubs/stringprintf stubs/structurally_valid stubs/strutil
    stubs/time wire_format_lite
)

# SOURCE of Debian, its -dev package, the archive.
readonly -a cxx_sources=(
    'protobuf libprotobuf-dev libprotobuf-lite.a'
    're2 libre2-dev libre2.a'
    'yaml-cpp libyaml-cpp-dev libyaml-cpp.a'
)

# The upstream part of a Debian version: 3.21.12-3+deb12u1 is 3.21.12, 20220601+dfsg-1 is 20220601.
upstream_part() {
    local version="${1#*:}"
    version="${version%%-*}"
    printf '%s\n' "${version%+dfsg*}"
}

# The versions that are wanted, for the key of the cache.
cxx_versions() {
    local source package
    while read -r source package _; do
        printf '%s %s\n' "$source" "$(installed_version "$package")"
    done < <(printf '%s\n' "${cxx_sources[@]}")
}

# fetch_cxx: all of the sources, of the versions that the headers are.
fetch_cxx() {
    local source package headers
    while read -r source package _; do
        headers="$(installed_version "$package")"
        [[ -z $source_dir ]] || pinned_archive "$source" >/dev/null || return 1
        fetch "$source" "${headers%%+b[0-9]*}" || return 1 # +b1: rebuilt, the same source
        [[ -z $headers ||
            $(upstream_part "$(<"$work/$source.version")-0") == "$(upstream_part "$headers")" ]] ||
            return 1
    done < <(printf '%s\n' "${cxx_sources[@]}")
}

# compile_cxx SOURCE FLAG... -- FILE...: the objects into $work/SOURCE/objects. Relative names, so
# that no build path gets into them.
compile_cxx() {
    local -a flags=()
    local source=$1 name
    shift
    while [[ $1 != -- ]]; do
        flags+=("$1")
        shift
    done
    shift
    mkdir -p "$work/$source/objects"
    (
        cd "$work/$source" || die "no $work/$source"
        for name in "$@"; do
            printf '%s\0-o\0%s\0' "$name" "objects/${name//\//_}.o"
        done | run xargs -0 -n3 -P"$(build_jobs)" "$cxx" "${cxx_flags[@]}" "${flags[@]}" -c
    )
}

archive_cxx() { # SOURCE ARCHIVE
    (cd "$work/$1/objects" && run ar qcD "$stage/lib/$2" ./*.o)
}

build_protobuf() {
    local -a files=("${protobuf_lite[@]/#/src/google/protobuf/}")
    say "building libprotobuf-lite $(<"$work/protobuf.version") (some seconds)"
    compile_cxx protobuf -DHAVE_PTHREAD=1 -Isrc -- "${files[@]/%/.cc}"
    archive_cxx protobuf libprotobuf-lite.a
    cp "$work/protobuf/LICENSE" "$stage/share/licenses/protobuf"
}

# Debian's source comes without the tables of Unicode: it makes them from another package. They are
# data, the same in its own archive.
build_re2() {
    local -a files=()
    local file table
    say "building libre2 $(<"$work/re2.version") (some seconds)"
    for file in "$work"/re2/re2/*.cc "$work/re2/util/rune.cc" "$work/re2/util/strutil.cc"; do
        files+=("${file#"$work"/re2/}")
    done
    compile_cxx re2 -I. -- "${files[@]}"
    for table in perl_groups unicode_casefold unicode_groups; do
        [[ -f $work/re2/re2/$table.cc ]] ||
            (cd "$work/re2/objects" && run ar x "$("$cxx" -print-file-name=libre2.a)" "$table.o")
    done
    archive_cxx re2 libre2.a
    cp "$work/re2/LICENSE" "$stage/share/licenses/re2"
}

build_yaml() {
    local -a files=()
    local file
    say "building libyaml-cpp $(<"$work/yaml-cpp.version") (some seconds)"
    for file in "$work"/yaml-cpp/src/*.cpp; do files+=("${file#"$work"/yaml-cpp/}"); done
    compile_cxx yaml-cpp -Iinclude -Isrc -- "${files[@]}"
    archive_cxx yaml-cpp libyaml-cpp.a
    cp "$work/yaml-cpp/LICENSE" "$stage/share/licenses/yaml-cpp"
}

copy_system_cxx() {
    local source package archive file
    while read -r source package archive; do
        say "taking the distribution's $archive"
        file="$("$cxx" -print-file-name="$archive")"
        [[ -f $file ]] || die "no $archive: install $package"
        cp "$file" "$stage/lib/"
        installed_version "$package" >"$work/$source.version"
    done < <(printf '%s\n' "${cxx_sources[@]}")
}
