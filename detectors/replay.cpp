#include "detectors/replay.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "detectors/csv_rows.hpp"
#include "detectors/forecast.hpp"
#include "detectors/host_model.hpp"
#include "detectors/onset.hpp"
#include "detectors/row_writer.hpp"
#include "detectors/series_model.hpp"

namespace homeostat {
namespace {

constexpr std::size_t kBlamedMax = 40;  // columns named per row

Status replay_one(CsvRows& rows, RowWriter& writer) {
    SeriesModel model;
    OnsetModel onset;
    Afterglow afterglow;
    writer.add("timestamp,score,flag,onset\n");
    for (;;) {
        const auto more = rows.read_row();
        if (!more) return more.error();
        if (!*more) return writer.finish();
        const double value = rows.values()[0];
        const SeriesVerdict verdict = model.observe(rows.timestamp(), value);
        const double surprise = afterglow.observe(verdict.surprise);
        writer.add("{},{:.9g},{:d},{:.9g}\n", rows.timestamp_text(), score_of(surprise),
                   surprise >= kSeriesFlag, onset.observe(rows.timestamp(), value, verdict));
    }
}

Status replay_host(CsvRows& rows, RowWriter& writer) {
    std::vector<SeriesModel> models(rows.names().size());
    std::vector<double> surprises(models.size());
    std::vector<double> lasting(models.size());
    HostModel host(models.size());
    OnsetFilter onset;
    writer.add("timestamp,score,flag,top_series,onset\n");
    for (;;) {
        const auto more = rows.read_row();
        if (!more) return more.error();
        if (!*more) return writer.finish();
        for (std::size_t i = 0; i < models.size(); ++i) {
            const auto verdict = models[i].observe(rows.timestamp(), rows.values()[i]);
            surprises[i] = verdict.surprise;
            lasting[i] = verdict.lasting_surprise;
        }
        const double surprise = host.observe(rows.timestamp(), rows.values(), surprises, lasting);
        writer.add("{},{:.9g},{:d},", rows.timestamp_text(), score_of(surprise),
                   surprise >= kHostFlag);
        std::string_view separator;
        for (const std::uint32_t column : host.blamed(kBlamedMax)) {
            writer.add("{}{}", separator, rows.names()[column]);
            separator = ";";
        }
        writer.add(",{:.9g}\n", host_onset(onset, surprise));
    }
}

}  // namespace

Status replay_csv(std::istream& in, std::ostream& out) {
    CsvRows rows(in);
    const Status header = rows.read_header();
    if (!header) return header.error();
    RowWriter writer(out);
    return rows.names().size() == 1 ? replay_one(rows, writer) : replay_host(rows, writer);
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
