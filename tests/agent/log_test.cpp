#include "agent/log.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <array>
#include <string>

#include "core/allocation_guard.hpp"

using namespace homeostat;

namespace {

std::string written_by(bool priority, std::string_view text) {
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    const Log log(ends[1], priority);
    {
        const AllocationGuard guard;
        log.write(LogLevel::Warning, "{}", text);
        CHECK(guard.count() == 0);
    }
    std::array<char, 2048> buffer{};
    const auto size = ::read(ends[0], buffer.data(), buffer.size());
    ::close(ends[0]);
    ::close(ends[1]);
    return {buffer.data(), static_cast<std::size_t>(size)};
}

}  // namespace

TEST_CASE("log: one line, with its priority under systemd") {
    CHECK(written_by(false, "hello") == "hello\n");
    CHECK(written_by(true, "hello") == "<4>hello\n");
}

TEST_CASE("log: control bytes in names cannot forge a line or a colour") {
    CHECK(written_by(false, "a\nb\x1B[31m") == "a?b?[31m\n");
}

TEST_CASE("log: a long line is cut, not split") {
    const std::string line = written_by(false, std::string(5000, 'x'));
    CHECK(line.size() == 1024);
    CHECK(line.back() == '\n');
}

TEST_CASE("log: no byte of a name reaches the terminal as anything but text") {
    CHECK(written_by(false,
                     "\xC2\x9B"
                     "31m \xE2\x80\xAE \xFF \xC3\xA9") == "??31m ??? ? \xC3\xA9\n");
    CHECK(written_by(false, std::string(5000, 'x')).size() <= 1025);
}
