# The libraries Homeostat uses, as targets:
#
#   hs::curl hs::ssl hs::crypto hs::zlib hs::zstd hs::yaml hs::protobuf hs::re2
#   hs::md                                                                     libraries
#   hs::fmt                                                      made here, from its headers
#   hs::json hs::cli11 hs::websocketpp hs::doctest                             headers only
#
# and hs_add_protobuf(), which compiles .proto files into a library. It also includes
# Static.cmake: how everything below the including directory is compiled and linked.
#
#   HOMEOSTAT_STATIC=ON    .a files only: those of deps/build.sh, from HOMEOSTAT_DEPS_PREFIX; the
#                          others of the distribution
#   HOMEOSTAT_STATIC=OFF   the distribution's shared libraries (the daily loop)
#
# Everything missing is collected and named in one message, with the Debian packages.
include_guard(GLOBAL)

include("${CMAKE_CURRENT_LIST_DIR}/Static.cmake")

set(HOMEOSTAT_DEPS_PREFIX "" CACHE PATH
    "Static libcurl and OpenSSL made by deps/build.sh (only with HOMEOSTAT_STATIC=ON)")

set(hs_missing_text "")
set(hs_missing_packages "")
set(hs_deps_prefix "${HOMEOSTAT_DEPS_PREFIX}")

if(HOMEOSTAT_STATIC AND NOT hs_deps_prefix)
    # Not told where: ask the script what it would have built for this machine. It builds nothing.
    execute_process(
        COMMAND "${CMAKE_CURRENT_LIST_DIR}/../deps/build.sh" --print-prefix
        OUTPUT_VARIABLE hs_deps_prefix OUTPUT_STRIP_TRAILING_WHITESPACE
        ERROR_VARIABLE hs_deps_error RESULT_VARIABLE hs_deps_result)
    if(NOT hs_deps_result EQUAL 0)
        message(FATAL_ERROR
            "The static build needs its own libcurl and OpenSSL, and they are not built yet.\n"
            "Run deps/build.sh once (two minutes; scripts/build.sh does it for you), "
            "or set HOMEOSTAT_STATIC=OFF.\n${hs_deps_error}")
    endif()
endif()
if(HOMEOSTAT_STATIC)
    message(STATUS "Static dependencies: ${hs_deps_prefix}")
endif()

