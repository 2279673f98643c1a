// Warm start: what was normal before we came, asked of a Prometheus server once.
//
// A baseline needs days. Where a Prometheus (or what speaks its API: Mimir, VictoriaMetrics,
// Thanos) has scraped this host's node_exporter, its history teaches the models of the vital signs
// in the first minute. It is asked on a thread of its own, once, for a bounded time; whatever fails
// leaves that series cold, as without a server. Source:
// prometheus.io/docs/prometheus/latest/querying/api/ (range queries: at most 11,000 points a
// series, values as text, missing points absent).
#pragma once

#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "core/fetcher.hpp"
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
    static constexpr Duration kTotalMax = seconds(60);  // for all questions; then start cold

    explicit WarmStart(WarmStartSettings settings) : settings_(std::move(settings)) {}

    // Asks the next question, which may take some seconds; false when there is none left. One
    // thread: the scraper's.
    bool step(Fetcher& fetcher, const Clock& clock);

    // Hands over one history that has come. Any thread; never waits for the network.
    bool take(History& out);

    // What the log should say when all questions are done, once: empty before and afterwards.
    std::string take_summary();

private:
    [[nodiscard]] HttpRequest request_for(const WarmSignal& signal, Instant now) const;

    void tell_end();

    WarmStartSettings settings_;
    std::size_t next_ = 0;  // these four: the scraper's thread only
    std::size_t learned_ = 0;
    std::string last_failure_;
    Instant began_;
    std::mutex mutex_;
    std::vector<History> waiting_;  // guarded by mutex_
    std::string summary_;           // guarded by mutex_
};

}  // namespace homeostat
