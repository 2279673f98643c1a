#include "actions/actuator_client.hpp"

#include <doctest/doctest.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <functional>
#include <string>
#include <thread>

#include "actions/descriptor.hpp"
#include "tests/support/temporary_directory.hpp"

namespace homeostat {
namespace {

// Listens at a path and treats one caller as told.
class OneAnswer {
public:
    OneAnswer(const std::string& path, std::function<void(int)> treat) {
        listener_ = Descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
        REQUIRE(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address),
                       sizeof address) == 0);
        REQUIRE(::listen(listener_.get(), 1) == 0);
        thread_ = std::thread([this, treat = std::move(treat)] {
            const Descriptor caller(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
            treat(caller.get());
        });
    }
    ~OneAnswer() { thread_.join(); }
    OneAnswer(const OneAnswer&) = delete;
    OneAnswer& operator=(const OneAnswer&) = delete;

private:
    Descriptor listener_;
    std::thread thread_;
};

void read_request(int fd) {
    RequestBytes bytes{};
    (void)::recv(fd, bytes.data(), bytes.size(), MSG_WAITALL);
}

void send_text(int fd, std::uint32_t size, const std::string& text) {
    std::string message(4, '\0');
    for (std::size_t i = 0; i < 4; ++i) message[i] = static_cast<char>(size >> (8 * i));
    message += text;
    (void)::send(fd, message.data(), message.size(), MSG_NOSIGNAL);
}

constexpr ActionRequest kRequest{.opcode = Opcode::Ping,
                                 .rule = 0,
                                 .target = 0,
                                 .mode = ActionMode::Observe,
                                 .incident = {},
                                 .nonce = 9,
                                 .config_hash = 0};

TEST_CASE("actuator client: the report of an answer, in pieces or whole") {
    const test::TemporaryDirectory directory;
    ActionReport sent;
    sent.detail = "hello";
    const std::string body = encode_report(sent, 9);
    const OneAnswer server(directory / "s", [&](int fd) {
        read_request(fd);
        std::string message(4, '\0');
        for (std::size_t i = 0; i < 4; ++i) message[i] = static_cast<char>(body.size() >> (8 * i));
        message += body;
        for (const char c : message) (void)::send(fd, &c, 1, MSG_NOSIGNAL);
    });
    const auto report = request_action(directory / "s", kRequest, seconds(20));
    REQUIRE(report);
    CHECK(report->detail == "hello");
}

TEST_CASE("actuator client: nobody there, nobody listening, a path too long") {
    const test::TemporaryDirectory directory;
    const auto missing = request_action(directory / "none", kRequest, seconds(1));
    REQUIRE_FALSE(missing);
    CHECK(missing.error().code == Errc::NotFound);
    CHECK(missing.error().text.view().find("the actuator cannot be reached at") == 0);
    const std::string file = directory.write("file", "");
    CHECK(request_action(file, kRequest, seconds(1)).error().code == Errc::Failed);
    CHECK(request_action(std::string(300, 'x'), kRequest, seconds(1)).error().code == Errc::Limit);
    CHECK(request_action("", kRequest, seconds(1)).error().code == Errc::Limit);
}

TEST_CASE("actuator client: a peer that hangs up, lies about its length or talks nonsense") {
    struct Row {
        std::string_view what;
        std::function<void(int)> treat;
        Errc code;
    };
    const Row rows[] = {
        // It had been asked: it may have died in the middle of the action.
        {"hangs up after reading", [](int fd) { read_request(fd); }, Errc::Timeout},
        {"half a length",
         [](int fd) {
             read_request(fd);
             (void)::send(fd, "\x01", 1, MSG_NOSIGNAL);
         },
         Errc::Timeout},
        {"a huge length", [](int fd) { read_request(fd), send_text(fd, 0xFFFFFFFF, ""); },
         Errc::Parse},
        {"less than promised", [](int fd) { read_request(fd), send_text(fd, 100, "{}"); },
         Errc::Timeout},
        {"garbage", [](int fd) { read_request(fd), send_text(fd, 4, "\xff\x01zz"); }, Errc::Parse},
        {"nothing", [](int fd) { read_request(fd), send_text(fd, 0, ""); }, Errc::Parse},
        {"another's answer",
         [](int fd) {
             read_request(fd);
             const std::string body = encode_report({}, 8);
             send_text(fd, static_cast<std::uint32_t>(body.size()), body);
         },
         Errc::Invalid},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        const test::TemporaryDirectory directory;
        const OneAnswer server(directory / "s", row.treat);
        const auto report = request_action(directory / "s", kRequest, seconds(20));
        REQUIRE_FALSE(report);
        CHECK(report.error().code == row.code);
    }
}

TEST_CASE("actuator client: a peer that hangs up at once was asked, or was not, as the race goes") {
    const test::TemporaryDirectory directory;
    const OneAnswer server(directory / "s", [](int) {});
    const auto report = request_action(directory / "s", kRequest, seconds(20));
    REQUIRE_FALSE(report);
    const Errc code = report.error().code;
    CHECK((code == Errc::Timeout || code == Errc::Failed));
}

TEST_CASE("actuator client: a peer that says nothing is left in time") {
    const test::TemporaryDirectory directory;
    const OneAnswer server(directory / "s", [](int fd) {
        read_request(fd);
        char c = 0;
        (void)::recv(fd, &c, 1, 0);  // until the client has given up
    });
    const auto report = request_action(directory / "s", kRequest, milliseconds(30));
    REQUIRE_FALSE(report);
    CHECK(report.error().code == Errc::Timeout);
}

TEST_CASE("actuator client: who waits for long is told so, once") {
    const test::TemporaryDirectory directory;
    const int told = ::eventfd(0, EFD_CLOEXEC);
    const std::string body = encode_report({}, 9);
    int times = 0;
    {
        const OneAnswer server(directory / "s", [&](int fd) {
            read_request(fd);
            std::uint64_t count = 0;
            if (::read(told, &count, sizeof count) < 0) return;  // until the client has told
            send_text(fd, static_cast<std::uint32_t>(body.size()), body);
        });
        const auto tell = [&] {
            ++times;
            const std::uint64_t one = 1;
            if (::write(told, &one, sizeof one) < 0) return;
        };
        CHECK(request_action(directory / "s", kRequest, seconds(20), -1,
                             {.after = milliseconds(1), .tell = tell}));
    }
    ::close(told);
    CHECK(times == 1);
}

TEST_CASE("actuator client: whoever stops need not wait, and the outcome is unknown") {
    const test::TemporaryDirectory directory;
    const OneAnswer server(directory / "s", [](int fd) {
        read_request(fd);
        char c = 0;
        (void)::recv(fd, &c, 1, 0);  // until the client has given up
    });
    const int interrupt = ::eventfd(1, EFD_CLOEXEC);
    const auto report = request_action(directory / "s", kRequest, hours(1), interrupt);
    ::close(interrupt);
    REQUIRE_FALSE(report);
    CHECK(report.error().code == Errc::Timeout);
    CHECK(report.error().text.view().find("stopped") != std::string_view::npos);
}

TEST_CASE("actuator client: a decision becomes a request with its numbers") {
    Decision decision;
    decision.rule = 3;
    decision.target = 4;
    decision.mode = ActionMode::Auto;
    IncidentId incident;
    incident.bytes[0] = 1;
    const ActionRequest request = request_of(decision, incident, 5, 6);
    CHECK(request.opcode == Opcode::Run);
    CHECK(request.rule == 3);
    CHECK(request.target == 4);
    CHECK(request.mode == ActionMode::Auto);
    CHECK(request.incident == incident);
    CHECK(request.config_hash == 5);
    CHECK(request.nonce == 6);
}

}  // namespace
}  // namespace homeostat
