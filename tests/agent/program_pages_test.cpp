#include "agent/program_pages.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstdio>
#include <cstring>

using namespace homeostat;

namespace {

// Pages of files that are mapped and present: /proc/self/statm, third number.
long shared_pages() {
    long size = 0;
    long resident = 0;
    long shared = 0;
    std::FILE* file = std::fopen("/proc/self/statm", "r");
    REQUIRE(file != nullptr);
    CHECK(std::fscanf(file, "%ld %ld %ld", &size, &resident, &shared) == 3);
    std::fclose(file);
    return shared;
}

const std::array<const char*, 3> kWords{"relocated", "at",
                                        "start"};  // addresses: in a page of ours
int changed = 1;

}  // namespace

TEST_CASE("program_pages: what a start needed goes, what is used comes back unchanged") {
    changed = 4711;
    const long before = shared_pages();
    const std::size_t dropped = drop_program_pages();
    const long after = shared_pages();
    CHECK(dropped > 0);
    CHECK(after < before);
    CHECK(changed == 4711);
    std::size_t letters = 0;
    for (const char* word : kWords) letters += std::strlen(word);
    CHECK(letters == 16);
}
