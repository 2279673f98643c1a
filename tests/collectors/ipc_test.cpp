#include "collectors/ipc.hpp"

#include <doctest/doctest.h>

#include "tests/collectors/fixture_host.hpp"

using namespace homeostat;
using test::Watch;

TEST_CASE("ipc: semaphores and keys against their limits") {
    Watch watch;
    IpcCollector ipc(watch.bench);
    REQUIRE(watch.collect(ipc, test::load_host("storage-5.15")));
    CHECK(*watch.value("semaphore_arrays_used_ratio") == doctest::Approx(2.0 / 128));
    CHECK(*watch.value("semaphores_used_ratio") == doctest::Approx((17 + 4) / 32000.0));
    CHECK(*watch.value("keys_used_ratio") == doctest::Approx(0.9));  // of user 1000's bytes
}

TEST_CASE("ipc: root's quota is not looked at; lines of another form neither") {
    CHECK_FALSE(parse_key_users("    0:   100 99/99 1000/1000 25000/25000\n"));
    CHECK(*parse_key_users("   33:     5 4/4 100/200 10/20000\nrubbish\n") == 0.5);
    CHECK_FALSE(parse_key_users("   33:     5 4/4 100/0 10/0\n"));
    for (const std::string& text : test::hostile_texts()) CHECK_FALSE(parse_key_users(text));
}

TEST_CASE("ipc: the list of semaphores may be empty, but not of another kind") {
    CHECK(parse_sysvipc_sem("       key      semid perms      nsems\n")->arrays == 0);
    CHECK_FALSE(parse_sysvipc_sem("key semid perms nsems\n1 2 3\n"));
    for (const std::string& text : test::hostile_texts()) CHECK_FALSE(parse_sysvipc_sem(text));
}
