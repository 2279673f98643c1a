#include "detectors/replay.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "detectors/csv_rows.hpp"
#include "detectors/explanation.hpp"
#include "detectors/forecast.hpp"
#include "detectors/host_model.hpp"
#include "detectors/onset.hpp"
#include "detectors/row_writer.hpp"
#include "detectors/series_model.hpp"

namespace homeostat {
namespace {

constexpr std::size_t kBlamedMax = 40;  // columns named per row

std::string_view end_of_header(bool explained) {
    return explained ? ",why\n" : "\n";
}

// `of`: the column, when there are several.
void add_why(RowWriter& writer, std::string_view of, const SeriesVerdict& verdict, double value) {
    std::string quoted;
    for (const char letter : of) quoted.append(letter == '"' ? 2 : 1, letter);
    writer.add(",\"{}{}{}\"", quoted, of.empty() ? "" : " ", explain(verdict, value));
}

Status replay_one(CsvRows& rows, RowWriter& writer, bool explained) {
    SeriesModel model;
    OnsetModel onset;
    Afterglow afterglow;
    writer.add("timestamp,score,flag,onset{}", end_of_header(explained));
    for (;;) {
        const auto more = rows.read_row();
        if (!more) return more.error();
        if (!*more) return writer.finish();
        const double value = rows.values()[0];
        const SeriesVerdict verdict = model.observe(rows.timestamp(), value);
        const double surprise = afterglow.observe(verdict.surprise);
        writer.add("{},{:.9g},{:d},{:.9g}", rows.timestamp_text(), score_of(surprise),
                   surprise >= kSeriesFlag, onset.observe(rows.timestamp(), value, verdict));
        if (explained && verdict.surprise >= 1) {
            add_why(writer, "", verdict, value);
        } else if (explained) {
            writer.add(",");
        }
        writer.add("\n");
    }
}

Status replay_host(CsvRows& rows, RowWriter& writer, bool explained) {
    std::vector<SeriesModel> models(rows.names().size());
    std::vector<SeriesNews> news(models.size());
    HostModel host(models.size());
    OnsetFilter onset(kHostFlag);
    std::vector<SeriesVerdict> verdicts(models.size());
    writer.add("timestamp,score,flag,top_series,onset{}", end_of_header(explained));
    for (;;) {
        const auto more = rows.read_row();
        if (!more) return more.error();
        if (!*more) return writer.finish();
        for (std::size_t i = 0; i < models.size(); ++i) {
            verdicts[i] = models[i].observe(rows.timestamp(), rows.values()[i]);
            news[i] = verdicts[i].news;
        }
        const double surprise = host.observe(rows.timestamp(), rows.values(), news);
        writer.add("{},{:.9g},{:d},", rows.timestamp_text(), score_of(surprise),
                   surprise >= kHostFlag);
        std::string_view separator;
        const auto blamed = host.blamed(kBlamedMax);
        for (const std::uint32_t column : blamed) {
            writer.add("{}{}", separator, rows.names()[column]);
            separator = ";";
        }
        writer.add(",{:.9g}", host_onset(onset, surprise));
        if (explained && surprise >= kHostFlag && !blamed.empty()) {
            const std::uint32_t first = blamed.front();
            add_why(writer, rows.names()[first], verdicts[first], rows.values()[first]);
        } else if (explained) {
            writer.add(",");
        }
        writer.add("\n");
    }
}

}  // namespace

Status replay_csv(std::istream& in, std::ostream& out, bool explained) {
    CsvRows rows(in);
    const Status header = rows.read_header();
    if (!header) return header.error();
    RowWriter writer(out);
    return rows.names().size() == 1 ? replay_one(rows, writer, explained)
                                    : replay_host(rows, writer, explained);
}

Status forecast_csv(std::istream& in, std::ostream& out, double limit) {
    CsvRows rows(in);
    const Status header = rows.read_header();
    if (!header) return header.error();
    if (rows.names().size() != 1) {
        return make_error(Errc::Invalid, "line 1: expected one value column, got {}",
                          rows.names().size());
    }
    constexpr double kDay = 86400;
    RowWriter writer(out);
    CapacityForecast model;
    writer.add("timestamp,days_to_full,low,high\n");
    for (;;) {
        const auto more = rows.read_row();
        if (!more) return more.error();
        if (!*more) return writer.finish();
        model.observe(rows.timestamp(), rows.values()[0]);
        const ForecastResult result = model.forecast(limit);
        if (!result.will_fill) {
            writer.add("{},,,\n", rows.timestamp_text());
            continue;
        }
        writer.add("{},{:.9g},{:.9g},{:.9g}\n", rows.timestamp_text(), result.seconds / kDay,
                   result.seconds_low / kDay, result.seconds_high / kDay);
    }
}

}  // namespace homeostat
