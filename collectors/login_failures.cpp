#include "collectors/login_failures.hpp"

#include "core/format.hpp"

namespace homeostat {
namespace {

constexpr Duration kWindow = minutes(1);

}  // namespace

void LoginFailures::note(std::string_view from, std::string_view last, Instant now,
                         Events& events) {
    ++count_;
    if (in_window_ == 0 || now - window_ >= kWindow) {
        window_ = now;
        in_window_ = 0;
        told_ = false;
    }
    ++in_window_;
    if (in_window_ < kBurst || told_) return;
    told_ = true;
    Event event{
        .at = now, .kind = EventKind::LoginFailures, .subject = {}, .object = from, .text = {}};
    format_into(event.text, "{} failed logins within a minute, the last one: {}", in_window_, last);
    events.add(event);
}

}  // namespace homeostat
