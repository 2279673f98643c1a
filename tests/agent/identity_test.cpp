#include "agent/identity.hpp"

#include <doctest/doctest.h>

#include "core/incident.hpp"
#include "tests/support/memory_root.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace homeostat;

TEST_CASE("identity: machine id, name and os-release of the root it is given") {
    test::MemoryRoot root;
    root.set("etc/machine-id", "0123456789abcdef0123456789abcdef\n");
    root.set("proc/sys/kernel/hostname", "web1\n");
    root.set("etc/os-release", "PRETTY_NAME=\"Debian GNU/Linux 12\"\nID=debian\nVERSION_ID='12'\n");
    AgentIdentity identity;
    read_identity(root, "1.2.3", identity);
    CHECK(identity.version == "1.2.3");
    CHECK(identity.host_id == "0123456789abcdef0123456789abcdef");
    CHECK(identity.host_name == "web1");
    CHECK(identity.os_name == "debian");
    CHECK(identity.os_version == "12");
    CHECK(identity.os_description == "Debian GNU/Linux 12");
}

TEST_CASE("identity: the machine id of D-Bus where systemd's is not there") {
    test::MemoryRoot root;
    root.set("var/lib/dbus/machine-id", "fedcba9876543210fedcba9876543210\n");
    AgentIdentity identity;
    read_identity(root, "1", identity);
    CHECK(identity.host_id == "fedcba9876543210fedcba9876543210");
    root.set("etc/machine-id", "0123456789abcdef0123456789abcdef\n");
    AgentIdentity with_both;
    read_identity(root, "1", with_both);
    CHECK(with_both.host_id == "0123456789abcdef0123456789abcdef");
}

TEST_CASE("identity: the cloud's name of the machine where it is wanted and known") {
    test::MemoryRoot root;
    AgentIdentity identity;
    identity.host_id = "machine";
    CHECK(use_cloud_id(root, identity));
    identity.cloud_id = true;
    for (const char* text : {"", "\n", " \n i-1\n"}) {
        root.set("var/lib/cloud/data/instance-id", text);
        CHECK(use_cloud_id(root, identity).error().code == Errc::NotFound);
        CHECK(identity.host_id == "machine");
    }
    root.set("var/lib/cloud/data/instance-id", "i-0123456789abcdef0\n");
    REQUIRE(use_cloud_id(root, identity));
    CHECK(identity.host_id == "i-0123456789abcdef0");
}

TEST_CASE("identity: what a host does not tell stays empty") {
    const test::MemoryRoot root;
    AgentIdentity identity;
    read_identity(root, "1", identity);
    CHECK(identity.host_id.empty());
    CHECK(identity.host_name.empty());
    CHECK(identity.os_name.empty());
}

TEST_CASE("identity: the instance id lasts, until the machine is another") {
    const test::TemporaryDirectory state;
    const auto first = load_instance_id(state.path(), "machine-a", 1'000'000'000, {1, 2});
    REQUIRE(first);
    CHECK(parse_incident_id(*first));
    CHECK(*load_instance_id(state.path(), "machine-a", 2'000'000'000, {3, 4}) == *first);
    const auto clone = load_instance_id(state.path(), "machine-b", 2'000'000'000, {3, 4});
    REQUIRE(clone);
    CHECK(*clone != *first);
    state.write("instance-id", "garbage");
    CHECK(parse_incident_id(*load_instance_id(state.path(), "machine-b", 3'000'000'000, {5, 6})));
    CHECK_FALSE(load_instance_id("/nonexistent/state", "m", 1, {1, 2}));
}

TEST_CASE("identity: resource attributes of the environment, where the config has none") {
    AgentIdentity identity;
    identity.resource = {{"deployment.environment.name", "prod"}};
    REQUIRE(add_resource("deployment.environment.name=test,team=a%20b", identity));
    REQUIRE(identity.resource.size() == 2);
    CHECK(identity.resource[0].value == "prod");
    CHECK(identity.resource[1].name == "team");
    CHECK(identity.resource[1].value == "a b");
    REQUIRE(add_resource("", identity));
    CHECK(identity.resource.size() == 2);
    const auto bad = add_resource("x=1,nonsense", identity);
    REQUIRE_FALSE(bad);
    CHECK(bad.error().text.view().find("OTEL_RESOURCE_ATTRIBUTES") == 0);
    CHECK(identity.resource.size() == 2);
}
