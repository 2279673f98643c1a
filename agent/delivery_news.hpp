// DeliveryNews tells the log what becomes of the records: each destination, the spool, the store.
//
// One line when a destination's state or its last error is another one than was told last. The
// first failure is told at once, and so is the first success; then at most one line a minute for
// each, and at most one an hour for what goes back and forth: what lasted shorter is in its counts.
// No thread, no clock: the caller says what is and when.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "agent/courier.hpp"
#include "agent/log.hpp"
#include "core/time.hpp"

namespace homeostat {

class DeliveryNews {
public:
    // After a line of one and the same place; twice as long after each one that follows soon.
    static constexpr Duration kQuietLeast = minutes(1);
    static constexpr Duration kQuietMost = hours(1);

    using Tell = std::function<void(LogLevel, std::string_view)>;

    // Printable text comes in, from Shipper::status() and the like.
    void look(const std::vector<DestinationStatus>& destinations, const SpoolStatus& spool,
              const StoreStatus& store, Instant now, const Tell& tell);

private:
    struct Told {
        std::string text;
        Instant at;
        Duration quiet = kQuietLeast;
    };

    void note(const std::string& place, LogLevel level, std::string text, bool is_news, Instant now,
              const Tell& tell);

    std::map<std::string, Told> told_;
};

}  // namespace homeostat
