#include "agent/scraper.hpp"

namespace homeostat {

bool Scraper::step(Duration patience) {
    ask_who_is_due();
    if (warm_start_ != nullptr) ask_for_the_past();
    pool_.wait(patience, [this](std::size_t ticket, const Result<HttpResponse>& answer) {
        if (ticket >= targets_.size()) {
            warm_start_->note(ticket - targets_.size(), answer);
            return;
        }
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

// Its tickets come after the targets'.
void Scraper::ask_for_the_past() {
    const Instant now = clock_.now();
    while (const auto number = warm_start_->due(now)) {
        const HttpRequest request = warm_start_->question(*number, now);
        if (!pool_.start(targets_.size() + *number, request)) return;
        warm_start_->note_asked();
    }
}

}  // namespace homeostat
