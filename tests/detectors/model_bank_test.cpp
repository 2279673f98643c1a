#include "detectors/model_bank.hpp"

#include <doctest/doctest.h>

#include <limits>

#include "core/allocation_guard.hpp"
#include "detectors/series_model.hpp"

using namespace homeostat;

namespace {

SeriesInfo info_of(std::string_view metric, MetricKind kind, const Subject& subject) {
    SeriesInfo info;
    info.metric = metric;
    info.kind = kind;
    info.subject = subject;
    return info;
}

}  // namespace

TEST_CASE("model bank: a model is found by what its series is, and by nothing else") {
    ModelBank bank;
    bank.add({.kind = ModelKind::Series,
              .metric_kind = MetricKind::Gauge,
              .metric = "load1",
              .subject_kind = SubjectKind::Host,
              .subject = {},
              .state = "load"});
    bank.add({.kind = ModelKind::Series,
              .metric_kind = MetricKind::Ratio,
              .metric = "filesystem_used_ratio",
              .subject_kind = SubjectKind::Mount,
              .subject = "/srv",
              .state = "series"});
    bank.add({.kind = ModelKind::Forecast,
              .metric_kind = MetricKind::Ratio,
              .metric = "filesystem_used_ratio",
              .subject_kind = SubjectKind::Mount,
              .subject = "/srv",
              .state = "forecast"});
    bank.seal();
    const Subject srv{SubjectKind::Mount, "/srv"};
    const AllocationGuard guard;
    const auto disk = info_of("filesystem_used_ratio", MetricKind::Ratio, srv);
    CHECK(bank.find(ModelKind::Series, disk) == "series");
    CHECK(bank.find(ModelKind::Forecast, disk) == "forecast");
    CHECK(bank.find(ModelKind::Series, info_of("load1", MetricKind::Gauge, {})) == "load");
    CHECK(bank.find(ModelKind::Forecast, info_of("load1", MetricKind::Gauge, {})).empty());
    CHECK(bank.find(ModelKind::Series, info_of("load1", MetricKind::Counter, {})).empty());
    CHECK(bank.find(ModelKind::Series, info_of("filesystem_used_ratio", MetricKind::Ratio,
                                               {SubjectKind::Device, "/srv"}))
              .empty());
    CHECK(guard.count() == 0);
}

TEST_CASE("model bank: an empty one has nothing") {
    const ModelBank bank;
    CHECK(bank.find(ModelKind::Series, info_of("load1", MetricKind::Gauge, {})).empty());
}

TEST_CASE("model bank: a model survives as its bytes, and goes on as if nothing had been") {
    SeriesModel model;
    for (int i = 0; i < 3000; ++i) model.observe(60.0 * i, 10 + i % 7);
    SeriesModel read;
    REQUIRE(read_bytes(bytes_of(model), read));
    for (int i = 3000; i < 3100; ++i) {
        const double value = i == 3050 ? 100 : 10 + i % 7;
        REQUIRE(read.observe(60.0 * i, value).surprise == model.observe(60.0 * i, value).surprise);
    }
}

TEST_CASE("model bank: bytes of another size, or that no history leads to, are refused") {
    SeriesModel model;
    for (int i = 0; i < 100; ++i) model.observe(60.0 * i, i);
    const std::string bytes(bytes_of(model));
    SeriesModel read;
    CHECK_FALSE(read_bytes("", read));
    CHECK_FALSE(read_bytes(bytes.substr(1), read));
    CHECK_FALSE(read_bytes(bytes + "x", read));
    CHECK_FALSE(read_bytes(std::string(bytes.size(), '\0'), read));
    CHECK_FALSE(read_bytes(std::string(bytes.size(), '\xff'), read));
    CHECK_FALSE(read.is_ready());
    CHECK(read_bytes(bytes, read));
}
