// Exporters: other programs' metrics, scraped over HTTP and handed to the tick.
//
// ExporterTarget is filled by the scraper thread, at its own pace; ExporterCollector hands the
// latest complete scrape to the tick, each once. They meet at one mutex that is held for a swap. A
// failed scrape makes the source unknown: the last values are not repeated, nothing becomes zero.
// What an exporter exposes lives in a share of the table's slots: labels that churn use up that
// share only.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/collector.hpp"
#include "collectors/exporter_batch.hpp"
#include "collectors/exporter_limits.hpp"
#include "collectors/exposition.hpp"
#include "core/clock.hpp"
#include "core/fetcher.hpp"

namespace homeostat {

struct ExporterSettings {
    std::string name;  // begins the subject of its series: "node" gives node{device="vda"}
    std::string url;
    Duration interval = seconds(15);
    Duration timeout = seconds(10);
    std::vector<HttpHeader> headers;  // credentials, tenant
    HttpTls tls;
    std::size_t series_max = 4000;  // its share: watched at a time
    ExporterLimits limits;          // beyond them the scrape has failed
    std::size_t body_bytes_max = 64UL << 20U;
    bool skip_native = true;  // do not watch what our own collectors already read from the kernel
    // False drops the series. Arguments as in ExposedSample. Empty: all are wanted.
    std::function<bool(std::string_view name, std::string_view labels)> wanted;
};

struct ExporterHealth {
    bool tried = false;
    bool up = false;
    std::uint64_t scrapes = 0;
    std::uint64_t failures = 0;
    std::uint64_t samples = 0;     // in the body of the last good scrape, wanted or not
    std::uint64_t duplicates = 0;  // of them
    std::uint64_t refused = 0;     // wanted but without room
    Duration took;                 // the last scrape
    Instant at;                    // when the last scrape began
    FixedString<255> reason;       // why the last scrape failed
};

class ExporterTarget {
public:
    explicit ExporterTarget(ExporterSettings settings);

    [[nodiscard]] const ExporterSettings& settings() const { return settings_; }

    // Whether a scrape is due. Any thread.
    [[nodiscard]] bool is_due(Instant now) const;

    // What to ask the exporter. Then note() takes the answer, or why there is none, of a request
    // that `began` and `took` so long. One thread at a time; `parser` may be shared by all targets
    // of that thread.
    [[nodiscard]] const HttpRequest& request() const { return request_; }
    Status note(const Result<HttpResponse>& answer, Instant began, Duration took,
                ExpositionParser& parser);

    [[nodiscard]] ExporterHealth health() const;

    // Swaps the latest complete batch into `batch` if there is one not yet taken.
    bool take(ExporterBatch& batch);

private:
    Result<std::uint64_t> read(const Result<HttpResponse>& answer, Instant now,
                               ExpositionParser& parser);
    void keep(const ExposedSample& sample, Instant now);

    ExporterSettings settings_;
    HttpRequest request_;
    ExporterBatch incoming_;     // these three: scraper thread only
    std::size_t wanted_ = 0;     // samples of this scrape after relabelling
    Status limits_kept_ = Ok{};  // of this scrape
    mutable std::mutex mutex_;
    ExporterBatch latest_;   // guarded by mutex_
    bool fresh_ = false;     // guarded by mutex_
    ExporterHealth health_;  // guarded by mutex_
};

// On the tick. Reports exporter_up, exporter_scrape_seconds and exporter_samples_count of the
// target, and its series under their own names with subject kind Target.
class ExporterCollector final : public Collector {
public:
    // `target` is borrowed. `owner` is whose share of the table its series come from.
    explicit ExporterCollector(ExporterTarget& target, SeriesOwner owner = 0);

    // An error while the last scrape failed, or when none came for two intervals.
    Status collect(const Root& root, Samples& out) override;

    static std::span<const Metric> metrics();

private:
    void add_series(Samples& out);
    [[nodiscard]] Status room(const ExporterHealth& health, const SeriesTable& table) const;

    ExporterTarget& target_;
    SeriesOwner owner_;
    std::uint64_t homeless_ = 0;  // series of the last scrape that found no slot
    ExporterBatch batch_;
    Instant first_asked_;
    bool asked_ = false;
};

}  // namespace homeostat
