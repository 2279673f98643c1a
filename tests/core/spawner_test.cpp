#include "core/spawner.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <string>

using namespace homeostat;

namespace {

Result<ExitReport> run(std::vector<std::string> argv, std::string input = {},
                       Duration timeout = seconds(60)) {
    ProcessSpawner spawner;
    Command command;
    command.argv = std::move(argv);
    command.environment = {"LANG=C.UTF-8"};
    command.standard_input = std::move(input);
    command.timeout = timeout;
    return spawner.run(command);
}

}  // namespace

TEST_CASE("spawner: reports output, errors and the exit status apart") {
    const auto report = run({"/bin/sh", "-c", "echo out; echo err >&2; exit 3"});
    REQUIRE(report);
    CHECK(report->code == 3);
    CHECK(report->output == "out\n");
    CHECK(report->errors == "err\n");
    CHECK_FALSE(report->succeeded());
}

TEST_CASE("spawner: only the given environment is there, and standard input as given") {
    const auto environment = run({"/usr/bin/env"});
    REQUIRE(environment);
    CHECK(environment->output == "LANG=C.UTF-8\n");
    const std::string long_text(300'000, 'x');
    const auto echo = run({"/usr/bin/wc", "-c"}, long_text);
    REQUIRE(echo);
    CHECK(echo->output == "300000\n");
    CHECK(run({"/bin/cat"})->output.empty());
}

TEST_CASE(
    "spawner (RULES B3, C2 row 17): a program has its three streams and nothing else of ours") {
    const int left_open = ::open("/dev/null", O_RDONLY);  // as systemd hands a socket over
    REQUIRE(left_open > 2);
    const auto report = run({"/bin/ls", "/proc/self/fd"});
    ::close(left_open);
    REQUIRE(report);
    CHECK(report->output == "0\n1\n2\n3\n");  // 3 is the directory that ls reads
}

TEST_CASE("spawner: a program must be absolute and must exist") {
    CHECK(run({"sh"}).error().code == Errc::Invalid);
    CHECK(run({}).error().code == Errc::Invalid);
    const auto missing = run({"/nonexistent/program"});
    REQUIRE_FALSE(missing);
    CHECK(missing.error().code == Errc::NotFound);
    CHECK(missing.error().text == "start /nonexistent/program: No such file or directory");
}

TEST_CASE("spawner: at the deadline the whole group dies, also what ignores SIGTERM") {
    const auto report = run({"/bin/sh", "-c", "trap '' TERM; echo begun; sleep 1000 & sleep 1000"},
                            {}, milliseconds(300));
    REQUIRE(report);
    CHECK(report->timed_out);
    CHECK(report->signal == 9);
    CHECK(report->output == "begun\n");
}

TEST_CASE("spawner: a child left in the background does not hold us up") {
    const auto report = run({"/bin/sh", "-c", "sleep 1000 & echo done"}, {}, seconds(50));
    REQUIRE(report);
    CHECK(report->succeeded());
    CHECK(report->output == "done\n");
}

TEST_CASE("spawner: output beyond the cap is thrown away and said") {
    ProcessSpawner spawner;
    Command command;
    command.argv = {"/usr/bin/head", "-c", "1000000", "/dev/zero"};
    command.output_max = 1000;
    const auto report = spawner.run(command);
    REQUIRE(report);
    CHECK(report->output.size() == 1000);
    CHECK(report->output_truncated);
    CHECK(report->succeeded());
}

TEST_CASE("spawner: death by signal is told as one") {
    const auto report = run({"/bin/sh", "-c", "kill -SEGV $$"});
    REQUIRE(report);
    CHECK(report->signal == 11);
    CHECK_FALSE(report->succeeded());
}
