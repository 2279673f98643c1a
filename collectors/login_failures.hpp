// LoginFailures counts logins that failed, and tells of a burst of them.
//
// One is everyday noise on the Internet; ten within a minute are an event, told once a minute while
// it lasts.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/events.hpp"

namespace homeostat {

class LoginFailures {
public:
    static constexpr std::uint32_t kBurst = 10;  // within a minute

    // `from`: the other host; empty when it is not known. `last`: what the event says of this one.
    void note(std::string_view from, std::string_view last, Instant now, Events& events);

    [[nodiscard]] std::uint64_t count() const { return count_; }

private:
    std::uint64_t count_ = 0;
    std::uint32_t in_window_ = 0;
    Instant window_;  // when the present minute began
    bool told_ = false;
};

}  // namespace homeostat
