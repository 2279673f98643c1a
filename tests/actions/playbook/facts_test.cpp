#include "actions/playbook/facts.hpp"

#include <doctest/doctest.h>

#include "tests/support/memory_root.hpp"

namespace homeostat::playbook {

TEST_CASE("facts: the distribution has Ansible's names") {
    struct Row {
        std::string_view text;
        std::string_view name;
        std::string_view version;
        std::string_view family;
    };
    for (const Row& row : {Row{"NAME=\"Debian GNU/Linux\"\nID=debian\nVERSION_ID=\"12\"\n",
                               "Debian", "12", "Debian"},
                           Row{"ID=\"rhel\"\nVERSION_ID='9.2'\n", "RedHat", "9.2", "RedHat"},
                           Row{"NAME=Thing\nID=thing\n", "Thing", "", "Thing"}}) {
        Map facts;
        add_distribution(row.text, facts);
        CHECK(facts.find("ansible_distribution")->text() == row.name);
        CHECK(facts.find("ansible_distribution_version")->text() == row.version);
        CHECK(facts.find("ansible_os_family")->text() == row.family);
    }
    for (const std::string_view broken : {"", "ID", "=", "\n\n", "\xFF\xFE"}) {
        Map facts;
        add_distribution(broken, facts);
        CHECK(facts.empty());
    }
}

TEST_CASE("facts: memory in MiB, left out when not told") {
    Map facts;
    add_memory("MemTotal:  2048000 kB\nMemFree: 1024 kB\nSwapTotal: x\n", facts);
    CHECK(facts.find("ansible_memtotal_mb")->integer() == 2000);
    CHECK(facts.find("ansible_memfree_mb")->integer() == 1);
    CHECK(facts.find("ansible_swaptotal_mb") == nullptr);
}

TEST_CASE("facts: time comes as text, epoch included") {
    const Map facts = date_time_facts(1'795'176'000LL * 1'000'000'000);
    CHECK(facts.find("epoch")->text() == "1795176000");
    CHECK(facts.find("date")->text() == "2026-11-20");
    CHECK(facts.find("time")->text() == "12:00:00");
    CHECK(facts.find("iso8601")->text() == "2026-11-20T12:00:00Z");
}

TEST_CASE("facts: a whole host, and one that tells nothing") {
    test::MemoryRoot root;
    root.set("proc/self/mounts",
             "/dev/vda1 / ext4 rw 0 0\nproc /proc proc rw 0 0\n"
             "/dev/vda /twice ext4 rw 0 0\n/dev/vdb /with\\040blank xfs rw 0 0\n"
             "/dev/vdc /twice xfs rw 0 0\n");
    root.set_usage(".", {.size_bytes = 1000, .available_bytes = 400});
    root.set("proc/stat", "cpu 1\ncpu0 1\ncpu1 1\nintr 5\n");
    root.set("proc/uptime", "12345.67 1.0\n");
    root.set("proc/1/comm", "systemd\n");
    const Map facts = gather_facts(root, {});
    CHECK(facts.find("ansible_processor_vcpus")->integer() == 2);
    CHECK(facts.find("ansible_uptime_seconds")->integer() == 12345);
    CHECK(facts.find("ansible_service_mgr")->text() == "systemd");
    const ValueList& mounts = facts.find("ansible_mounts")->list();
    REQUIRE(mounts.size() == 3);
    CHECK(mounts[0].map().find("size_available")->integer() == 400);
    CHECK(mounts[1].map().find("mount")->text() == "/with blank");
    CHECK(mounts[2].map().find("device")->text() == "/dev/vdc");

    const test::MemoryRoot silent;
    const Map few = gather_facts(silent, {});
    CHECK(few.find("ansible_distribution") == nullptr);
    CHECK(few.find("ansible_mounts")->list().empty());
}

}  // namespace homeostat::playbook
