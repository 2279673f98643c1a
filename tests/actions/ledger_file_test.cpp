#include "actions/ledger_file.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "core/file.hpp"
#include "tests/support/temporary_directory.hpp"

namespace homeostat {
namespace {

TEST_CASE("ledger file: a missing one is a new host, a saved one comes back") {
    const test::TemporaryDirectory state;
    const std::string path = state / "ledger";
    auto ledger = load_ledger(path);
    REQUIRE(ledger);
    CHECK(ledger->runs().empty());
    ledger->advance("boot", {.monotonic_ns = 5, .unix_ns = 7});
    ledger->begin({.rule = "r", .target = "/srv", .limits = {}});
    REQUIRE(save_ledger(path, *ledger));
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777U) == 0600U);
    const auto back = load_ledger(path);
    REQUIRE(back);
    CHECK(back->to_text() == ledger->to_text());
}

TEST_CASE(
    "ledger file (RULES B2): one that cannot be believed is an error, never an empty ledger") {
    const test::TemporaryDirectory state;
    const std::string path = state / "ledger";
    REQUIRE(save_ledger(path, Ledger{}));
    const std::string good = *read_file(path, 1 << 20);
    for (const std::string& bad :
         {std::string(), std::string("{}"), good.substr(0, good.size() / 2), good + "x",
          std::string(100, '\xff')}) {
        REQUIRE(write_file_atomically(path, bad, 0600));
        const auto ledger = load_ledger(path);
        REQUIRE_FALSE(ledger);
        CHECK(ledger.error().text.view().find("Nothing runs until a person") !=
              std::string_view::npos);
    }
    REQUIRE(write_file_atomically(path, good, 0600));
    REQUIRE(::chmod(path.c_str(), 0666) == 0);
    CHECK(load_ledger(path).error().code == Errc::Denied);
}

}  // namespace
}  // namespace homeostat
