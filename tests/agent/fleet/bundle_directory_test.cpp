#include "agent/fleet/bundle_directory.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/temporary_directory.hpp"

using namespace homeostat;
using homeostat::test::TemporaryDirectory;

namespace {

std::string fault_of(const std::string& directory) {
    BundleParts parts;
    const auto read = read_bundle_directory(directory, parts);
    return read ? "" : std::string(read.error().text.view());
}

bool holds(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("bundle_directory: every part is read, by name, and what is hidden is not") {
    const TemporaryDirectory directory;
    directory.write("homeostat.yml", "tick: 2s\n");
    directory.write("approvals.yml", "[]\n");
    directory.write("rules/b.yml", "b");
    directory.write("rules/a.yml", "a");
    directory.write("rules/.c.yml", "c");
    directory.write("rules/README.md", "not ours");
    directory.write("playbooks/p.yml", "p");
    BundleParts parts;
    REQUIRE(read_bundle_directory(directory.path(), parts));
    CHECK(parts.settings_name == directory / "homeostat.yml");
    CHECK(parts.settings == "tick: 2s\n");
    CHECK(parts.approvals == "[]\n");
    REQUIRE(parts.rules.size() == 2);
    CHECK(parts.rules[0].name == "a.yml");
    CHECK(parts.rules[1].text == "b");
    REQUIRE(parts.playbooks.size() == 1);
    CHECK(parts.playbooks[0].text == "p");
}

TEST_CASE("bundle_directory: a mistyped or an empty directory makes no bundle for all hosts") {
    const TemporaryDirectory directory;
    CHECK(fault_of(directory / "nonexist") == "there is no directory " + (directory / "nonexist"));
    CHECK(holds(fault_of(directory.path()), "holds nothing to send"));
    REQUIRE(::mkdir((directory / "rules").c_str(), 0755) == 0);
    CHECK(holds(fault_of(directory.path()), "holds nothing to send"));
    directory.write("homeostat.yml", "tick: 2s\n");
    CHECK(fault_of(directory.path()).empty());
}

TEST_CASE("bundle_directory: what looks as if it were sent is refused by name") {
    struct Row {
        const char* name;
        const char* expected;
    };
    for (const Row& row :
         {Row{"homeostat.yaml", "homeostat.yaml is not read: call it homeostat.yml"},
          Row{"approvals.yaml", "approvals.yaml is not read: call it approvals.yml"},
          Row{"rules/web.yaml", "web.yaml is not read: call it web.yml"},
          Row{"playbooks/p.yaml", "p.yaml is not read: call it p.yml"}}) {
        CAPTURE(row.name);
        const TemporaryDirectory directory;
        directory.write("rules/a.yml", "a");
        directory.write(row.name, "x");
        CHECK(holds(fault_of(directory.path()), row.expected));
    }
}

TEST_CASE("bundle_directory: nothing outside the directory and no special file is packed") {
    const TemporaryDirectory elsewhere;
    const std::string secret = elsewhere.write("shadow", "root:x");
    for (const char* name :
         {"homeostat.yml", "approvals.yml", "rules/r.yml", "playbooks/p.yml", "playbooks"}) {
        CAPTURE(name);
        const TemporaryDirectory directory;
        directory.write("rules/a.yml", "a");
        if (name != std::string("playbooks")) directory.write("playbooks/a.yml", "a");
        REQUIRE(::symlink(secret.c_str(), (directory / name).c_str()) == 0);
        CHECK(holds(fault_of(directory.path()), std::string(name) + " is a symbolic link"));
    }
    const TemporaryDirectory directory;
    REQUIRE(::mkfifo((directory / "homeostat.yml").c_str(), 0600) == 0);
    CHECK(holds(fault_of(directory.path()), "homeostat.yml is no plain file"));
    const TemporaryDirectory other;
    other.write("rules", "a file");
    CHECK(holds(fault_of(other.path()), "rules is no directory"));
}

TEST_CASE(
    "bundle_directory: what no host lets a bundle set is found, and no file of ours is read") {
    BundleParts parts;
    parts.settings_name = "homeostat.yml";
    parts.settings =
        "tick: 1s\nactions: {timeout: 5m}\nexporters:\n  json_lines: {path: /nonexist/out}\n"
        "  otlp: {endpoint: 'https://o', authorization: {credentials_file: /nonexist/token}}\n";
    parts.rules = {{"r.yml", "- name: x\n  hosts: all\n  rules: 1\n"}};
    std::vector<Error> errors;
    check_bundle_parts(parts, errors);
    std::string all;
    for (const Error& error : errors) all += std::string(error.text.view()) + "\n";
    CAPTURE(all);
    CHECK(holds(all, "homeostat.yml:2:1: no host lets a bundle set 'actions'"));
    CHECK(holds(all, "homeostat.yml:4:3: 'json_lines' is set by the owner"));
    CHECK(holds(all, "homeostat.yml:5:49: 'credentials_file' is set by the owner"));
    CHECK(holds(all, "rules/r.yml:3:"));
    CHECK(errors.size() == 4);
    parts.settings = "metrics: {}\nspool: {info_mib: 2}\nresource: {a: b}\n";
    parts.rules.clear();
    errors.clear();
    check_bundle_parts(parts, errors);
    CHECK(errors.empty());
}
