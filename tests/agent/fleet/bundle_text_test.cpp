#include "agent/fleet/bundle_text.hpp"

#include <doctest/doctest.h>

using namespace homeostat;

namespace {

BundleParts parts_with(std::string settings) {
    BundleParts parts;
    parts.header.id = "prod";
    parts.header.version = 3;
    parts.header.issued_unix_ns = *parse_utc("2026-11-21T03:00:00Z");
    parts.header.expires_unix_ns = *parse_utc("2026-12-21T03:00:00Z");
    parts.header.min_agent = "0.1.0";
    parts.header.select.labels = {{"role", {"web", "yes"}}};
    parts.settings_name = "homeostat.yml";
    parts.settings = std::move(settings);
    parts.approvals_name = "approvals.yml";
    return parts;
}

}  // namespace

TEST_CASE("bundle_text: a bundle holds its parts, and the settings as they were written") {
    BundleParts parts = parts_with("# why\ntick: 2s\nresource:\n  a: b\n");
    parts.rules = {{"web.yml", "- name: x\n\n  rules: []\n"}, {"odd.yml", "  indented"}};
    parts.playbooks = {{"p.yml", "a\r\nb\n\n"}};
    parts.approvals = "- {rule: r, target: /var, until: '2026-11-22T00:00:00Z'}\n";
    const auto text = write_bundle(parts);
    if (!text) MESSAGE(text.error().text.view());
    REQUIRE(text);
    CHECK(text->find("# why\ntick: 2s\n") != std::string::npos);
    const auto bundle = parse_bundle("b", *text);
    REQUIRE(bundle);
    CHECK(bundle->header.version == 3);
    CHECK(bundle->header.select.labels[0].values == std::vector<std::string>{"web", "yes"});
    CHECK(bundle->rules[0].text == parts.rules[0].text);
    CHECK(bundle->rules[1].text == parts.rules[1].text);
    CHECK(bundle->playbooks[0].text == parts.playbooks[0].text);
    CHECK(bundle->approvals.size() == 1);
    CHECK(trusted_comment_for(bundle->header) ==
          "homeostat-config v=3 exp=2026-12-21T03:00:00Z channel=prod");
}

TEST_CASE("bundle_text: settings in flow form, behind a document mark, and none at all") {
    for (const char* settings :
         {"{tick: 2s, resource: {a: b}}", "---\ntick: 2s\n", "", "# only\n"}) {
        CAPTURE(settings);
        const auto text = write_bundle(parts_with(settings));
        REQUIRE(text);
        CHECK(parse_bundle("b", *text));
    }
}

TEST_CASE("bundle_text: faults name the part") {
    const auto own = write_bundle(parts_with("tick: 1s\nrules: {}\n"));
    REQUIRE_FALSE(own);
    CHECK(own.error().text.view().starts_with("homeostat.yml:2:1: 'rules'"));
    CHECK_FALSE(write_bundle(parts_with("[1]")));
    CHECK_FALSE(write_bundle(parts_with("a: [")));
    BundleParts parts = parts_with("tick: 1s\n");
    parts.header.id = "a b";
    CHECK_FALSE(write_bundle(parts));
    parts = parts_with("");
    parts.rules = {{"../x.yml", "x\n"}};
    CHECK_FALSE(write_bundle(parts));
}
