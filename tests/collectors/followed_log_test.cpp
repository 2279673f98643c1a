#include "collectors/followed_log.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <vector>

#include "tests/support/temporary_directory.hpp"

using namespace homeostat;

namespace {

struct Fixture {
    test::TemporaryDirectory directory;
    DirectoryFiles files = std::move(*DirectoryFiles::open_root(directory.path().c_str()));
    FollowedLog log{"var/log/app"};
    std::vector<char> buffer = std::vector<char>(8192);
    std::vector<std::string> seen;

    Status poll() {
        return log.poll(files, buffer, [&](std::string_view line) { seen.emplace_back(line); });
    }
    void append(std::string_view text) {
        std::ofstream(directory / "var/log/app", std::ios::app) << text;
    }
    using Seen = std::vector<std::string>;
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "followed_log: from the end on, whole lines only") {
    directory.write("var/log/app", "old\n");
    REQUIRE(poll());
    append("a\nb\nhal");
    REQUIRE(poll());
    CHECK(seen == Seen{"a", "b"});
    REQUIRE(poll());
    append("f\n\n");
    REQUIRE(poll());
    CHECK(seen == Seen{"a", "b", "half", ""});
}

TEST_CASE_FIXTURE(Fixture, "followed_log: a renamed file is read to its end, then the new one") {
    directory.write("var/log/app", "old\n");
    REQUIRE(poll());
    append("a\n");
    const std::string path = directory / "var/log/app";
    REQUIRE(::rename(path.c_str(), (path + ".1").c_str()) == 0);
    REQUIRE(poll());
    CHECK(poll().error().code == Errc::NotFound);
    append("b\n");
    REQUIRE(poll());
    CHECK(seen == Seen{"a", "b"});
}

TEST_CASE_FIXTURE(Fixture, "followed_log: a file truncated in place is read from its start") {
    directory.write("var/log/app", "old\nolder\n");
    REQUIRE(poll());
    REQUIRE(::truncate((directory / "var/log/app").c_str(), 0) == 0);
    append("new\n");
    REQUIRE(poll());
    CHECK(seen == Seen{"new"});
}

TEST_CASE_FIXTURE(Fixture, "followed_log: a line of any length or bytes is handed out, cut") {
    directory.write("var/log/app", "");
    REQUIRE(poll());
    append(std::string(20'000, 'x') + "\n" + std::string("\0\xff", 2) + "\n" +
           std::string(FollowedLog::kLineMax, 'y') + "\nend\n");
    REQUIRE(poll());
    REQUIRE(seen.size() == 4);
    CHECK(seen[0] == std::string(FollowedLog::kLineMax, 'x'));
    CHECK(seen[1] == std::string("\0\xff", 2));
    CHECK(seen[2] == std::string(FollowedLog::kLineMax, 'y'));
    CHECK(seen[3] == "end");
}

TEST_CASE_FIXTURE(Fixture,
                  "followed_log: far behind, it goes on near the end and counts the rest") {
    directory.write("var/log/app", "");
    REQUIRE(poll());
    const std::string line(1023, 'z');
    std::string flood;
    for (int i = 0; i < 9 * 1024; ++i) flood += line + "\n";
    append(flood);
    REQUIRE(poll());
    CHECK(seen.size() == 1024 - 1);  // the first one may have begun before
    CHECK(log.lost_bytes() == 8U * 1024 * 1024);
}

TEST_CASE_FIXTURE(Fixture, "followed_log: what is no file is refused") {
    directory.write("var/log/app/below", "x");
    CHECK(poll().error().code == Errc::Invalid);
}
