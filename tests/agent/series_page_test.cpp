#include "agent/series_page.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <nlohmann/json.hpp>

using namespace homeostat;

namespace {

constexpr std::int64_t kStart = 1'700'006'400;  // a midnight, UTC

// Two weeks of a value that is 10 by night and 30 by day.
SeriesModel day_and_night() {
    SeriesModel model;
    for (int minute = 0; minute < 14 * 1440; ++minute) {
        const bool day = minute % 1440 >= 480 && minute % 1440 < 1200;
        model.observe(static_cast<double>(kStart) + 60.0 * minute,
                      (day ? 30 : 10) + std::sin(minute * 0.7));
    }
    return model;
}

const SavedModel kSaved{.kind = ModelKind::Series,
                        .metric_kind = MetricKind::Gauge,
                        .metric = "load1",
                        .subject_kind = SubjectKind::Host,
                        .subject = {},
                        .state = {}};
constexpr std::int64_t kNow = (kStart + 14 * 86400 + 600) * 1'000'000'000;

}  // namespace

TEST_CASE("series page: says what is usual at this hour, and draws the day") {
    const std::string page = series_page(kSaved, day_and_night(), kNow, 0);
    CAPTURE(page);
    CHECK(page.find("load1\nready: 20160 rows of a minute, the last 11 min ago\n") == 0);
    CHECK(page.find("at this hour ") != std::string::npos);
    CHECK(page.find('#') != std::string::npos);
    CHECK(page.find("hour, local time\n") != std::string::npos);
    // The top line has the day's hours only: the night is blank.
    const std::string::size_type first = page.find(" |");
    REQUIRE(first != std::string::npos);
    const std::string top = page.substr(first + 2, page.find('\n', first) - first - 2);
    CHECK(top.substr(0, 12).find_first_not_of(' ') == std::string::npos);
    CHECK(top.find_first_of(":#") != std::string::npos);
}

TEST_CASE("series page: a young model, and one that saw nothing, are drawn as well") {
    SeriesModel model;
    CHECK(series_page(kSaved, model, kNow, 0).find("learning: 0 rows") != std::string::npos);
    model.observe(static_cast<double>(kStart), 5);
    CHECK(series_page(kSaved, model, kNow, 0).find("last 5, still learning\n") !=
          std::string::npos);
    CHECK(series_row(kSaved, model).find("learning") == 0);
}

TEST_CASE("series page: a model that learns nothing says until when, in the time of servers") {
    SeriesModel model = day_and_night();
    CHECK(series_page(kSaved, model, kNow, 3600).find("learns nothing") == std::string::npos);
    model.hold_learning(1'795'176'000.0 + 3600);  // an hour east of Greenwich
    const std::string page = series_page(kSaved, model, kNow, 3600);
    CAPTURE(page);
    CHECK(page.find("learns nothing until 2026-11-20T12:00:00.000Z") != std::string::npos);
    CHECK(page.find("then becomes normal\n") != std::string::npos);
}

TEST_CASE("series page: JSON has the same numbers") {
    SavedModel saved = kSaved;
    saved.subject_kind = SubjectKind::Mount;
    saved.subject = "/srv\xff";  // not UTF-8: replaced, not thrown over
    const auto json = nlohmann::json::parse(series_json(saved, day_and_night(), 0), nullptr, false);
    REQUIRE_FALSE(json.is_discarded());
    CHECK(json["metric"] == "load1");
    CHECK(json["ready"] == true);
    CHECK(json["rows"] == 20160);
    CHECK(json["usual_by_hour"].size() == 24);
    CHECK(json["usual_low"].get<double>() <= json["usual"].get<double>());
    CHECK(json["usual"].get<double>() == doctest::Approx(10).epsilon(0.2));
}
