#include "collectors/vmstat.hpp"

#include <doctest/doctest.h>

#include "tests/collectors/fixture_host.hpp"

using namespace homeostat;
using test::Watch;

TEST_CASE("vmstat: counts of every kernel's spelling come out under one name") {
    struct Row {
        const char* host;
        double refaulted_pages;
    };
    for (const Row& row :
         {Row{"kernel-4.18", 80021}, Row{"debian12-6.1", 381221}, Row{"container-6.18", 381221}}) {
        CAPTURE(row.host);
        Watch watch;
        VmstatCollector vmstat(watch.bench);
        REQUIRE(watch.collect(vmstat, test::load_host(row.host)));
        CHECK(*watch.value("vm_refaulted_bytes") == row.refaulted_pages * 4096);
        CHECK(*watch.value("vm_allocation_stalls_count") == 113);          // the sum over zones
        CHECK(*watch.value("vm_direct_scanned_bytes") == 12012.0 * 4096);  // not _throttle
        CHECK(*watch.value("vm_paged_in_bytes") == 81234567.0 * 1024);
        CHECK(*watch.value("swap_out_bytes") == 5310.0 * 4096);
        CHECK(*watch.value("vm_major_faults_count") == 20431);
    }
}

TEST_CASE("vmstat: the page size is the machine's") {
    Watch watch;
    WorkbenchSettings settings;
    settings.page_bytes = 65536;
    Workbench bench(settings);
    VmstatCollector vmstat(bench);
    test::MemoryRoot root;
    root.set("proc/vmstat", "pswpin 3\n");
    REQUIRE(watch.collect(vmstat, root));
    CHECK(*watch.value("swap_in_bytes") == 3.0 * 65536);
    CHECK_FALSE(watch.value("oom_kills_count"));  // before Linux 4.13: unknown
}

TEST_CASE("vmstat: a line without number, or nothing that we know, is a parse error") {
    for (const char* text : {"oom_kill\n", "oom_kill x\n", "oom_kill -1\n", "nr_free_pages 12\n"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_vmstat(text));
    }
    for (const std::string& text : test::hostile_texts()) CHECK_FALSE(parse_vmstat(text));
    const std::string good = test::read_text("tests/fixtures/hosts/debian12-6.1/proc/vmstat");
    test::parse_all_beginnings(good, [](std::string_view text) { (void)parse_vmstat(text); });
}
