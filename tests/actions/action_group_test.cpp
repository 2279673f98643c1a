#include "actions/action_group.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "core/file.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace homeostat;

TEST_CASE("action group: the group of version 2 is found, whatever else is mounted") {
    struct Row {
        std::string_view text;
        std::string_view group;
    };
    for (const Row& row : {
             Row{"0::/system.slice/a.service\n", "/system.slice/a.service"},
             Row{"12:memory:/x\n1:name=systemd:/y\n0::/z\n", "/z"},
             Row{"0::/\n", ""},  // the root group has no room for others
             Row{"0::\n", ""},
             Row{"0::relative\n", ""},
             Row{"0::/a/../../etc\n", ""},
             Row{"0::/a/..\n", ""},
             Row{"1:name=systemd:/y\n", ""},
             Row{"", ""},
             Row{"\xff\xfe garbage", ""},
         }) {
        CAPTURE(row.text);
        CHECK(unified_group(row.text) == row.group);
    }
}

TEST_CASE("action group: without a group of version 2 there is none, and nothing is done") {
    const test::TemporaryDirectory directory;
    const ActionGroup none = ActionGroup::make(directory.path(), "");
    CHECK_FALSE(none.exists());
    CHECK_FALSE(none.take(1));
    CHECK_FALSE(none.kill());
    CHECK_FALSE(ActionGroup::make(directory / "missing", "/a").exists());
}

TEST_CASE("action group: a place that is no control group is not used, and not left behind") {
    const test::TemporaryDirectory directory;
    REQUIRE(::mkdir((directory / "own").c_str(), 0755) == 0);
    CHECK_FALSE(ActionGroup::make(directory.path(), "/own").exists());
}

TEST_CASE("action group (RULES B3): the run is put in and killed through the group's own files") {
    const test::TemporaryDirectory directory;
    REQUIRE(::mkdir((directory / "own").c_str(), 0755) == 0);
    REQUIRE(::mkdir((directory / "own/run").c_str(), 0755) == 0);
    directory.write("own/run/cgroup.kill", "");
    directory.write("own/run/cgroup.procs", "");
    {
        const ActionGroup group = ActionGroup::make(directory.path(), "/own");
        REQUIRE(group.exists());
        CHECK(group.path() == directory / "own/run");
        CHECK(group.take(4711));
        CHECK(group.kill());
    }
    CHECK(*read_file(directory / "own/run/cgroup.procs", 100) == "4711");
    CHECK(*read_file(directory / "own/run/cgroup.kill", 100) == "1");
}
