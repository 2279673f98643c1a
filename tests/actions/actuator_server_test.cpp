#include "actions/actuator_server.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <string>
#include <thread>

#include "actions/actuator_client.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/memory_root.hpp"
#include "tests/support/scripted_spawner.hpp"
#include "tests/support/temporary_directory.hpp"

namespace homeostat {
namespace {

class CountingRunner final : public ActionRunner {
public:
    Result<RunOutcome> run(const RunOrder&) override {
        ++runs;
        return RunOutcome{.failed = false, .ok = 1, .changed = 1, .failures = 0, .detail = "done"};
    }
    int runs = 0;
};

struct World {
    World() {
        REQUIRE(parse_rulebook("r.yml",
                               "- rules: [{name: r, condition: event.value > 1, mode: auto, "
                               "action: {run_playbook: {name: p.yml}}}]\n",
                               config.rules));
        auto list = parse_allow_list("allow.yml",
                                     "version: 1\nwatcher_uid: 1\nmax_mode: auto\nactions:\n"
                                     "  - {rule: r, playbook: p.yml, max_mode: auto, targets: "
                                     "[host], requires: nothing}\n");
        REQUIRE(list);
        config.allow_list = std::move(*list);
        config.has_allow_list = true;
        config.hash = 1;
        root.set("proc/sys/kernel/random/boot_id", "b");
        clock.advance(hours(1));
        auto opened =
            Actuator::open(config, ::geteuid(), state.path(),
                           {.root = root, .clock = clock, .spawner = spawner, .runner = runner});
        REQUIRE(opened);
        actuator.emplace(std::move(*opened));
    }

    // What the server answers to these bytes: the body, empty when it only closed.
    std::string converse(std::string_view bytes) {
        std::array<int, 2> ends{};
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
        const Descriptor ours(ends[0]);
        REQUIRE(::send(ours.get(), bytes.data(), bytes.size(), 0) ==
                static_cast<ssize_t>(bytes.size()));
        ::shutdown(ours.get(), SHUT_WR);
        serve_connection(Descriptor(ends[1]), *actuator);
        std::string answer(kAnswerBytesMax, '\0');
        const ssize_t size = ::recv(ours.get(), answer.data(), answer.size(), 0);
        answer.resize(size > 4 ? static_cast<std::size_t>(size) : 0);
        return answer.empty() ? answer : answer.substr(4);
    }

    test::TemporaryDirectory state;
    test::ManualClock clock;
    test::MemoryRoot root;
    test::ScriptedSpawner spawner;
    CountingRunner runner;
    ActionConfig config;
    std::optional<Actuator> actuator;
};

ActionRequest request_with(std::uint64_t nonce) {
    return {.opcode = Opcode::Run,
            .rule = 0,
            .target = 0,
            .mode = ActionMode::Auto,
            .incident = {},
            .nonce = nonce,
            .config_hash = 1};
}

std::string bytes_of(const ActionRequest& request) {
    const RequestBytes bytes = encode(request);
    return {bytes.begin(), bytes.end()};
}

TEST_CASE("actuator server: a good request is answered with its report") {
    World world;
    const auto report = decode_report(world.converse(bytes_of(request_with(8))), 8);
    REQUIRE(report);
    CHECK(report->ran);
    CHECK(report->detail == "done");
    CHECK(world.runner.runs == 1);
}

TEST_CASE("actuator server (RULES D18): lengths 0 to 4096 and gone callers run nothing") {
    World world;
    const std::string good = bytes_of(request_with(8));
    for (std::size_t size = 0; size <= 4096; size += size < 130 ? 1 : 61) {
        if (size == kRequestBytes) continue;
        std::string bytes = good;
        bytes.resize(size, 'x');
        CAPTURE(size);
        const auto report = decode_report(world.converse(bytes), 0);
        REQUIRE(report);
        CHECK_FALSE(report->ran);
    }
    for (int i = 0; i < 50; ++i) {
        std::array<int, 2> ends{};
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
        ::close(ends[0]);
        serve_connection(Descriptor(ends[1]), *world.actuator);
    }
    CHECK(world.runner.runs == 0);
}

TEST_CASE("actuator server: serves over a socket until it is idle, told to stop or to reload") {
    World world;
    const test::TemporaryDirectory directory;
    const std::string path = directory / "s";
    const auto listener = listen_at(path, ::geteuid());
    REQUIRE(listener);
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777U) == 0600U);
    const Descriptor stop(::eventfd(0, EFD_CLOEXEC));
    const Descriptor reload(::eventfd(0, EFD_CLOEXEC));

