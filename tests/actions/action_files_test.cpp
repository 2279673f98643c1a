#include "actions/action_files.hpp"

#include <fcntl.h>

#include "core/file.hpp"
#include "tests/actions/fleet_host.hpp"

using namespace homeostat;

namespace {

ActionFiles open(test::FleetHost& host) {
    auto files = ActionFiles::open(host.places(), host.clock.now());
    if (!files) MESSAGE(std::string(files.error().text.view()));
    REQUIRE(files);
    return std::move(*files);
}

}  // namespace

TEST_CASE("action_files: a bundle is found when it is looked for, and its taking is news once") {
    test::FleetHost host;
    ActionFiles files = open(host);
    CHECK(files.current().rules.size() == 1);
    CHECK_FALSE(files.take_news());
    host.leave({}, host.actions);
    CHECK(files.look(host.clock.now()));
    CHECK(files.current().rules.size() == 3);
    CHECK(files.current().stale_from_unix_ns ==
          test::ManualClock::kStartUnixNs + 30 * test::kDayNs);
    const auto news = files.take_news();
    REQUIRE(news);
    CHECK(news->taken);
    CHECK(news->text.starts_with("bundle prod 1 "));
    CHECK(news->text.ends_with(": 2 rules, 0 approvals"));
    CHECK_FALSE(files.look(host.clock.now()));
    CHECK_FALSE(files.take_news());
    // A new process finds it at once, and it is no news.
    ActionFiles again = open(host);
    CHECK(again.current().hash == files.current().hash);
    CHECK_FALSE(again.take_news());
    ::unlink(host.inbox().c_str());
    CHECK(again.look(host.clock.now()));
    CHECK(again.current().rules.size() == 1);
}

TEST_CASE("action_files: what a fleet may not bring leaves the owner's rules in force") {
    test::FleetHost host;
    host.leave({}, host.settings);  // the key for settings is none for actions
    ActionFiles files = open(host);
    CHECK(files.current().rules.size() == 1);
    const auto news = files.take_news();
    REQUIRE(news);
    CHECK_FALSE(news->taken);
    CHECK(news->text.find("bundle not taken: ") == 0);
    files.look(host.clock.now());
    CHECK_FALSE(files.take_news());  // the same again
}

TEST_CASE("action_files: no link, pipe or device is read, and nothing is waited for") {
    test::FleetHost host;
    host.directory.write("elsewhere.yml", host.actions.sealed(text_of(test::BundleShape{})));
    SUBCASE("a link") {
        REQUIRE(::symlink((host.directory / "elsewhere.yml").c_str(), host.inbox().c_str()) == 0);
    }
    SUBCASE("a directory that is a link") {
        ::rmdir((host.directory / "watcher").c_str());
        REQUIRE(::symlink(host.directory.path().c_str(), (host.directory / "watcher").c_str()) ==
                0);
        host.directory.write("actions.yml", host.actions.sealed(text_of(test::BundleShape{})));
    }
    SUBCASE("a pipe that nobody writes to") {
        REQUIRE(::mkfifo(host.inbox().c_str(), 0600) == 0);
    }
    SUBCASE("a directory") {
        REQUIRE(::mkdir(host.inbox().c_str(), 0700) == 0);
    }
    SUBCASE("too much") {
        host.leave(std::string(kBundleBytesMax + 1, '#'));
    }
    ActionFiles files = open(host);
    CHECK(files.current().rules.size() == 1);
    CHECK(files.take_news().value_or(FleetNews{true, ""}).taken == false);
}

TEST_CASE("action_files: what was accepted outlives the process, and its loss of memory is told") {
    test::FleetHost host;
    host.leave({.version = 5}, host.actions);
    CHECK(open(host).current().rules.size() == 3);
    host.leave({.version = 4}, host.actions);
    CHECK(open(host).current().rules.size() == 1);
    host.leave({.version = 5}, host.actions);
    const std::string memory = host.directory / "state/fleet";
    auto text = *read_file(memory, kFleetMemoryBytesMax);
    text[text.size() / 2] ^= 1;
    REQUIRE(write_file_atomically(memory, text, 0600));
    ActionFiles files = open(host);
    CHECK(files.current().rules.size() == 1);
    CHECK(files.take_news()->text.find("until a person has removed it") != std::string::npos);
}

TEST_CASE("action_files: a memory that cannot be written, or that others can, takes no bundle") {
    test::FleetHost host;
    host.leave({}, host.actions);
    SUBCASE("no directory") {
        ::rmdir((host.directory / "state").c_str());
    }
    SUBCASE("writable by others") {
        ::chmod((host.directory / "state").c_str(), 0777);
    }
    CHECK(open(host).current().rules.size() == 1);
}

TEST_CASE(
    "action_files: the owner's word is read again: keys that are gone take their rules along") {
    test::FleetHost host;
    host.leave({}, host.actions);
    ActionFiles files = open(host);
    CHECK(files.current().rules.size() == 3);
    host.directory.write("etc/allow.yml", "version: 1\nwatcher_uid: 4242\nactions: []\n");
    REQUIRE(files.reload(host.clock.now()));
    CHECK(files.current().rules.size() == 1);
    host.directory.write("etc/allow.yml", "version: 9\n");
    CHECK_FALSE(files.reload(host.clock.now()));
    CHECK(files.current().rules.size() == 1);
}

TEST_CASE(
    "action_files: labels and channel are the owner's, and a fleet.yml with faults is no way in") {
    test::FleetHost host;
    host.leave({.select = "{labels: {role: [db, web]}}"}, host.actions);
    CHECK(open(host).current().rules.size() == 3);
    for (const char* fleet :
         {"channel: prod\nlabels: {role: mail}\n", "channel: test\n", "channel: prod\n",
          "labels: {role: web}\n", "channel: prod\nlabels: [role]\n", "channel: [", ""}) {
        CAPTURE(fleet);
        host.directory.write("etc/fleet.yml", fleet);
        CHECK(open(host).current().rules.size() == 1);
    }
}

TEST_CASE("action_files: a use is written down, so that the clock cannot go behind it") {
    test::FleetHost host;
    host.leave({}, host.actions);
    ActionFiles files = open(host);
    host.clock.advance(hours(24));
    const std::int64_t then = host.clock.now().unix_ns;
    REQUIRE(files.note_use(host.clock.now()));
    host.clock.step_wall_clock({-2 * test::kDayNs});
    CHECK(files.time_of(host.clock.now()) == then);
    CHECK(open(host).time_of(host.clock.now()) == then);
}
