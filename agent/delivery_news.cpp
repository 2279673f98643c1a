#include "agent/delivery_news.hpp"

#include <algorithm>
#include <utility>

namespace homeostat {

void DeliveryNews::look(const std::vector<DestinationStatus>& destinations,
                        const SpoolStatus& spool, const StoreStatus& store, Instant now,
                        const Tell& tell) {
    for (const DestinationStatus& to : destinations) {
        const bool good = to.state == DestinationState::Ok && to.last_error.empty();
        note("destination " + to.name, good ? LogLevel::Info : LogLevel::Warning,
             fmt::format("{}{}{}", name_of(to.state), to.last_error.empty() ? "" : ": ",
                         to.last_error),
             to.state != DestinationState::Untried, now, tell);
    }
    note("spool", spool.degraded ? LogLevel::Warning : LogLevel::Info,
         spool.degraded ? "degraded, records are in memory only: " + spool.last_error
                        : std::string("on the disk"),
         spool.degraded, now, tell);
    note("store", store.last_error.empty() ? LogLevel::Info : LogLevel::Warning,
         store.last_error.empty() ? std::string("incidents are saved")
                                  : "failing: " + store.last_error,
         !store.last_error.empty(), now, tell);
}

// `is_news`: worth a line even as the first word of this place.
void DeliveryNews::note(const std::string& place, LogLevel level, std::string text, bool is_news,
                        Instant now, const Tell& tell) {
    constexpr std::int64_t kSoon = 4;  // times the quiet
    const auto told = told_.find(place);
    if (told == told_.end() && !is_news) return;
    Duration quiet = kQuietLeast;
    if (told != told_.end()) {
        const Duration since = now - told->second.at;
        if (told->second.text == text || since < told->second.quiet) return;
        const bool soon = since < told->second.quiet * kSoon;
        if (soon) quiet = std::min(told->second.quiet * 2, kQuietMost);
    }
    tell(level, fmt::format("{}: {}", place, text));
    told_[place] = {std::move(text), now, quiet};
}

}  // namespace homeostat
