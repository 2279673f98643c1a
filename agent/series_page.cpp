#include "agent/series_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <nlohmann/json.hpp>

#include "core/time.hpp"
#include "detectors/explanation.hpp"

namespace homeostat {
namespace {

constexpr std::size_t kHours = 24;
constexpr std::size_t kColumnsAnHour = 2;
constexpr int kLines = 9;
constexpr double kHourSeconds = 3600;
constexpr double kDaySeconds = 24 * kHourSeconds;

std::string name_of_series(const SavedModel& saved) {
    if (saved.subject.empty()) return std::string(saved.metric);
    return fmt::format("{} {} {}", saved.metric, name_of(saved.subject_kind), saved.subject);
}

std::string_view readiness(const SeriesModel& model) {
    return model.is_ready() ? "ready" : "learning";
}

struct Band {
    double low;
    double middle;
    double high;
};

// The hour's usual values. What has never been negative is not expected to become so.
Band band_of(const SeriesModel& model, double local_seconds) {
    const double middle = model.usual_at(local_seconds);
    const double distance = 2 * model.usual_distance();
    const double low = middle - distance;
    return {middle >= 0 && model.last_value() >= 0 ? std::max(low, 0.0) : low, middle,
            middle + distance};
}

using Day = std::array<Band, kHours>;

// The day of the last row: days of the week differ.
Day day_of(const SeriesModel& model) {
    const double midnight = std::floor(model.last_seconds() / kDaySeconds) * kDaySeconds;
    Day day{};
    for (std::size_t hour = 0; hour < kHours; ++hour) {
        day[hour] = band_of(model, midnight + (static_cast<double>(hour) + 0.5) * kHourSeconds);
    }
    return day;
}

void append_drawing(std::string& page, const Day& day) {
    double low = day[0].low;
    double high = day[0].high;
    for (const Band& band : day) {
        low = std::min(low, band.low);
        high = std::max(high, band.high);
    }
    const double step = high > low ? (high - low) / kLines : 1;
    for (int line = kLines - 1; line >= 0; --line) {
        const double from = low + line * step;
        const double to = from + step;
        const bool labelled = line == kLines - 1 || line == 0;
        page += labelled ? fmt::format("{:>10.4g} |", line == 0 ? low : high)
                         : fmt::format("{:>10} |", "");
        std::string row;
        for (const Band& band : day) {
            const bool middle = band.middle >= from && (band.middle < to || line == kLines - 1);
            const bool inside = band.high >= from && band.low < to;
            row.append(kColumnsAnHour, middle ? '#' : (inside ? ':' : ' '));
        }
        row.erase(row.find_last_not_of(' ') + 1);
        page += row + "\n";
    }
    page +=
        fmt::format("{:>12}{:<12}{:<12}{:<12}{:<12}hour, local time\n", "", "0", "6", "12", "18");
}

// What stands still, until when, and what will be then.
std::string held_line(const SeriesModel& model, double utc_offset_seconds) {
    if (!model.is_held()) return {};
    constexpr double kNsPerSecond = 1e9;
    const double until = (model.held_until() - utc_offset_seconds) * kNsPerSecond;
    return fmt::format(
        "learns nothing until {} (an incident is open on it, or maintenance); what is still there "
        "then becomes normal\n",
        rfc3339(static_cast<std::int64_t>(until)));
}

}  // namespace

std::string series_header() {
    return fmt::format("{:<10} {:>12} {:>12} {:>10}  {}\n", "STATE", "LAST", "USUAL", "GIVE/TAKE",
                       "SERIES");
}

std::string series_row(const SavedModel& saved, const SeriesModel& model) {
    return fmt::format("{:<10} {:>12.5g} {:>12.5g} {:>10.3g}  {}\n", readiness(model),
                       model.last_value(), model.usual_at(model.last_seconds()),
                       2 * model.usual_distance(), name_of_series(saved));
}

std::string series_json(const SavedModel& saved, const SeriesModel& model,
                        std::int64_t utc_offset_seconds) {
    const auto offset = static_cast<double>(utc_offset_seconds);
    const Band band = band_of(model, model.last_seconds());
    nlohmann::ordered_json hours = nlohmann::ordered_json::array();
    for (const Band& hour : day_of(model)) hours.push_back(hour.middle);
    const nlohmann::ordered_json json{
        {"metric", saved.metric},
        {"subject_kind", name_of(saved.subject_kind)},
        {"subject", saved.subject},
        {"kind", name_of(saved.metric_kind)},
        {"ready", model.is_ready()},
        {"rows", model.rows()},
        {"last", model.last_value()},
        {"last_unix_seconds", model.last_seconds() - offset},
        {"usual", band.middle},
        {"usual_low", band.low},
        {"usual_high", band.high},
        {"usual_by_hour", std::move(hours)},
        {"held_until_unix_seconds", model.is_held() ? model.held_until() - offset : 0},
    };
    return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string series_page(const SavedModel& saved, const SeriesModel& model, std::int64_t unix_ns,
                        std::int64_t utc_offset_seconds) {
    const auto offset = static_cast<double>(utc_offset_seconds);
    const double now = Duration{unix_ns}.seconds() + offset;
    const Band band = band_of(model, now);
    std::string page = fmt::format("{}\n", name_of_series(saved));
    page += fmt::format("{}: {} rows of a minute, the last {} ago{}\n", readiness(model),
                        model.rows(), human_duration(std::max(now - model.last_seconds(), 0.0)),
                        saved.metric_kind == MetricKind::Counter ? "; values are per second" : "");
    page += held_line(model, offset);
    page += fmt::format("last {}\nat this hour {:.5g} to {:.5g} is usual\n\n",
                        explain(model.last_verdict(), model.last_value()), band.low, band.high);
    append_drawing(page, day_of(model));
    return page;
}

}  // namespace homeostat
