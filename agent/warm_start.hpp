// Warm start: what was normal before we came, asked of a Prometheus server once.
//
// A baseline needs days. Where a Prometheus (or what speaks its API: Mimir, VictoriaMetrics,
// Thanos) has scraped this host's node_exporter, its history teaches the models of the vital signs
// in the first minute. It is asked once, for a bounded time, and beside the exporters: a server
// that hangs delays no scrape. Whatever fails leaves that series cold, as without a server. Source:
// prometheus.io/docs/prometheus/latest/querying/api/ (range queries: at most 11,000 points a
// series, values as text, missing points absent).
#pragma once

#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/fetcher.hpp"
#include "core/time.hpp"
#include "detectors/past_value.hpp"

namespace homeostat {

struct WarmStartSettings {
    std::string url;       // "http://prometheus:9090", with a path prefix if it has one; empty: off
    std::string selector;  // pins this host: instance="web1:9100"
    Duration span = hours(24 * 14);
    std::vector<HttpHeader> headers;
    HttpTls tls;
};

// One series' past: a metric of the host by our own name, values as the models see them (counters
// as rates).
struct History {
    std::string metric;
    std::vector<PastValue> values;
};

// A signal to ask for. "{}" in the expression stands for the selector.
struct WarmSignal {
    std::string_view metric;
    std::string_view expression;
};

std::span<const WarmSignal> warm_signals();

// The expression with the selector in place.
std::string expression_for(const WarmSignal& signal, std::string_view selector);

// The values of the one series in a query_range response, oldest first; those that are not finite
// are left out. Errc::Failed with the server's words for its errors; Errc::Invalid for more than
// one series (a selector that matches several hosts must not mix them), Errc::NotAvailable for
// none; Errc::Parse for anything else.
Result<std::vector<PastValue>> parse_query_range(std::string_view body);

class WarmStart {
public:
    static constexpr Duration kStep = minutes(5);
    static constexpr Duration kTotalMax = seconds(60);  // then nothing more is asked: start cold
    static constexpr std::size_t kInFlightMax = 2;

    explicit WarmStart(WarmStartSettings settings) : settings_(std::move(settings)) {}

    // One thread, the scraper's: when a question is due, send question() and tell by note_asked();
    // its answer, or why there is none, goes to note(). No number: none is left, or enough are out.
    std::optional<std::size_t> due(Instant now);
    [[nodiscard]] HttpRequest question(std::size_t number, Instant now) const;
    void note_asked();
    void note(std::size_t number, const Result<HttpResponse>& answer);

    // Hands over one history that has come. Any thread; never waits for the network.
    bool take(History& out);

    // What the log should say when all questions are done, once: empty before and afterwards.
    std::string take_summary();

private:
    void tell_end();

    WarmStartSettings settings_;
    std::size_t next_ = 0;  // these seven: the scraper's thread only
    std::size_t out_ = 0;   // questions without an answer yet
    std::size_t learned_ = 0;
    bool begun_ = false;
    bool ended_ = false;
    std::string last_failure_;
    Instant began_;
    std::mutex mutex_;
    std::vector<History> waiting_;  // guarded by mutex_
    std::string summary_;           // guarded by mutex_
};

}  // namespace homeostat
