#include "collectors/gpu_errors.hpp"

#include <doctest/doctest.h>

#include "tests/collectors/fixture_host.hpp"

using namespace homeostat;
using test::Watch;

TEST_CASE("gpu_errors: all blocks of a card together") {
    Watch watch;
    GpuErrorsCollector gpu(watch.bench);
    REQUIRE(watch.collect(gpu, test::load_host("storage-5.15")));
    CHECK(*watch.value("gpu_errors_uncorrected_count", SubjectKind::Device, "card0") == 1);
    CHECK(*watch.value("gpu_errors_corrected_count", SubjectKind::Device, "card0") == 9);
}

TEST_CASE("gpu_errors: both numbers or nothing") {
    const auto errors = parse_gpu_errors("ue: 1\nce: 2\n");
    REQUIRE(errors);
    CHECK(errors->uncorrected == 1);
    CHECK(errors->corrected == 2);
    CHECK_FALSE(parse_gpu_errors("ue: 1\n"));
    CHECK_FALSE(parse_gpu_errors("ue: x\nce: 2\n"));
    for (const std::string& text : test::hostile_texts()) CHECK_FALSE(parse_gpu_errors(text));
}
