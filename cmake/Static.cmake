# How everything below the including directory is compiled and linked: hardening, one section a
# function and garbage collection of sections, and with HOMEOSTAT_STATIC=ON static-pie programs.
# Included by HomeostatDeps.cmake; include that before the first add_subdirectory.
#
# Static-pie: no interpreter, no shared library, runs in an empty chroot, and still loaded at a
# random address. Packed relative relocations take 0.4 MB less than plain ones; they need
# binutils 2.38 to link and glibc 2.36 at build time. The program relocates itself, so nothing of
# that is needed on the host it runs on.
include_guard(GLOBAL)
include(CheckCXXSourceCompiles)

option(HOMEOSTAT_STATIC "Link static-pie programs that need nothing on the host" OFF)

add_compile_options(-fPIE -ffunction-sections -fdata-sections -fstack-protector-strong
    $<$<CONFIG:Release>:-fstack-clash-protection>)
# Fortified calls need optimisation, and would hide from the sanitizers what they should see.
if(NOT CMAKE_CXX_FLAGS MATCHES "-fsanitize")
    add_compile_options("$<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=2>")
endif()
add_link_options(-Wl,--gc-sections -Wl,-z,relro,-z,now)
# The same recording gives the same decisions on every architecture: no multiplication and addition
# in one step, which x86-64 does not have, and the sign of its char.
if(NOT CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|amd64|AMD64)$")
    add_compile_options(-ffp-contract=off -fsigned-char)
endif()
# Return addresses are signed, and indirect jumps land on marks, on processors that can.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
    add_compile_options(-mbranch-protection=standard)
endif()

# homeostat_static_program(TARGET [LAYOUT]): what went into it is written beside it as TARGET.map, for
# scripts/sbom.py; and it goes without the demangler of the C++ runtime. LAYOUT is a piece of a linker
# script that says which functions lie side by side (scripts/layout.py).
function(homeostat_static_program target)
    if(HOMEOSTAT_STATIC AND ARGC GREATER 1)
        target_link_options(${target} PRIVATE -Wl,-T,${ARGV1})
        set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS ${ARGV1})
    endif()
    if(HOMEOSTAT_STATIC)
        target_sources(${target} PRIVATE ${PROJECT_SOURCE_DIR}/core/terminate.cpp)
        target_link_options(${target} PRIVATE -Wl,-Map=$<TARGET_FILE:${target}>.map)
    endif()
endfunction()

# A failed assertion names its file: below the source tree, wherever that is. Off by default, because
# a flag with a path in it keeps compiler caches from serving two trees.
option(HOMEOSTAT_REPRODUCIBLE "no path of the build in the programs, for packages" OFF)
if(HOMEOSTAT_REPRODUCIBLE)
    add_compile_options(-ffile-prefix-map=${PROJECT_SOURCE_DIR}/= -ffile-prefix-map=../../=)
endif()

if(NOT HOMEOSTAT_STATIC)
    add_link_options(-pie)
    return()
endif()

set(CMAKE_REQUIRED_FLAGS -fPIE)
set(CMAKE_REQUIRED_LINK_OPTIONS -static-pie)
check_cxx_source_compiles("#include <string>
    int main(int n, char** v) { return static_cast<int>(std::string(v[n - 1]).size()); }"
    HOMEOSTAT_HAVE_STATIC_PIE)
set(CMAKE_REQUIRED_LINK_OPTIONS -static-pie -Wl,-z,pack-relative-relocs -Wl,--fatal-warnings)
check_cxx_source_compiles("int main() { return 0; }" HOMEOSTAT_HAVE_RELR FAIL_REGEX "ignored")
unset(CMAKE_REQUIRED_FLAGS)
unset(CMAKE_REQUIRED_LINK_OPTIONS)

if(NOT HOMEOSTAT_HAVE_STATIC_PIE)
    message(FATAL_ERROR "The compiler cannot link with -static-pie. It needs a static C library "
        "built for that: Debian package libc6-dev, or set HOMEOSTAT_STATIC=OFF.")
endif()
add_link_options(-static-pie)
if(HOMEOSTAT_HAVE_RELR)
    add_link_options(-Wl,-z,pack-relative-relocs)
else()
    message(STATUS "No -z pack-relative-relocs here: the programs get 0.4 MB larger")
endif()