    Result<ActionReport> report = make_error(Errc::Failed, "not asked");
    std::thread watcher([&] {
        report = request_action(path, request_with(3), seconds(20));
        const std::uint64_t one = 1;
        if (::write(stop.get(), &one, sizeof one) < 0) return;
    });
    const auto end = serve(*listener, *world.actuator, stop.get(), reload.get(), Duration{});
    watcher.join();
    REQUIRE(end);
    CHECK(*end == ServeEnd::Stop);
    REQUIRE(report);
    CHECK(report->ran);

    const Descriptor quiet(::eventfd(0, EFD_CLOEXEC));
    CHECK(*serve(*listener, *world.actuator, quiet.get(), reload.get(), milliseconds(1)) ==
          ServeEnd::Idle);
    const std::uint64_t one = 1;
    REQUIRE(::write(reload.get(), &one, sizeof one) == sizeof one);
    CHECK(*serve(*listener, *world.actuator, quiet.get(), reload.get(), Duration{}) ==
          ServeEnd::Reload);
}

// The limit is for all 64 bytes: each byte alone would have come in time. The bytes stop when the
// server has hung up.
TEST_CASE("actuator server (RULES T5): who sends byte by byte holds nobody up for long") {
    World world;
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
    const Descriptor ours(ends[0]);
    const std::string bytes = bytes_of(request_with(8));
    std::size_t sent = 0;
    std::thread slow([&] {
        for (; sent < bytes.size(); ++sent) {
            if (::send(ours.get(), &bytes[sent], 1, MSG_NOSIGNAL) != 1) return;
            pollfd gone{ours.get(), POLLRDHUP, 0};
            if (::poll(&gone, 1, 20) != 0) return;
        }
    });
    serve_connection(Descriptor(ends[1]), *world.actuator, milliseconds(40));
    slow.join();
    CHECK(sent < bytes.size() / 2);
    CHECK(world.runner.runs == 0);
}

TEST_CASE("actuator server: a left-over socket is replaced, anything else is not") {
    const test::TemporaryDirectory directory;
    const std::string path = directory / "s";
    {
        const auto first = listen_at(path, ::geteuid());
        REQUIRE(first);
        const auto second = listen_at(path, ::geteuid());
        REQUIRE_FALSE(second);
        CHECK(second.error().text.view().find("another actuator listens") !=
              std::string_view::npos);
    }
    CHECK(listen_at(path, ::geteuid()));
    const std::string file = directory.write("file", "keep");
    CHECK(listen_at(file, ::geteuid()).error().code == Errc::Invalid);
    CHECK(listen_at(std::string(200, 'x'), ::geteuid()).error().code == Errc::Limit);
    CHECK(listen_at("", ::geteuid()).error().code == Errc::Limit);
    CHECK(listen_at(directory / "none/s", ::geteuid()).error().code == Errc::NotFound);
}

// In a child, because descriptor 3 of this process is somebody's.
TEST_CASE("actuator server (RULES C2 row 17): systemd's socket goes to no program of an action") {
    const test::TemporaryDirectory directory;
    const auto listener = listen_at(directory / "s", ::geteuid());
    REQUIRE(listener);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        const int copy = ::fcntl(listener->get(), F_DUPFD, 10);  // it may be 3 itself
        if (::dup2(copy, 3) != 3) ::_exit(2);
        auto taken = inherited_socket("7", "1", 7);
        const int flags = ::fcntl(3, F_GETFD);
        ::_exit(taken && flags >= 0 && (flags & FD_CLOEXEC) != 0 ? 0 : 1);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
}

TEST_CASE("actuator server: systemd's socket is taken only when it is meant for us") {
    CHECK_FALSE(inherited_socket(nullptr, nullptr, 5));
    CHECK_FALSE(inherited_socket("5", nullptr, 5));
    CHECK_FALSE(inherited_socket("6", "1", 5));
    CHECK_FALSE(inherited_socket("5", "2", 5));
    CHECK_FALSE(inherited_socket("5", "x", 5));
    CHECK_FALSE(inherited_socket("", "1", 5));
}

}  // namespace
}  // namespace homeostat
