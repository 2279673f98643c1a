#include "actions/action_config.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <string>

#include "tests/support/temporary_directory.hpp"

namespace homeostat {
namespace {

std::string rulebook(const std::string& name) {
    return "- rules:\n    - {name: " + name +
           ", condition: event.value > 1, action: {run_playbook: {name: p.yml}}}\n";
}
constexpr const char* kAllow =
    "version: 1\nwatcher_uid: 1\nactions:\n  - {rule: b, playbook: p.yml, targets: [/srv/a]}\n";

struct Directory {
    Directory() {
        ::umask(022);
        directory.write("rules/20-b.yml", rulebook("b"));
        directory.write("rules/10-a.yml", rulebook("a"));
        directory.write("rules/note.txt", "not a rule");
        directory.write("rules/.hidden.yml", "not a rule: [");
        directory.write("allow.yml", kAllow);
    }
    test::TemporaryDirectory directory;
};

TEST_CASE("action config: rules are numbered in the order of their files' names") {
    const Directory files;
    for (const Trust trust : {Trust::OwnerOnly, Trust::Anyone}) {
        const auto config = load_action_config(files.directory.path(), trust);
        REQUIRE_MESSAGE(config.has_value(), std::string(config ? "" : config.error().text.c_str()));
        REQUIRE(config->rules.size() == 2);
        CHECK(config->rules[0].name == "a");
        CHECK(config->rules[1].name == "b");
        CHECK(config->has_allow_list);
        CHECK(config->allow_list.targets.size() == 1);
        CHECK(config->directory == files.directory.path());
    }
}

TEST_CASE("action config: both sides compute the same number, and any change changes it") {
    const Directory files;
    const auto hash = [&] {
        const auto config = load_action_config(files.directory.path(), Trust::Anyone);
        REQUIRE(config);
        return config->hash;
    };
    const std::uint64_t before = hash();
    CHECK(load_action_config(files.directory.path(), Trust::OwnerOnly)->hash == before);
    files.directory.write("rules/10-a.yml", rulebook("c"));
    const std::uint64_t renamed = hash();
    CHECK(renamed != before);
    files.directory.write("allow.yml", std::string(kAllow) + "# more\n");
    CHECK(hash() != renamed);
    files.directory.write("rules/10-a.yml", rulebook("a"));
    files.directory.write("allow.yml", kAllow);
    CHECK(hash() == before);
}

TEST_CASE("action config: no files are no rules and no permission") {
    const test::TemporaryDirectory empty;
    for (const std::string& directory : {empty.path(), empty / "none"}) {
        for (const Trust trust : {Trust::OwnerOnly, Trust::Anyone}) {
            const auto config = load_action_config(directory, trust);
            REQUIRE(config);
            CHECK(config->rules.empty());
            CHECK_FALSE(config->has_allow_list);
        }
    }
}

TEST_CASE("action config: one bad file refuses the whole, and every fault can be listed") {
    const Directory files;
    files.directory.write("rules/10-a.yml", "- rules: [{nmae: a}]\n");
    files.directory.write("rules/30-c.yml", "[");
    files.directory.write("allow.yml", "version: 1\n");
    std::vector<Error> errors;
    const auto config = load_action_config(files.directory.path(), Trust::Anyone, &errors);
    REQUIRE_FALSE(config);
    CHECK(config.error().text.view().find("/rules/10-a.yml:1:12: a rule has no key 'nmae'") !=
          std::string_view::npos);
    REQUIRE(errors.size() == 3);
    CHECK(errors[1].text.view().find("/rules/30-c.yml:") != std::string_view::npos);
    CHECK(errors[2].text.view().find("/allow.yml:1:1:") != std::string_view::npos);
}

TEST_CASE("action config (RULES B5): the actuator believes no file that others can write") {
    for (const char* path : {"allow.yml", "rules/10-a.yml", "rules", "."}) {
        const Directory files;
        REQUIRE(::chmod((files.directory / path).c_str(), 0777) == 0);
        CAPTURE(path);
        CHECK(load_action_config(files.directory.path(), Trust::OwnerOnly).error().code ==
              Errc::Denied);
        CHECK(load_action_config(files.directory.path(), Trust::Anyone));
    }
}

TEST_CASE("action config: a directory that somebody named must be one") {
    const Directory files;
    files.directory.write("file", "x");
    CHECK(check_config_directory(files.directory.path(), true));
    CHECK(check_config_directory("/nonexistent/etc", false));
    for (const std::string& named : {std::string("/nonexistent/etc"), std::string()}) {
        CAPTURE(named);
        const auto checked = check_config_directory(named, true);
        REQUIRE_FALSE(checked);
        CHECK(checked.error().code == Errc::NotFound);
    }
    for (const bool must_exist : {true, false}) {
        const auto checked = check_config_directory(files.directory / "file", must_exist);
        REQUIRE_FALSE(checked);
        CHECK(checked.error().code == Errc::Invalid);
    }
}

}  // namespace
}  // namespace homeostat
