#include "agent/crash_guard.hpp"

#include <doctest/doctest.h>

#include <string>

#include "core/file.hpp"
#include "tests/support/memory_root.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace homeostat;

TEST_CASE("crash_guard: what the file of starts may hold") {
    struct Row {
        std::string text;
        std::string boot_id;
        unsigned count;
    };
    for (const Row& row :
         {Row{"abc 2\n", "abc", 2}, Row{"abc 2", "abc", 2}, Row{"", "", 0}, Row{"\n", "", 0},
          Row{"abc", "", 0}, Row{"abc x\n", "", 0}, Row{" 2\n", "", 0}, Row{"abc -1\n", "", 0},
          Row{"abc 99999999999\n", "abc", 1000}, Row{"abc 1 2\n", "", 0},
          Row{std::string(200, 'a') + " 2\n", "", 0},
          Row{std::string("\0\xff\x01 2", 5), std::string("\0\xff\x01", 3), 2}}) {
        CAPTURE(row.text);
        const StartRecord record = parse_starts(row.text);
        CHECK(record.boot_id == row.boot_id);
        CHECK(record.count == row.count);
    }
}

TEST_CASE("crash_guard (RULES B19): three starts without a good end make the fourth a safe one") {
    const test::TemporaryDirectory state;
    for (unsigned crashes = 0; crashes < 5; ++crashes) {
        const CrashGuard guard = CrashGuard::begin(state.path(), "boot-1");
        CHECK(guard.crashes() == crashes);
        CHECK(guard.safe_mode() == (crashes >= 3));
    }
}

TEST_CASE("crash_guard: an end by request is no crash") {
    const test::TemporaryDirectory state;
    for (int i = 0; i < 5; ++i) {
        CrashGuard guard = CrashGuard::begin(state.path(), "boot-1");
        CHECK(guard.crashes() == 0);
        guard.end();
    }
}

TEST_CASE("crash_guard: ten minutes that went well are forgiven, less are not") {
    const test::TemporaryDirectory state;
    CrashGuard first = CrashGuard::begin(state.path(), "boot-1");
    first.note_uptime(minutes(9));
    CrashGuard second = CrashGuard::begin(state.path(), "boot-1");
    CHECK(second.crashes() == 1);
    second.note_uptime(minutes(10));
    CHECK(CrashGuard::begin(state.path(), "boot-1").crashes() == 0);
}

TEST_CASE("crash_guard: a reset of the host is no crash of the agent") {
    const test::TemporaryDirectory state;
    for (const char* boot : {"boot-1", "boot-2", "boot-3", "boot-4", "boot-5"}) {
        CHECK(CrashGuard::begin(state.path(), boot).crashes() == 0);
    }
}

TEST_CASE("crash_guard: nothing on disk keeps a start from succeeding") {
    const test::TemporaryDirectory state;
    REQUIRE(write_file_atomically(state / kStartsFile, std::string(4096, 'x')));
    CHECK(CrashGuard::begin(state.path(), "boot-1").crashes() == 0);
    CHECK(CrashGuard::begin(state.path(), "boot-1").crashes() == 1);
    CHECK(CrashGuard::begin("/nonexistent", "boot-1").crashes() == 0);
    // A kernel without a boot id: nothing is counted, nothing is written.
    CHECK(CrashGuard::begin(state.path(), "").crashes() == 0);
}

TEST_CASE("crash_guard: the boot id of a host, and of one that has none") {
    test::MemoryRoot root;
    CHECK(read_boot_id(root).empty());
    root.set("proc/sys/kernel/random/boot_id", "6f1c-22\n");
    CHECK(read_boot_id(root) == "6f1c-22");
    root.set("proc/sys/kernel/random/boot_id", "two words\n");
    CHECK(read_boot_id(root).empty());
}
