#include "actions/playbook/policy.hpp"

#include <doctest/doctest.h>

namespace homeostat::playbook {

TEST_CASE("operator policy: everything but deleting what is protected") {
    const OperatorPolicy policy;
    CHECK(policy.allow_path("/etc", PathUse::Read));
    CHECK(policy.allow_path("/etc", PathUse::Change));
    CHECK(policy.allow_path("/etc/app.conf", PathUse::Delete));
    const auto refused = policy.allow_path("/etc", PathUse::Delete);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::Denied);
    CHECK(refused.error().text.view().find("/etc is protected") != std::string_view::npos);
    CHECK(policy.allow_shell());
    CHECK(policy.allow_program("/usr/bin/true"));
    CHECK(policy.allow_unit("nginx.service", "restart"));
    CHECK(policy.allow_host("example.org"));
    CHECK(policy.task_time_max() == hours(1));
    CHECK(policy.allow_removal(-1, "x"));
    CHECK(name_of(PathUse::Delete) == "delete");
}

}  // namespace homeostat::playbook
