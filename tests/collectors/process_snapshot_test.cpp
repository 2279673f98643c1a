#include "collectors/process_snapshot.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "collectors/process_table.hpp"
#include "core/allocation_guard.hpp"
#include "tests/collectors/fake_process.hpp"
#include "tests/collectors/fixture_host.hpp"

using namespace homeostat;
using test::FakeProcess;

namespace {

struct Host {
    test::MemoryRoot root;
    ProcessTable table{512, 4096};
    std::vector<char> buffer = std::vector<char>(4096);
    Instant now{.monotonic_ns = 1, .unix_ns = 1};

    Host() { FakeProcess{.pid = 1}.put(root); }
    void scan() {
        REQUIRE(table.scan(root, buffer, now));
        now = now + seconds(5);
    }
    std::string text() {
        ProcessSnapshotText out;
        table.describe(root, buffer, out);
        CHECK_FALSE(out.truncated());
        return std::string(out.view());
    }
};

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("process_snapshot: who stands out is told once, with unit, state and rates") {
    Host host;
    for (std::uint64_t pass = 0; pass < 2; ++pass) {
        FakeProcess{.pid = 50,
                    .name = "hog",
                    .cpu_ticks = pass * 450,
                    .rss_pages = 100 + pass * 5120,
                    .start_ticks = 1200,
                    .written_bytes = pass * (10U << 20U),
                    .cgroup = "0::/system.slice/hog.service\n"}
            .put(host.root);
        FakeProcess{.pid = 51, .name = "x", .cgroup = "0::/user.slice/\x1b[2J.scope\n"}.put(
            host.root);
        FakeProcess{.pid = 60, .name = "stuck", .state = 'D', .kernel_thread = true}.put(host.root);
        FakeProcess{.pid = 61, .name = "worker", .kernel_thread = true}.put(host.root);
        FakeProcess{.pid = 62, .name = "dead", .state = 'Z'}.put(host.root);
        host.scan();
    }
    const std::string text = host.text();
    CHECK(has(text, "6 processes, 5 told: "));
    CHECK(has(text, "     50 S   0.90"));
    CHECK(has(text, "     12 hog, hog.service\n"));
    CHECK(has(text, " x, ?[2J.scope\n"));
    CHECK(has(text, "     60 D "));
    CHECK(has(text, "     62 Z "));
    CHECK_FALSE(has(text, "worker"));
    CHECK(text.find("hog, ") == text.rfind("hog, "));
    CHECK(has(text, "state D or Z (2, "));
}

TEST_CASE("process_snapshot: a crowd is told up to a bound, and nothing is allocated") {
    Host host;
    for (int pid = 100; pid < 500; ++pid) {
        FakeProcess{.pid = pid,
                    .name = "a\nb\x1b]0;x",
                    .state = 'D',
                    .rss_pages = static_cast<std::uint64_t>(pid),
                    .cgroup = "0::/system.slice/" + std::string(119, 'u') + ".service\n"}
            .put(host.root);
    }
    host.scan();
    ProcessSnapshotText out;
    const AllocationGuard guard;
    host.table.describe(host.root, host.buffer, out);
    CHECK(guard.count() == 0);
    const std::string text(out.view());
    CHECK_FALSE(out.truncated());
    CHECK(has(text, "state D or Z (400, at most 64 told)"));
    CHECK(has(text, "a?b?]0;x"));
    const auto lines = std::count(text.begin(), text.end(), '\n');
    CHECK(lines == 2 + static_cast<std::ptrdiff_t>(kSnapshotProcesses));
    // The largest of them.
    CHECK(has(text, "    499 D "));
}
