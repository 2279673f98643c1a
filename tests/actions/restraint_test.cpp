#include "actions/restraint.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "tests/support/scripted_spawner.hpp"

namespace homeostat {
namespace {

std::string shown(std::string_view cpu, std::string_view io, std::string_view high,
                  std::string_view used) {
    return fmt::format(
        "LoadState=loaded\nCPUWeight={}\nIOWeight={}\nMemoryHigh={}\nMemoryCurrent={}\n", cpu, io,
        high, used);
}

std::vector<ShareChange> plan(const std::string& text, const Restraint& wanted) {
    test::ScriptedSpawner spawner;
    spawner.answer(0, text);
    const auto changes = plan_restraint(wanted, "app.service", spawner);
    REQUIRE(changes);
    return *changes;
}

constexpr Restraint kAll{
    .cpu_weight = 20, .io_weight = 30, .memory_high = 0.5, .length = minutes(10)};

TEST_CASE("restraint: shares are lowered, never raised") {
    struct Row {
        std::string text;
        std::vector<ShareChange> changes;
    };
    for (const Row& row :
         {Row{shown("[not set]", "18446744073709551615", "infinity", "200000"),
              {{"CPUWeight", "", "20"},
               {"IOWeight", "", "30"},
               {"MemoryHigh", "infinity", "65536"}}},
          Row{shown("500", "100", "10000000", "200000"),
              {{"CPUWeight", "500", "20"},
               {"IOWeight", "100", "30"},
               {"MemoryHigh", "10000000", "65536"}}},
          Row{shown("20", "30", "65536", "200000"), {}}, Row{shown("1", "1", "4096", "200000"), {}},
          Row{shown("1", "1", "infinity", "0"), {}}}) {
        CAPTURE(row.text);
        CHECK(plan(row.text, kAll) == row.changes);
    }
    CHECK(plan(shown("100", "100", "infinity", "1000000"),
               {.cpu_weight = {}, .io_weight = 5, .memory_high = {}, .length = minutes(1)}) ==
          std::vector<ShareChange>{{"IOWeight", "100", "5"}});
}

TEST_CASE("restraint: what cannot be asked or set is an error, not a guess") {
    test::ScriptedSpawner spawner;
    CHECK(plan_restraint(kAll, "app.service", spawner).error().code == Errc::NotFound);
    spawner.answer(0, "LoadState=not-found\n");
    CHECK(plan_restraint(kAll, "app.service", spawner).error().code == Errc::NotAvailable);
    for (const char* uncounted : {"[not set]", "18446744073709551615"}) {
        spawner.answer(0, shown("1", "1", "infinity", uncounted));
        CHECK(plan_restraint(kAll, "app.service", spawner).error().text ==
              "app.service does not run, or nobody counts its memory");
    }
    spawner.answer(1, "", "Unit app.service is masked.\n");
    const auto begun = begin_restraint({{"CPUWeight", "", "20"}}, "app.service", spawner);
    REQUIRE_FALSE(begun);
    CHECK(begun.error().text.view().find("masked") != std::string_view::npos);
    CHECK(begin_restraint({}, "app.service", spawner));
}

TEST_CASE("restraint: only what still has our value is put back, and it may be repeated") {
    const std::vector<ShareChange> changes{{"CPUWeight", "", "20"}, {"IOWeight", "200", "30"}};
    struct Row {
        std::string text;
        std::size_t put_back;
        std::string_view last;
    };
    for (const Row& row : {Row{shown("20", "30", "infinity", "1"), 2, "IOWeight=200"},
                           Row{shown("20", "77", "infinity", "1"), 1, "CPUWeight="},
                           Row{shown("[not set]", "200", "infinity", "1"), 0, ""}}) {
        CAPTURE(row.text);
        test::ScriptedSpawner spawner;
        spawner.answer(0, row.text);
        spawner.answer(0);
        const auto ended = end_restraint(changes, "app.service", spawner);
        REQUIRE(ended);
        CHECK(*ended == row.put_back);
        if (row.put_back > 0) CHECK(spawner.asked.back().argv.back() == row.last);
        CHECK(spawner.asked.size() == (row.put_back > 0 ? 2 : 1));
    }
}

TEST_CASE("restraint: systemd's files go with it where they are all there is over the unit") {
    const std::vector<ShareChange> changes{{"CPUWeight", "", "20"},
                                           {"MemoryHigh", "infinity", "65536"}};
    const std::string control = "/run/systemd/system.control/app.service.d/";
    const std::string ours = control + "50-CPUWeight.conf " + control + "50-MemoryHigh.conf";
    struct Row {
        std::string fragment;
        std::string drop_ins;
        std::string_view high;
        bool reverted;
    };
    const std::string vendor = "/lib/systemd/system/app.service";
    for (const Row& row : {
             Row{vendor, ours, "65536", true}, Row{"/usr" + vendor, ours, "65536", true},
             Row{vendor, "/usr/lib/systemd/system/service.d/10-a.conf " + ours, "65536", true},
             Row{"/etc/systemd/system/app.service", ours, "65536", false},
             Row{"/run/systemd/transient/app.service", ours, "65536", false},
             Row{"", ours, "65536", false},
             Row{vendor, ours + " /etc/systemd/system/app.service.d/a.conf", "65536", false},
             Row{vendor, ours + " " + control + "50-TasksMax.conf", "65536", false},
             Row{vendor, ours + " /run/systemd/system/app.service.d/x.conf", "65536", false},
             Row{vendor, ours + "x", "65536", false},
             Row{vendor, ours, "7", false},  // somebody else's now
         }) {
        CAPTURE(row.fragment);
        CAPTURE(row.drop_ins);
        test::ScriptedSpawner spawner;
        spawner.answer(0, shown("20", "1", row.high, "1") + "FragmentPath=" + row.fragment +
                              "\nDropInPaths=" + row.drop_ins + "\n");
        spawner.answer(0);
        spawner.answer(0);
        REQUIRE(end_restraint(changes, "app.service", spawner));
        const std::vector<std::string>& last = spawner.asked.back().argv;
        const bool reverted = std::find(last.begin(), last.end(), "revert") != last.end();
        CHECK(reverted == row.reverted);
        if (reverted) CHECK(last.back() == "app.service");
    }
    // What was no default before may be the owner's own runtime setting: it stays in its file.
    test::ScriptedSpawner spawner;
    spawner.answer(0, shown("20", "1", "infinity", "1") + "FragmentPath=" + vendor +
                          "\nDropInPaths=" + control + "50-CPUWeight.conf\n");
    spawner.answer(0);
    REQUIRE(end_restraint({{"CPUWeight", "50", "20"}}, "app.service", spawner));
    CHECK(spawner.asked.back().argv.back() == "CPUWeight=50");
}

TEST_CASE("restraint: people read what it changes") {
    CHECK(describe_changes({}).empty());
    CHECK(describe_changes({{"CPUWeight", "", "20"}, {"MemoryHigh", "infinity", "4096"}}) ==
          "CPUWeight default -> 20, MemoryHigh infinity -> 4096");
}

}  // namespace
}  // namespace homeostat
