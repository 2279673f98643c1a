#include "agent/drill/own_watcher.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>

using namespace homeostat;

TEST_CASE("own_watcher: its directory goes with it, however it ends") {
    const std::string temporary = std::filesystem::temp_directory_path();
    std::string state;
    {
        auto watcher = OwnWatcher::start("/bin/false", temporary, seconds(10));
        REQUIRE(watcher);
        state = watcher->state_directory();
        CHECK(std::filesystem::exists(std::filesystem::path(state).parent_path()));
        while (watcher->is_running()) {
        }
        CHECK_FALSE(watcher->is_running());
    }
    CHECK_FALSE(std::filesystem::exists(std::filesystem::path(state).parent_path()));
}

TEST_CASE("own_watcher: without a place for its directory there is none") {
    CHECK_FALSE(OwnWatcher::start("/bin/false", "/proc/no/such/place", seconds(10)));
}