# hs_library(NAME <n> PACKAGE <debian package> HEADER <file> [LIBRARY <base name>]
#            [FROM_PREFIX | ARCHIVE_FROM_PREFIX] [USES <target>...] [DEFINES <definition>...])
#
# Defines hs::<n>. Without LIBRARY it is headers only. FROM_PREFIX: in a static build it comes from
# hs_deps_prefix and nowhere else; ARCHIVE_FROM_PREFIX: so does the archive alone. USES: what a static archive needs besides itself. Found paths
# are not cached, so that another prefix is never mixed with an old one.
function(hs_library)
    cmake_parse_arguments(PARSE_ARGV 0 arg "FROM_PREFIX;ARCHIVE_FROM_PREFIX" "NAME;PACKAGE;HEADER;LIBRARY"
        "USES;DEFINES")

    set(include_hint "")
    set(library_hint "")
    set(source "Debian package ${arg_PACKAGE}")
    if((arg_FROM_PREFIX OR arg_ARCHIVE_FROM_PREFIX) AND HOMEOSTAT_STATIC)
        set(library_hint PATHS "${hs_deps_prefix}/lib" NO_DEFAULT_PATH NO_CMAKE_FIND_ROOT_PATH)
        set(source "${hs_deps_prefix} (deps/build.sh)")
    endif()
    if(arg_FROM_PREFIX AND HOMEOSTAT_STATIC)
        set(include_hint PATHS "${hs_deps_prefix}/include" NO_DEFAULT_PATH
            NO_CMAKE_FIND_ROOT_PATH)
    endif()

    set(absent "")
    find_path(include_dir NAMES "${arg_HEADER}" ${include_hint} NO_CACHE)
    if(NOT include_dir)
        list(APPEND absent "${arg_HEADER}")
    endif()
    if(arg_LIBRARY)
        if(HOMEOSTAT_STATIC)
            set(file "${CMAKE_STATIC_LIBRARY_PREFIX}${arg_LIBRARY}${CMAKE_STATIC_LIBRARY_SUFFIX}")
        else()
            set(file "${CMAKE_SHARED_LIBRARY_PREFIX}${arg_LIBRARY}${CMAKE_SHARED_LIBRARY_SUFFIX}")
        endif()
        find_library(library NAMES "${file}" ${library_hint} NO_CACHE)
        if(NOT library)
            list(APPEND absent "${file}")
        endif()
    endif()
    if(absent)
        list(JOIN absent " and " absent)
        string(APPEND hs_missing_text "  ${absent}: ${source}\n")
        set(hs_missing_text "${hs_missing_text}" PARENT_SCOPE)
        if(source MATCHES "^Debian")
            list(APPEND hs_missing_packages "${arg_PACKAGE}")
            set(hs_missing_packages "${hs_missing_packages}" PARENT_SCOPE)
        endif()
        return()
    endif()

    set(target hs_dep_${arg_NAME})
    if(arg_LIBRARY)
        add_library(${target} UNKNOWN IMPORTED GLOBAL)
        set_target_properties(${target} PROPERTIES IMPORTED_LOCATION "${library}")
    else()
        add_library(${target} INTERFACE IMPORTED GLOBAL)
    endif()
    # Imported targets' include directories are system directories: no warnings from them.
    # /usr/include itself must not be named: -isystem /usr/include breaks #include_next.
    if(NOT include_dir IN_LIST CMAKE_CXX_IMPLICIT_INCLUDE_DIRECTORIES)
        set_target_properties(${target} PROPERTIES
            INTERFACE_INCLUDE_DIRECTORIES "${include_dir}"
            INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${include_dir}")
    endif()
    if(arg_DEFINES)
        set_property(TARGET ${target} PROPERTY INTERFACE_COMPILE_DEFINITIONS ${arg_DEFINES})
    endif()
    if(arg_USES AND HOMEOSTAT_STATIC)
        set_property(TARGET ${target} PROPERTY INTERFACE_LINK_LIBRARIES ${arg_USES})
    endif()
    add_library(hs::${arg_NAME} ALIAS ${target})
endfunction()

find_package(Threads REQUIRED)

hs_library(NAME zlib PACKAGE zlib1g-dev HEADER zlib.h LIBRARY z)
hs_library(NAME zstd PACKAGE libzstd-dev HEADER zstd.h LIBRARY zstd FROM_PREFIX)
hs_library(NAME crypto PACKAGE libssl-dev HEADER openssl/evp.h LIBRARY crypto FROM_PREFIX
    USES Threads::Threads)
hs_library(NAME ssl PACKAGE libssl-dev HEADER openssl/ssl.h LIBRARY ssl FROM_PREFIX
    USES hs::crypto)
if(HOMEOSTAT_STATIC)
    # DNS: glibc's own resolver would load the host's NSS plug-ins into a static program.
    hs_library(NAME cares PACKAGE libc-ares-dev HEADER ares.h LIBRARY cares)
endif()
hs_library(NAME curl PACKAGE libcurl4-openssl-dev HEADER curl/curl.h LIBRARY curl FROM_PREFIX
    USES hs::ssl hs::crypto hs::cares hs::zlib)
hs_library(NAME yaml PACKAGE libyaml-cpp-dev HEADER yaml-cpp/yaml.h LIBRARY yaml-cpp
    ARCHIVE_FROM_PREFIX)
hs_library(NAME protobuf PACKAGE libprotobuf-dev HEADER google/protobuf/message_lite.h
    LIBRARY protobuf-lite ARCHIVE_FROM_PREFIX USES Threads::Threads)
hs_library(NAME md PACKAGE libmd-dev HEADER sha256.h LIBRARY md)
hs_library(NAME sodium PACKAGE libsodium-dev HEADER sodium/crypto_sign_ed25519.h LIBRARY sodium)
hs_library(NAME re2 PACKAGE libre2-dev HEADER re2/re2.h LIBRARY re2
    ARCHIVE_FROM_PREFIX USES Threads::Threads)

hs_library(NAME fmt_headers PACKAGE libfmt-dev HEADER fmt/core.h)
hs_library(NAME json PACKAGE nlohmann-json3-dev HEADER nlohmann/json.hpp)
hs_library(NAME cli11 PACKAGE libcli11-dev HEADER CLI/CLI.hpp)
hs_library(NAME websocketpp PACKAGE libwebsocketpp-dev HEADER websocketpp/frame.hpp)
hs_library(NAME doctest PACKAGE doctest-dev HEADER doctest/doctest.h)

find_program(HOMEOSTAT_PROTOC protoc DOC "The protobuf compiler")
mark_as_advanced(HOMEOSTAT_PROTOC)
if(NOT HOMEOSTAT_PROTOC)
    string(APPEND hs_missing_text "  protoc: Debian package protobuf-compiler\n")
    list(APPEND hs_missing_packages protobuf-compiler)
endif()

if(hs_missing_text)
    list(REMOVE_DUPLICATES hs_missing_packages)
    list(JOIN hs_missing_packages " " hs_missing_packages)
    if(hs_missing_packages)
        string(APPEND hs_missing_text
            "On Debian: apt-get install --no-install-recommends ${hs_missing_packages}\n"
            "(scripts/build.sh installs all that a build needs.)")
    endif()
    message(FATAL_ERROR "Missing:\n${hs_missing_text}")
endif()

add_library(hs_fmt STATIC "${CMAKE_CURRENT_LIST_DIR}/fmt.cpp")
target_compile_features(hs_fmt PUBLIC cxx_std_20)
target_compile_options(hs_fmt PRIVATE -w)
target_link_libraries(hs_fmt PUBLIC hs::fmt_headers)
add_library(hs::fmt ALIAS hs_fmt)

# hs_add_protobuf(<target> PROTOS <file.proto>... [IMPORT_DIR <dir>] [USES <target>...])
#
# A static library of the generated code. Lite runtime whatever the file says, as protobuf-lite is
# all we link: messages have no reflection, no text format. #include "name.pb.h", with the path
# below IMPORT_DIR (default: the current source directory). USES: libraries of imported .proto files
# made by this function.
function(hs_add_protobuf target)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "IMPORT_DIR" "PROTOS;USES")
    if(NOT arg_IMPORT_DIR)
        set(arg_IMPORT_DIR "${CMAKE_CURRENT_SOURCE_DIR}")
    endif()
    get_filename_component(arg_IMPORT_DIR "${arg_IMPORT_DIR}" ABSOLUTE)
    set(out "${CMAKE_CURRENT_BINARY_DIR}/${target}.gen")
    file(MAKE_DIRECTORY "${out}")
    set(imports "-I${arg_IMPORT_DIR}")
    foreach(used IN LISTS arg_USES)
        get_target_property(dirs ${used} HS_PROTO_IMPORT_DIRS)
        if(dirs)
            list(TRANSFORM dirs PREPEND "-I")
            list(APPEND imports ${dirs})
        endif()
    endforeach()
    set(generated "")
    foreach(proto IN LISTS arg_PROTOS)
        get_filename_component(proto "${proto}" ABSOLUTE)
        file(RELATIVE_PATH stem "${arg_IMPORT_DIR}" "${proto}")
        if(stem MATCHES "^\\.\\./")
            message(FATAL_ERROR "hs_add_protobuf: ${proto} is not below ${arg_IMPORT_DIR}")
        endif()
        string(REGEX REPLACE "\\.proto$" "" stem "${stem}")
        add_custom_command(
            OUTPUT "${out}/${stem}.pb.cc" "${out}/${stem}.pb.h"
            COMMAND "${HOMEOSTAT_PROTOC}" "--cpp_out=lite:${out}" ${imports}
                --dependency_out "${out}/${stem}.d" "${proto}"
            DEPENDS "${proto}" "${HOMEOSTAT_PROTOC}"
            DEPFILE "${out}/${stem}.d"
            COMMENT "protoc ${stem}.proto"
            VERBATIM)
        get_filename_component(directory "${out}/${stem}" DIRECTORY)
        file(MAKE_DIRECTORY "${directory}")
        list(APPEND generated "${out}/${stem}.pb.cc" "${out}/${stem}.pb.h")
    endforeach()
    add_library(${target} STATIC ${generated})
    set_target_properties(${target} PROPERTIES
        HS_PROTO_IMPORT_DIRS "${arg_IMPORT_DIR}"
        CXX_CLANG_TIDY "" CXX_CPPCHECK "")  # generated code is not ours to lint
    target_compile_options(${target} PRIVATE -w)
    target_include_directories(${target} SYSTEM PUBLIC "${out}")
    target_link_libraries(${target} PUBLIC hs::protobuf ${arg_USES})
endfunction()
