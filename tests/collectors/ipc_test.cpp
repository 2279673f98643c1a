#include "collectors/ipc.hpp"

#include <doctest/doctest.h>

#include "tests/collectors/bench_settings.hpp"
#include "tests/collectors/fixture_host.hpp"
#include "tests/support/temporary_directory.hpp"

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

TEST_CASE("ipc: thirty thousand arrays are counted, a part of the list at a time") {
    test::TemporaryDirectory directory;
    const DirectoryFiles files = std::move(*DirectoryFiles::open_root(directory.path().c_str()));
    Watch watch;
    Workbench bench(test::with_files(files));
    test::MemoryRoot root;
    root.set("proc/sys/kernel/sem", "32000 1024000000 500 32000\n");
    std::string list =
        "       key      semid perms      nsems   uid   gid  cuid  cgid      otime      ctime\n";
    for (int i = 0; i < 30'000; ++i) {
        list += fmt::format(
            "         0 {:10}  600          2     0     0     0     0          0 1795289344\n", i);
    }
    directory.write("proc/sysvipc/sem", list);
    IpcCollector ipc(bench);
    REQUIRE(watch.collect(ipc, root));
    CHECK(*watch.value("semaphore_arrays_used_ratio") == doctest::Approx(30'000.0 / 32'000));
    CHECK(*watch.value("semaphores_used_ratio") == doctest::Approx(60'000.0 / 1'024'000'000));
    for (const std::string& text : test::hostile_texts()) {
        directory.write("proc/sysvipc/sem", text);
        static_cast<void>(watch.collect(ipc, root));
        CHECK_FALSE(watch.value("semaphores_used_ratio"));
    }
}
