#include "agent/drill/drill_load.hpp"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <csignal>

#include <string>
#include <vector>

#include "collectors/process_files.hpp"
#include "core/parse.hpp"
#include "core/root.hpp"

using namespace homeostat;

namespace {

struct Processes {
    int of_name = 0;
    pid_t pid = 0;
};

// Those of this name whose parent is the guardian given.
Processes children_of(pid_t guardian) {
    Processes found;
    const auto root = DirectoryRoot::open("/");
    REQUIRE(root);
    std::vector<char> buffer(65536);
    FixedString<63> path;
    format_into(path, "proc/{}/task/{}/children", guardian, guardian);
    const auto text = root->read(path.c_str(), buffer);
    if (!text) return found;
    std::string_view rest = *text;
    for (auto word = next_word(rest); !word.empty(); word = next_word(rest)) {
        ++found.of_name;
        found.pid = static_cast<pid_t>(parse_u64(word).value_or(0));
    }
    return found;
}

bool is_gone(pid_t pid) {
    return ::kill(pid, 0) != 0;
}

}  // namespace

TEST_CASE("drill_load: the worker is there while the load is, and gone after it") {
    pid_t guardian = 0;
    pid_t worker = 0;
    {
        auto load = DrillLoad::start(*find_drill("fd"), {});
        REQUIRE(load);
        CHECK(load->is_running());
        guardian = load->guardian();
        const Processes children = children_of(guardian);
        if (children.of_name == 0) {
            MESSAGE("SKIPPED: this kernel does not list the children of a process");
        } else {
            worker = children.pid;
            CHECK_FALSE(is_gone(worker));
        }
    }
    CHECK(is_gone(guardian));
    if (worker > 0) CHECK(is_gone(worker));
}

TEST_CASE(
    "drill_load: it ends by itself when its time is over, also for a signal to its guardian") {
    auto load = DrillLoad::start(*find_drill("fd"), {.length = milliseconds(50)});
    REQUIRE(load);
    CHECK(::kill(load->guardian(), SIGTERM) == 0);  // it ignores what a terminal sends
    CHECK(::kill(load->guardian(), SIGINT) == 0);
    while (load->is_running()) {
    }
    CHECK_FALSE(load->is_running());
    load->stop();
    load->stop();
}

TEST_CASE(
    "drill_load: what cannot be made is an error with its reason, and leaves nothing behind") {
    const auto clock = DrillLoad::start(*find_drill("clock"), {});
    REQUIRE_FALSE(clock);
    CHECK(clock.error().text.view().find("drill clock") != std::string_view::npos);
}
