#include "agent/scraper.hpp"

namespace homeostat {

bool Scraper::step(Duration patience) {
    if (warm_start_ != nullptr) (void)warm_start_->step(fetcher_, clock_);
    ask_who_is_due();
    pool_.wait(patience, [this](std::size_t ticket, const Result<HttpResponse>& answer) {
        Asked& asked = asked_[ticket];
        asked.waits = false;
        // The target remembers why there is none.
        (void)targets_[ticket]->note(answer, asked.at, clock_.now() - asked.at, parser_);
    });
    return pool_.in_flight() > 0;
}

void Scraper::ask_who_is_due() {
    const Instant now = clock_.now();
    for (std::size_t i = 0; i < targets_.size(); ++i) {
        const std::size_t ticket = (first_ + i) % targets_.size();
        Asked& asked = asked_[ticket];
        if (asked.waits || !targets_[ticket]->is_due(now)) continue;
        if (!pool_.start(ticket, targets_[ticket]->request())) {
            first_ = ticket;  // it is the first to get the next free place
            return;
        }
        asked = {.waits = true, .at = now};
    }
}

}  // namespace homeostat
