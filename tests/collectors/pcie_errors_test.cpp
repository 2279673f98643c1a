#include "collectors/pcie_errors.hpp"

#include <doctest/doctest.h>

#include "tests/collectors/fixture_host.hpp"

using namespace homeostat;
using test::Watch;

TEST_CASE("pcie_errors: the errors of all devices together") {
    Watch watch;
    PcieErrorsCollector pcie(watch.bench);
    REQUIRE(watch.collect(pcie, test::load_host("storage-5.15")));
    CHECK(*watch.value("pcie_errors_corrected_count") == 45 + 1);
    CHECK(*watch.value("pcie_errors_nonfatal_count") == 2);
    CHECK(*watch.value("pcie_errors_fatal_count") == 0);
}

TEST_CASE("pcie_errors: the total is a line of its own") {
    CHECK(*parse_aer_total("RxErr 1\nTOTAL_ERR_COR 45\n") == 45);
    CHECK_FALSE(parse_aer_total("RxErr 1\n"));
    CHECK_FALSE(parse_aer_total("TOTAL_ERR_COR\n"));
    for (const std::string& text : test::hostile_texts()) CHECK_FALSE(parse_aer_total(text));
}
