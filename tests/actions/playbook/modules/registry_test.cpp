#include "actions/playbook/modules/registry.hpp"

#include <doctest/doctest.h>

namespace homeostat::playbook {

TEST_CASE("registry: every row is complete and found by both of its names") {
    for (const ModuleRow& row : module_table()) {
        CAPTURE(row.name);
        REQUIRE(row.spec != nullptr);
        CHECK(static_cast<bool>(row.spec->run));
        CHECK_FALSE(row.about.empty());
        CHECK(find_module(row.name) == row.spec);
        CHECK(find_module("ansible.builtin." + std::string(row.name)) == row.spec);
    }
    CHECK(find_module("systemd_service")->name == "systemd");
    CHECK(find_module("community.general.debug") == nullptr);
    CHECK(find_module("") == nullptr);
    CHECK(find_module("gather_facts") == nullptr);
    CHECK(gather_facts_module().name == "gather_facts");
}

TEST_CASE("registry: advice for what is common elsewhere") {
    CHECK(unknown_module_advice("ansible.builtin.lineinfile").find("copy") != std::string::npos);
    CHECK(unknown_module_advice("with_dict") == "'with_dict': use 'loop'");
    CHECK(unknown_module_advice("comand").find("did you mean 'command'") != std::string::npos);
}

}  // namespace homeostat::playbook
