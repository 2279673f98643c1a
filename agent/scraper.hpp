// Scraper fetches the exporters that are due: HTTP on a thread of its own, never on the tick.
#pragma once

#include <memory>
#include <span>

#include "agent/warm_start.hpp"
#include "collectors/exporter.hpp"
#include "core/clock.hpp"

namespace homeostat {

class Scraper {
public:
    // All are borrowed and outlive the scraper. The fetcher is used by nobody else.
    Scraper(std::span<const std::unique_ptr<ExporterTarget>> targets, Fetcher& fetcher,
            const Clock& clock, WarmStart* warm_start = nullptr)
        : targets_(targets), fetcher_(fetcher), clock_(clock), warm_start_(warm_start) {}

    // Asks the warm start's next question, if there is one, and scrapes what is due now, one after
    // another. A failure is kept by its target, which the tick reports: there is nothing to return.
    void step();

    // What the log should say of the warm start; empty when there is nothing new. Any thread.
    std::string take_news() {
        return warm_start_ == nullptr ? std::string() : warm_start_->take_summary();
    }

private:
    std::span<const std::unique_ptr<ExporterTarget>> targets_;
    Fetcher& fetcher_;
    const Clock& clock_;
    WarmStart* warm_start_;
    ExpositionParser parser_;
};

}  // namespace homeostat
