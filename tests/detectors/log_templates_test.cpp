#include "detectors/log_templates.hpp"

#include <doctest/doctest.h>

#include <string>

#include "core/allocation_guard.hpp"

using namespace homeostat;

TEST_CASE("log templates: lines that differ in their values are one sentence") {
    LogTemplates templates;
    const auto first =
        templates.observe("Accepted publickey for user ann from 10.0.0.7 port 51234");
    CHECK(first.is_new);
    CHECK(first.id == 1);
    CHECK(first.text == "Accepted publickey for user <*> from <*> port <*>");
    const auto second = templates.observe("Accepted publickey for user bob from 10.0.0.9 port 4");
    CHECK_FALSE(second.is_new);
    CHECK(second.id == 1);
    CHECK(second.count == 2);
}

TEST_CASE("log templates: one word that differs makes another sentence") {
    LogTemplates templates;
    const auto up = templates.observe("interface eth0 is up").id;
    const auto down = templates.observe("interface eth0 is down").id;
    CHECK(up != down);
    CHECK(templates.observe("interface eth7 is up").id == up);
    CHECK(templates.size() == 2);
}

TEST_CASE("log templates: a name that differs becomes a value") {
    LogTemplates templates;
    const auto first = templates.observe("module snd-hda loaded with no trouble at all").id;
    const auto second = templates.observe("module usb-storage loaded with no trouble at all");
    CHECK(second.id == first);
    CHECK(second.text == "module <*> loaded with no trouble at all");
    // Too little in common: "a-b" against "c-d" is all there is.
    CHECK(templates.observe("snd-hda").id != templates.observe("usb-storage").id);
}

TEST_CASE("log templates: when all places are taken the one not met for longest goes") {
    LogTemplates templates(2);
    const auto first = templates.observe("alpha").id;
    templates.observe("beta");
    templates.observe("alpha");
    templates.observe("gamma");  // in the place of beta
    CHECK(templates.forgotten() == 1);
    CHECK(templates.observe("alpha").id == first);
    const auto again = templates.observe("beta");
    CHECK(again.is_new);
    CHECK(again.id == 4);
    CHECK(again.count == 1);
    CHECK(templates.size() == 2);
}

TEST_CASE("log templates: memory is taken once, whatever comes") {
    LogTemplates templates;
    const std::size_t before = templates.memory_bytes();
    CHECK(before <= 256 * 1024);
    std::string line(200, ' ');
    const AllocationGuard guard;
    std::uint64_t state = 42;
    for (int i = 0; i < 20000; ++i) {
        for (char& c : line) {
            state = state * 6364136223846793005ULL + 1442695040888963407ULL;
            c = static_cast<char>(state >> 56U);
        }
        const auto match = templates.observe(line);
        REQUIRE(match.id > 0);
        REQUIRE(match.text.size() <= LogTemplates::kTextMax);
    }
    CHECK(guard.count() == 0);
    CHECK(templates.memory_bytes() == before);
    CHECK(templates.size() == LogTemplates::kTemplatesMax);
}

TEST_CASE("log templates: the empty line is a sentence too") {
    LogTemplates templates;
    CHECK(templates.observe("").id == templates.observe("   ").id);
}

TEST_CASE("log templates: the summary has the most frequent first, equal ones as they came") {
    LogTemplates templates;
    for (const char* line : {"one", "two", "three", "two"}) templates.observe(line);
    const auto all = templates.by_count();
    REQUIRE(all.size() == 3);
    CHECK(all[0].text == "two");
    CHECK(all[0].count == 2);
    CHECK(all[1].text == "one");
    CHECK(all[2].text == "three");
}
