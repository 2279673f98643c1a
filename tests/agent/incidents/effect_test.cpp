#include "agent/incidents/effect.hpp"

#include <doctest/doctest.h>

#include <initializer_list>

using namespace homeostat;

namespace {

Snippet snippet(std::initializer_list<float> values, std::string_view metric) {
    Snippet made;
    made.metric.assign(metric);
    made.step_seconds = 2;
    for (const float value : values) REQUIRE(made.values.push(value));
    return made;
}

constexpr Verification kBelow{Verification::Sense::Below, 0.8, seconds(60)};
constexpr Verification kAbove{Verification::Sense::Above, 100, seconds(60)};
constexpr Verification kOver{};

}  // namespace

TEST_CASE("effect: the forecast of doing nothing goes on as the last minute went") {
    const auto rising = forecast_without_action(snippet({1, 3, 5, 7, 9}, "queue_count"), 9);
    CHECK(rising.rate_per_second == doctest::Approx(1));
    CHECK(rising.after(seconds(10)) == doctest::Approx(19));
}

TEST_CASE("effect: a ratio is never forecast above one or below nought") {
    const auto full =
        forecast_without_action(snippet({0.5F, 0.6F, 0.7F, 0.8F}, "filesystem_used_ratio"), 0.8);
    CHECK(full.after(seconds(60)) == doctest::Approx(1));
    const auto empty =
        forecast_without_action(snippet({0.4F, 0.3F, 0.2F, 0.1F}, "filesystem_used_ratio"), 0.1);
    CHECK(empty.after(seconds(60)) == doctest::Approx(0));
}

TEST_CASE("effect: of too few points nothing is concluded") {
    for (const auto& few : {snippet({}, "x"), snippet({1}, "x"), snippet({1, 9, 99}, "x")}) {
        CHECK(forecast_without_action(few, 5).after(minutes(60)) == doctest::Approx(5));
    }
}

// RULES B22: verified by the value it had to move, and once worse is enough.
TEST_CASE("effect: it helped, it did not in time, or it made matters worse") {
    struct Row {
        Verification verification;
        double before;
        EffectView view;
        Effect effect;
    };
    const auto view = [](std::optional<double> value, double expected, Duration since) {
        EffectView made;
        made.value = value;
        made.expected = expected;
        made.since = since;
        return made;
    };
    for (const Row& row : {
             Row{kBelow, 0.95, view(0.5, 0.96, seconds(1)), Effect::Helped},
             Row{kBelow, 0.95, view(0.9, 0.96, seconds(1)), Effect::Unknown},
             Row{kBelow, 0.95, view(0.9, 0.96, seconds(60)), Effect::DidNotHelp},
             Row{kBelow, 0.95, view(std::nullopt, 0.96, seconds(60)), Effect::DidNotHelp},
             // It was filling anyway: that is not the action's doing.
             Row{kBelow, 0.85, view(0.95, 0.96, seconds(60)), Effect::DidNotHelp},
             Row{kBelow, 0.85, view(0.95, 0.85, seconds(60)), Effect::Worse},
             Row{kAbove, 50, view(101, 50, seconds(1)), Effect::Helped},
             Row{kAbove, 50, view(20, 50, seconds(60)), Effect::Worse},
             Row{kAbove, 50, view(48, 50, seconds(60)), Effect::DidNotHelp},
         }) {
        CAPTURE(row.before);
        CAPTURE(row.view.value.value_or(-1));
        CHECK(judge(row.verification, row.before, row.view) == row.effect);
    }
}

TEST_CASE("effect: without `verify` the incident must be over, and must not have grown worse") {
    EffectView view;
    view.since = seconds(1);
    CHECK(judge(kOver, 1, view) == Effect::Unknown);
    view.calm = true;
    CHECK(judge(kOver, 1, view) == Effect::Helped);
    view.calm = false;
    view.since = kOver.within;
    CHECK(judge(kOver, 1, view) == Effect::DidNotHelp);
    view.severity_rose = true;
    CHECK(judge(kOver, 1, view) == Effect::Worse);
}
