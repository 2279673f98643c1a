# Builds for arm64 on another architecture, with what `scripts/cross.sh arm64` has made ready.
#
#   cmake --preset release-static -B build/release-static-arm64
#       -DCMAKE_TOOLCHAIN_FILE=cmake/aarch64-linux-gnu.cmake     (scripts/build.sh --arch arm64)
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)

get_filename_component(HOMEOSTAT_CROSS "${CMAKE_CURRENT_LIST_DIR}/../build/cross-arm64" ABSOLUTE)
set(CMAKE_C_COMPILER "${HOMEOSTAT_CROSS}/bin/aarch64-linux-gnu-gcc")
set(CMAKE_CXX_COMPILER "${HOMEOSTAT_CROSS}/bin/aarch64-linux-gnu-g++")
foreach(tool AR RANLIB STRIP NM OBJCOPY OBJDUMP READELF)
    string(TOLOWER ${tool} name)
    set(CMAKE_${tool} "/usr/bin/aarch64-linux-gnu-${name}")
endforeach()
set(CMAKE_CROSSCOMPILING_EMULATOR "${HOMEOSTAT_CROSS}/bin/run")

# Headers and archives from there alone, programs (protoc, python3) from this machine alone.
set(CMAKE_FIND_ROOT_PATH "${HOMEOSTAT_CROSS}/root")
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
