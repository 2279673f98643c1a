// Scraper fetches the exporters that are due: HTTP on a thread of its own, never on the tick.
//
// Each target keeps its own pace: several are asked at a time, and one that hangs until its
// time-out delays no other. A Prometheus server that is asked for the past is one more of them.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "agent/warm_start.hpp"
#include "collectors/exporter.hpp"
#include "core/clock.hpp"
#include "core/fetch_pool.hpp"

namespace homeostat {

class Scraper {
public:
    // All are borrowed and outlive the scraper; the pool is used by nobody else.
    Scraper(std::span<const std::unique_ptr<ExporterTarget>> targets, FetchPool& pool,
            const Clock& clock, WarmStart* warm_start = nullptr)
        : targets_(targets),
          pool_(pool),
          clock_(clock),
          warm_start_(warm_start),
          asked_(targets.size()) {}

    // Asks the targets that are due, and the warm start's next questions while there are any; then
    // waits for answers, at most for `patience`. True while answers are outstanding: call again at
    // once. A failure is kept by its target, which the tick reports.
    bool step(Duration patience);

    // What the log should say of the warm start; empty when there is nothing new. Any thread.
    std::string take_news() {
        return warm_start_ == nullptr ? std::string() : warm_start_->take_summary();
    }

private:
    // A request that is out.
    struct Asked {
        bool waits = false;
        Instant at;
    };

    void ask_who_is_due();
    void ask_for_the_past();

    std::span<const std::unique_ptr<ExporterTarget>> targets_;
    FetchPool& pool_;
    const Clock& clock_;
    WarmStart* warm_start_;
    ExpositionParser parser_;
    std::vector<Asked> asked_;  // one for each target
    std::size_t first_ = 0;     // who is asked first: in turns, so that a full pool starves nobody
};

}  // namespace homeostat
