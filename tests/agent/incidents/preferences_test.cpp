#include "agent/incidents/preferences.hpp"

#include <doctest/doctest.h>

using namespace homeostat;

namespace {

constexpr Instant kNow{.monotonic_ns = hours(1).ns, .unix_ns = 1'795'176'000LL * 1'000'000'000};

Finding finding(std::string_view subject, Duration held = seconds(5)) {
    Finding out;
    out.condition = "filesystem_full";
    out.incident = "filesystem_space";
    out.subject = {SubjectKind::Mount, subject};
    out.since = {.monotonic_ns = kNow.monotonic_ns - held.ns, .unix_ns = 0};
    return out;
}

}  // namespace

TEST_CASE("preferences: a silence matches by kind, condition and subject, until it expires") {
    struct Row {
        const char* kind;
        const char* subject;
        bool expired;
        bool silent;
    };
    for (const Row& row :
         {Row{"filesystem_space", "/srv", false, true}, Row{"filesystem_full", "/srv", false, true},
          Row{"filesystem_space", "", false, true}, Row{"", "/srv", false, true},
          Row{"", "", false, true}, Row{"filesystem_space", "/srv", true, false},
          Row{"filesystem_space", "/var", false, false}, Row{"oom_kill", "", false, false}}) {
        CAPTURE(row.kind);
        CAPTURE(row.subject);
        Preferences preferences;
        Silence silence;
        silence.kind = row.kind;
        silence.subject = row.subject;
        silence.until_unix_ns = kNow.unix_ns + (row.expired ? 0 : 1);
        REQUIRE(preferences.silences.push(silence));
        CHECK(preferences.holds_back(finding("/srv"), kNow) == row.silent);
        Incident open;
        open.kind = "filesystem_space";
        open.subject = {SubjectKind::Mount, "/srv"};
        REQUIRE(open.findings.push(finding("/srv")));
        CHECK(preferences.silences_actions(open, kNow) == row.silent);
    }
}

TEST_CASE("preferences: noise makes a condition wait on that subject, and only there") {
    Preferences preferences;
    FeedbackEffect effect;
    effect.condition = "filesystem_full";
    effect.subject = "/srv";
    effect.noise_steps = 2;
    REQUIRE(preferences.feedback.push(effect));
    CHECK(preferences.holds_back(finding("/srv", seconds(90)), kNow));
    CHECK_FALSE(preferences.holds_back(finding("/srv", seconds(121)), kNow));
    CHECK_FALSE(preferences.holds_back(finding("/var", seconds(1)), kNow));
    CHECK(preferences.extra_confirm("filesystem_full", "/srv") == minutes(2));
    CHECK(preferences.extra_confirm("filesystem_full", "/var") == Duration{});
}
