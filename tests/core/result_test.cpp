#include "core/result.hpp"

#include <doctest/doctest.h>

#include <cerrno>
#include <string>

#include "core/allocation_guard.hpp"

using namespace homeostat;

TEST_CASE("result: holds a value or an error, never both") {
    const Result<std::string> good(std::string("text"));
    REQUIRE(good);
    CHECK(*good == "text");
    const Result<std::string> bad(make_error(Errc::Parse, "loadavg: got '{}'", "x"));
    CHECK_FALSE(bad);
    CHECK(bad.error().code == Errc::Parse);
    CHECK(bad.error().text == "loadavg: got 'x'");
}

TEST_CASE("result: reporting a failure allocates nothing") {
    const AllocationGuard guard;
    for (int i = 0; i < 100; ++i) {
        const Status status =
            make_errno_error(Errc::Io, ENOSPC, "write {} at {}", "spool", 123456 + i);
        if (status) FAIL("expected an error");
    }
    CHECK(guard.count() == 0);
}

TEST_CASE("result: errno values become codes and words") {
    struct Row {
        int error_number;
        Errc code;
    };
    for (const Row& row :
         {Row{ENOENT, Errc::NotFound}, Row{EACCES, Errc::Denied}, Row{EPERM, Errc::Denied},
          Row{ETIMEDOUT, Errc::Timeout}, Row{EIO, Errc::Io}}) {
        CAPTURE(row.error_number);
        CHECK(errc_of(row.error_number) == row.code);
    }
    CHECK(make_errno_error(Errc::Io, ENOSPC, "write x").text == "write x: No space left on device");
}
