#include "agent/scraper.hpp"

namespace homeostat {

void Scraper::step() {
    if (warm_start_ != nullptr) (void)warm_start_->step(fetcher_, clock_);
    for (const auto& target : targets_) {
        if (!target->is_due(clock_.now())) continue;
        const auto scraped = target->scrape(fetcher_, clock_, parser_);
        static_cast<void>(scraped);  // the target remembers why
    }
}

}  // namespace homeostat
