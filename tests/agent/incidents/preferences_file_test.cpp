#include "agent/incidents/preferences_file.hpp"

#include <doctest/doctest.h>

#include <array>
#include <thread>
#include <vector>

#include "tests/support/temporary_directory.hpp"

using namespace homeostat;

namespace {

constexpr std::int64_t kNow = 1'795'176'000LL * 1'000'000'000;

Incident full_disk() {
    Incident incident;
    incident.kind = "filesystem_space";
    incident.subject = {SubjectKind::Mount, "/srv"};
    Finding finding;
    finding.condition = "filesystem_full";
    finding.incident = incident.kind;
    finding.subject = incident.subject;
    REQUIRE(incident.findings.push(finding));
    finding.condition = "learned_spike";
    finding.incident.clear();
    REQUIRE(incident.findings.push(finding));
    return incident;
}

}  // namespace

TEST_CASE("preferences file: what is written comes back") {
    const test::TemporaryDirectory directory;
    CHECK(load_preferences(directory.path())->silences.empty());
    Preferences preferences;
    Silence silence;
    silence.kind = "filesystem_space";
    silence.subject = "/srv \"x\"";
    silence.until_unix_ns = kNow + seconds(60).ns;
    silence.reason = "moving data";
    REQUIRE(add_silence(preferences, silence, kNow));
    REQUIRE(give_feedback(preferences, full_disk(), Opinion::Noise, false));
    REQUIRE(save_preferences(directory.path(), preferences));
    const auto back = load_preferences(directory.path());
    REQUIRE(back);
    REQUIRE(back->silences.size() == 1);
    CHECK(back->silences[0].id == "s1");
    CHECK(back->silences[0].subject == "/srv \"x\"");
    CHECK(back->silences[0].until_unix_ns == kNow + seconds(60).ns);
    REQUIRE(back->feedback.size() == 1);  // the notable one opened nothing
    CHECK(back->feedback[0].noise_steps == 1);
    CHECK(to_text(*back) == to_text(preferences));
}

TEST_CASE("preferences file: of those who change it at once nothing is lost") {
    constexpr std::size_t kWriters = 12;
    const test::TemporaryDirectory directory;
    std::array<bool, kWriters> done{};
    std::vector<std::thread> writers;
    for (bool& fine : done) {
        writers.emplace_back([&directory, &fine] {
            Silence silence;
            silence.until_unix_ns = kNow + seconds(60).ns;
            fine = change_preferences(directory.path(), [&](Preferences& preferences) -> Status {
                       const auto id = add_silence(preferences, silence, kNow);
                       return id ? Status(Ok{}) : Status(id.error());
                   }).has_value();
        });
    }
    for (std::thread& writer : writers) writer.join();
    CHECK(done == std::array<bool, kWriters>{true, true, true, true, true, true, true, true, true,
                                             true, true, true});
    const auto back = load_preferences(directory.path());
    REQUIRE(back);
    REQUIRE(back->silences.size() == kWriters);
    CHECK(back->silences.back().id == "s12");
}

TEST_CASE("preferences file: what fails changes nothing") {
    const test::TemporaryDirectory directory;
    const auto failed = change_preferences(directory.path(), [](Preferences& preferences) {
        preferences.paused_until_unix_ns = kNow;
        return Status(make_error(Errc::Invalid, "no"));
    });
    REQUIRE_FALSE(failed);
    CHECK(failed.error().text.view() == "no");
    CHECK(load_preferences(directory.path())->paused_until_unix_ns == 0);
    const auto nowhere =
        change_preferences(directory / "x", [](Preferences&) { return Status(Ok{}); });
    REQUIRE_FALSE(nowhere);
    CHECK(nowhere.error().code == Errc::NotFound);
}

TEST_CASE("preferences file: a pause comes back, with an end and without") {
    for (const std::int64_t until : {std::int64_t{0}, kNow, kPausedForGoodUnixNs}) {
        CAPTURE(until);
        Preferences preferences;
        preferences.paused_until_unix_ns = until;
        const auto back = parse_preferences(to_text(preferences));
        REQUIRE(back);
        CHECK(back->paused_until_unix_ns == until);
    }
    CHECK_FALSE(parse_preferences("{\"paused_until\": \"soon\"}"));
    CHECK_FALSE(parse_preferences("{\"paused_until\": -2}"));
}

TEST_CASE("preferences file: a text that is none is refused with a reason") {
    struct Row {
        const char* text;
        const char* reason;
    };
    for (const Row& row :
         {Row{"", "no JSON"}, Row{"[]", "no JSON"}, Row{"{\"silences\": 5}", "no list"},
          Row{"{\"silences\": [5]}", "no object"},
          Row{"{\"silences\": [{\"kind\": 5}]}", "no text"},
          Row{"{\"silences\": [{\"until\": -1}]}", "whole number"},
          Row{"{\"silences\": [{\"until\": 1e300}]}", "whole number"},
          Row{"{\"feedback\": [{\"steps\": 99}]}", "whole number"}}) {
        CAPTURE(row.text);
        const auto parsed = parse_preferences(row.text);
        REQUIRE_FALSE(parsed);
        CHECK(parsed.error().text.view().find(row.reason) != std::string_view::npos);
    }
    CHECK_FALSE(parse_preferences(std::string(kPreferencesBytesMax + 1, ' ')));
    CHECK(parse_preferences("{}"));
}

TEST_CASE("preferences file: silences end by name and by time, and their number is bounded") {
    Preferences preferences;
    Silence silence;
    silence.until_unix_ns = kNow + 1;
    for (std::size_t i = 0; i < Preferences::kSilencesMax; ++i) {
        REQUIRE(add_silence(preferences, silence, kNow));
    }
    CHECK_FALSE(add_silence(preferences, silence, kNow));
    REQUIRE(remove_silence(preferences, "s3"));
    CHECK_FALSE(remove_silence(preferences, "s3"));
    CHECK(*add_silence(preferences, silence, kNow) == "s33");
    REQUIRE(add_silence(preferences, silence, kNow + 5));
    CHECK(preferences.silences.size() == 1);  // the others were over
}

TEST_CASE("preferences file: feedback is bounded and can be undone") {
    Preferences preferences;
    const Incident incident = full_disk();
    for (int i = 0; i < 20; ++i) {
        REQUIRE(give_feedback(preferences, incident, Opinion::Noise, false));
    }
    const FeedbackEffect& effect = preferences.feedback[0];
    CHECK(effect.noise == 20);
    CHECK(effect.noise_steps == Preferences::kNoiseStepsMax);
    REQUIRE(give_feedback(preferences, incident, Opinion::Noise, true));
    CHECK(effect.noise_steps == Preferences::kNoiseStepsMax - 1);
    REQUIRE(give_feedback(preferences, incident, Opinion::Useful, false));
    CHECK(effect.noise_steps == Preferences::kNoiseStepsMax - 2);
    REQUIRE(give_feedback(preferences, incident, Opinion::WrongCause, false));
    CHECK(effect.wrong_cause == 1);
    CHECK(effect.noise_steps == Preferences::kNoiseStepsMax - 2);
}
