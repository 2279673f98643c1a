#include "core/event.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>

using namespace homeostat;

TEST_CASE("event: every kind has a name of its own") {
    std::set<std::string_view> names;
    for (int i = 0; i <= static_cast<int>(kEventKindLast); ++i) {
        const auto name = name_of(static_cast<EventKind>(i));
        CAPTURE(i);
        CHECK(name != "unknown");
        CHECK(names.insert(name).second);
    }
}

TEST_CASE("event: what somebody did is a change, what the kernel complains of is not") {
    CHECK(is_change(EventKind::PackageChanged));
    CHECK(is_change(EventKind::UnitStarted));
    CHECK(is_change(EventKind::ClockStep));
    CHECK_FALSE(is_change(EventKind::OomKill));
    CHECK_FALSE(is_change(EventKind::UnitFailed));
    CHECK_FALSE(is_change(EventKind::LogPatternNew));
}
