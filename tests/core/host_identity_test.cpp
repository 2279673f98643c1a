#include "core/host_identity.hpp"

#include <doctest/doctest.h>

#include "tests/support/memory_root.hpp"

using namespace homeostat;

TEST_CASE("host_identity: the first file that says it is believed") {
    test::MemoryRoot root;
    root.set("var/lib/dbus/machine-id", "feedfeedfeedfeedfeedfeedfeedfeed\n");
    root.set("etc/hostname", "web1\n");
    root.set("usr/lib/os-release", "ID=debian\nVERSION_ID=\"12\"\nPRETTY_NAME='Debian 12'\n");
    HostIdentity host = read_host_identity(root);
    CHECK(host.id == "feedfeedfeedfeedfeedfeedfeedfeed");
    CHECK(host.name == "web1");
    CHECK(host.os == "debian");
    CHECK(host.os_version == "12");
    CHECK(host.os_description == "Debian 12");
    root.set("etc/machine-id", "0123456789abcdef0123456789abcdef\n");
    root.set("proc/sys/kernel/hostname", "web2\n");
    root.set("etc/os-release", "ID=fedora\n");
    host = read_host_identity(root);
    CHECK(host.id == "0123456789abcdef0123456789abcdef");
    CHECK(host.name == "web2");
    CHECK(host.os == "fedora");
    CHECK(host.os_version.empty());
}
