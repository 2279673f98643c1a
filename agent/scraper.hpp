// Scraper fetches the exporters that are due: HTTP on a thread of its own, never on the tick.
#pragma once

#include <memory>
#include <span>

#include "collectors/exporter.hpp"
#include "core/clock.hpp"

namespace homeostat {

class Scraper {
public:
    // All are borrowed and outlive the scraper. The fetcher is used by nobody else.
    Scraper(std::span<const std::unique_ptr<ExporterTarget>> targets, Fetcher& fetcher,
            const Clock& clock)
        : targets_(targets), fetcher_(fetcher), clock_(clock) {}

    // Scrapes what is due now, one after another. A failure is kept by its target, which the tick
    // reports: there is nothing to return.
    void step();

private:
    std::span<const std::unique_ptr<ExporterTarget>> targets_;
    Fetcher& fetcher_;
    const Clock& clock_;
    ExpositionParser parser_;
};

}  // namespace homeostat
