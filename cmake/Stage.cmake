# homeostat_stage(NAME [COLD] [NOTHROW] USES LIBRARY... PARTS PART... [TESTS TEST...])
#
# One stage is one static library, hs_NAME, and one test program, test_NAME. A part is PART.cpp (or
# a PART.hpp alone, or DIR/PART) in the stage's folder, with PART_test.cpp at the same place below tests/: without its
# test it does not configure. TESTS are of several parts together: TEST_test.cpp there. Sources are
# listed, never globbed.
#
# COLD: what runs at start, or once an incident. A release compiles it for size (homeostat_cold);
# what every tick goes through, core, collectors and detectors, stays at -O2.
function(homeostat_cold target)
    target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-Os>)
endfunction()

# What throws nothing, calls nothing that does and is called by nothing that wants to catch something
# behind it: a release has no tables of how to unwind it. Where memory ends, the program ends as well.
function(homeostat_nothrow target)
    target_compile_options(${target} PRIVATE
        "$<$<CONFIG:Release>:-fno-exceptions;-fno-asynchronous-unwind-tables;-fno-unwind-tables>")
endfunction()

add_library(hs_warnings INTERFACE)
target_compile_options(hs_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
    -Wnon-virtual-dtor -Wold-style-cast $<$<BOOL:${HOMEOSTAT_WERROR}>:-Werror>)

function(homeostat_stage name)
    cmake_parse_arguments(ARG "COLD;NOTHROW" "" "USES;PARTS;TESTS;TEST_USES" ${ARGN})
    file(RELATIVE_PATH folder ${PROJECT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
    set(sources)
    set(tests)
    foreach(part IN LISTS ARG_PARTS)
        if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${part}.cpp)
            list(APPEND sources ${part}.cpp)
        elseif(NOT EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${part}.hpp)
            message(FATAL_ERROR "${folder}/${part}: no such part")
        endif()
        set(test ${PROJECT_SOURCE_DIR}/tests/${folder}/${part}_test.cpp)
        if(BUILD_TESTING AND NOT EXISTS ${test})
            message(FATAL_ERROR
                "${folder}/${part}.cpp has no test: write tests/${folder}/${part}_test.cpp")
        endif()
        list(APPEND tests ${test})
    endforeach()
    foreach(test IN LISTS ARG_TESTS)
        list(APPEND tests ${PROJECT_SOURCE_DIR}/tests/${folder}/${test}_test.cpp)
    endforeach()

    add_library(hs_${name} STATIC ${sources})
    target_include_directories(hs_${name} PUBLIC ${PROJECT_SOURCE_DIR})
    target_link_libraries(hs_${name} PUBLIC ${ARG_USES} PRIVATE hs_warnings)
    if(ARG_COLD)
        homeostat_cold(hs_${name})
    endif()
    if(ARG_NOTHROW)
        homeostat_nothrow(hs_${name})
    endif()

    if(BUILD_TESTING)
        add_executable(test_${name} ${tests})
        add_dependencies(unit_tests test_${name})
        target_link_libraries(test_${name} PRIVATE hs_${name} ${ARG_TEST_USES} hs_test_support
            hs_warnings)
        foreach(part IN LISTS ARG_PARTS ARG_TESTS)
            string(REPLACE "/" "." test_name ${name}.${part})
            add_test(NAME ${test_name}
                COMMAND test_${name} --source-file=*/tests/${folder}/${part}_test.cpp --no-intro
                WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
            set_tests_properties(${test_name} PROPERTIES TIMEOUT 300 LABELS unit)
        endforeach()
    endif()
endfunction()

# homeostat_fuzz(NAME LIBRARY...): tests/fuzz/NAME_fuzz.cpp as a libFuzzer program, fuzz_NAME; in a
# build with tests as corpus_NAME, a test that runs it over tests/fuzz/corpus/NAME.
function(homeostat_fuzz name)
    set(source ${PROJECT_SOURCE_DIR}/tests/fuzz/${name}_fuzz.cpp)
    if(HOMEOSTAT_FUZZ)
        add_executable(fuzz_${name} ${source})
        target_link_libraries(fuzz_${name} PRIVATE ${ARGN} hs_warnings)
        target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    elseif(BUILD_TESTING)
        add_executable(corpus_${name} ${source}
            ${PROJECT_SOURCE_DIR}/tests/support/corpus_main.cpp)
        add_dependencies(unit_tests corpus_${name})
        target_link_libraries(corpus_${name} PRIVATE ${ARGN} hs_warnings)
        add_test(NAME corpus.${name}
            COMMAND corpus_${name} ${PROJECT_SOURCE_DIR}/tests/fuzz/corpus/${name})
        set_tests_properties(corpus.${name} PROPERTIES TIMEOUT 120 LABELS unit)
    endif()
endfunction()
