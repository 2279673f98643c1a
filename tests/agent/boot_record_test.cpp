#include "agent/boot_record.hpp"

#include <doctest/doctest.h>

#include "tests/support/manual_clock.hpp"
#include "tests/support/memory_root.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace homeostat;

namespace {

struct Fixture {
    test::TemporaryDirectory state;
    test::MemoryRoot root;
    test::ManualClock clock;

    void boot(const char* id, const char* kernel) {
        root.set("proc/sys/kernel/random/boot_id", std::string(id) + "\n");
        root.set("proc/sys/kernel/osrelease", std::string(kernel) + "\n");
    }
    FixedVector<Event, 2> start() { return note_start(root, state.path(), clock.now()); }
};

}  // namespace

TEST_CASE("boot_record: reads what it wrote, and nothing else") {
    const BootRecord record{.boot_id = "a-b", .kernel = "6.1.0-18-amd64", .stopped = true};
    const auto again = parse_boot_record(to_text(record));
    REQUIRE(again);
    CHECK(again->boot_id == "a-b");
    CHECK(again->kernel == "6.1.0-18-amd64");
    CHECK(again->stopped);
    for (const std::string& text :
         {std::string(), std::string("a-b 6.1"), std::string("a-b 6.1 other"),
          std::string("a 6.1 running more"), std::string(5000, 'x') + " 6.1 running"}) {
        CHECK_FALSE(parse_boot_record(text));
    }
}

TEST_CASE_FIXTURE(Fixture, "boot_record: the first start and a mere restart tell nothing") {
    CHECK(start().empty());  // /proc does not say
    boot("one", "6.1");
    CHECK(start().empty());
    CHECK(start().empty());
}

TEST_CASE_FIXTURE(Fixture,
                  "boot_record: a reboot says whether it was clean, and a new kernel its name") {
    boot("one", "6.1");
    CHECK(start().empty());
    boot("two", "6.1");
    auto events = start();
    REQUIRE(events.size() == 1);
    CHECK(events[0].kind == EventKind::Reboot);
    CHECK(events[0].text == "the machine was started anew, without a clean shutdown before");
    REQUIRE(note_stop(root, state.path()));
    boot("three", "6.6");
    events = start();
    REQUIRE(events.size() == 2);
    CHECK(events[0].text == "the machine was started anew");
    CHECK(events[1].kind == EventKind::KernelChanged);
    CHECK(events[1].text == "the kernel is 6.6 now, it was 6.1");
}
