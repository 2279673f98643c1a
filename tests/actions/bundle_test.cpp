#include "actions/bundle.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>

using namespace homeostat;

namespace {

constexpr const char* kText = R"(bundle:
  id: prod
  version: 7
  issued: '2026-11-21T03:00:00Z'
  expires: '2026-12-21T03:00:00Z'
  min_agent: 0.1.0
  select: {labels: {role: [web, db]}, facts: {os: debian}}
  rollout: {canary: 0.1, wait: 10m, spread: 20m, probation: 30s}
series_max: 3000
rules:
  web.yml: |
    - hosts: all
playbooks:
  clean.yml: "- hosts: all\n"
approvals: [{rule: clean, target: /var, until: '2026-11-22T00:00:00Z'}]
)";

std::string replaced(std::string text, std::string_view from, std::string_view to) {
    const auto at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("bundle: all of its parts are read") {
    const auto bundle = parse_bundle("b.yml", kText);
    if (!bundle) MESSAGE(bundle.error().text.view());
    REQUIRE(bundle);
    CHECK(bundle->header.id == "prod");
    CHECK(bundle->header.version == 7);
    CHECK(rfc3339(bundle->header.expires_unix_ns).view() == "2026-12-21T03:00:00.000Z");
    CHECK(bundle->header.rollout.canary == 0.1);
    CHECK(bundle->header.rollout.probation == seconds(30));
    REQUIRE(bundle->header.select.labels.size() == 1);
    CHECK(bundle->header.select.labels[0].values == std::vector<std::string>{"web", "db"});
    CHECK(bundle->settings.entries.size() == 1);
    CHECK(bundle->settings.find("series_max")->value.integer == 3000);
    CHECK(bundle->rules[0].text == "- hosts: all\n");
    CHECK(bundle->playbooks[0].text == "- hosts: all\n");
    CHECK(bundle->approvals[0].target == "/var");
    CHECK(bundle->brings_actions());
    CHECK(bundle->digest.size() == 64);
}

TEST_CASE("bundle: what cannot be right is refused where it stands") {
    struct Row {
        const char* from;
        const char* to;
        const char* part;
    };
    for (const Row& row : {
             Row{"id: prod", "id: ../x", "b.yml:2:7: id: expected letters"},
             Row{"id: prod", "id: ''", "b.yml:2:7: id"},
             Row{"id: prod", "id: prod\n  id: test", "here twice"},
             Row{"version: 7", "version: 0", "b.yml:3:12: version: expected a whole number from 1"},
             Row{"version: 7", "version: -7", "version"},
             Row{"version: 7", "version: 99999999999999999999", "beyond 64 bits"},
             Row{"  version: 7\n", "", "needs `version:`"},
             Row{"issued: '2026-11-21T03:00:00Z'", "issued: 'now'", "b.yml:4:11: issued"},
             Row{"2026-12-21", "2026-11-20", "expires: expected a time after"},
             Row{"2026-12-21", "2026-02-30", "expires"},
             Row{"select: {", "selekt: {", "did you mean 'select'?"},
             Row{"facts: {os: debian}", "facts: {oss: debian}", "did you mean 'os'?"},
             Row{"role: [web, db]", "role: []", "expected a value"},
             Row{"canary: 0.1", "canary: 2", "canary"},
             Row{"probation: 30s", "probation: 0s", "probation"},
             Row{"web.yml: |", "../web.yml: |", "without directories"},
             Row{"web.yml: |", ".yml: |", "without directories"},
             Row{"web.yml: |", "web.txt: |", "ends in .yml"},
             Row{"\"- hosts: all\\n\"", "[x]", "expected the file's text"},
             Row{"rule: clean,", "", "needs `rule:`"},
             Row{"series_max: 3000", "series_max: 3000\nseries_max: 3000", "here twice"},
             Row{"series_max: 3000", "a: &x [1]\nb: *x", "anchors"},
             Row{"bundle:", "bundel:", "needs `bundle:`"},
         }) {
        CAPTURE(row.to);
        const auto bundle = parse_bundle("b.yml", replaced(kText, row.from, row.to));
        REQUIRE_FALSE(bundle);
        CAPTURE(bundle.error().text.view());
        CHECK(bundle.error().text.view().starts_with("b.yml:"));
        CHECK(bundle.error().text.view().find(row.part) != std::string_view::npos);
    }
    for (const std::string& text :
         {std::string(), std::string("[]"), std::string("\0\1", 2), std::string(kText, 100),
          std::string(kBundleBytesMax + 1, '#'), std::string(4000, '[')}) {
        CHECK_FALSE(parse_bundle("b.yml", text));
    }
}

TEST_CASE("bundle: time, section 7 rule 3 and 4: not past its end, not by a wrong clock") {
    const BundleHeader header = parse_bundle("b", kText)->header;
    CHECK(check_time(header, header.issued_unix_ns));
    CHECK(check_time(header, header.issued_unix_ns - minutes(9).ns));
    CHECK_FALSE(check_time(header, header.issued_unix_ns - minutes(11).ns));
    CHECK(check_time(header, header.expires_unix_ns - 1));
    CHECK_FALSE(check_time(header, header.expires_unix_ns));
    BundleHeader old = header;
    old.issued_unix_ns = 0;
    CHECK_FALSE(check_time(old, *parse_utc("2020-01-01T00:00:00Z")));
    CHECK_FALSE(check_time(old, 0));
}

TEST_CASE("bundle: versions of the agent are compared number by number") {
    BundleHeader header;
    struct Row {
        const char* needed;
        const char* have;
        bool fits;
    };
    for (const Row& row :
         {Row{"", "0.1.0", true}, Row{"0.1.0", "0.1.0", true}, Row{"0.1", "0.1.5", true},
          Row{"0.1.5", "0.1", false}, Row{"0.10.0", "0.9.9", false}, Row{"0.9.9", "0.10.0", true},
          Row{"1", "0.9", false}, Row{"x", "9", false}, Row{"1..2", "1.0.2", false}}) {
        CAPTURE(row.needed);
        CAPTURE(row.have);
        header.min_agent = row.needed;
        CHECK(check_agent(header, row.have).has_value() == row.fits);
    }
}

TEST_CASE("bundle: an empty selector matches no host, and every row must match") {
    const HostFacts host{{{"role", "web"}}, {{"os", "debian"}, {"host", "web1"}}};
    CHECK_FALSE(matches({}, host));
    CHECK(matches({.all = true, .labels = {}, .facts = {}}, host));
    CHECK(matches({false, {{"role", {"db", "web"}}}, {}}, host));
    CHECK(matches({false, {{"role", {"web"}}}, {{"os", {"debian"}}}}, host));
    CHECK_FALSE(matches({false, {{"role", {"web"}}}, {{"os", {"rhel"}}}}, host));
    CHECK_FALSE(matches({false, {{"rack", {"web"}}}, {}}, host));
    CHECK_FALSE(matches({false, {{"role", {""}}}, {}}, host));
}

TEST_CASE("bundle: the ring lets the canaries go first and spreads the rest evenly") {
    const Rollout rollout{.canary = 0.05, .wait = hours(1), .spread = hours(2), .probation = {}};
    constexpr int kHosts = 10'000;
    std::array<int, 4> quarter{};
    int canaries = 0;
    int both = 0;
    for (int i = 0; i < kHosts; ++i) {
        const std::string machine = "machine-" + std::to_string(i);
        const Duration delay = ring_delay(rollout, machine, "digest");
        CHECK(delay == ring_delay(rollout, machine, "digest"));
        const bool first = delay.ns == 0;
        canaries += first ? 1 : 0;
        both += first && ring_delay(rollout, machine, "another").ns == 0 ? 1 : 0;
        if (first) continue;
        CHECK(delay >= hours(1));
        CHECK(delay < hours(3));
        ++quarter[static_cast<std::size_t>((delay - hours(1)).ns / minutes(30).ns)];
    }
    CHECK(canaries > 400);
    CHECK(canaries < 600);
    CHECK(both < 60);  // not the same ones each time
    for (const int hosts : quarter) CHECK(std::abs(hosts - 2375) < 200);
    CHECK(ring_delay({.canary = 1, .wait = hours(1), .spread = {}, .probation = {}}, "m", "d").ns ==
          0);
}

TEST_CASE("bundle: times are read exactly or not at all") {
    CHECK(*parse_utc("1970-01-01T00:00:00Z") == 0);
    CHECK(rfc3339(*parse_utc("2024-02-29T23:59:59Z")).view() == "2024-02-29T23:59:59.000Z");
    CHECK(*parse_utc("2026-11-21T03:00:00.500Z") == *parse_utc("2026-11-21T03:00:00Z"));
    for (const char* text :
         {"", "2026-11-21", "2026-11-21T03:00:00", "2026-11-21T03:00:00+01:00",
          "2026-13-01T00:00:00Z", "2023-02-29T00:00:00Z", "2026-11-21T24:00:00Z",
          "2026-11-21T03:60:00Z", "2026-11-21 03:00:00Z", "-026-11-21T03:00:00Z",
          "2026-11-21T03:00:00.Z", "9999-12-31T00:00:00Z", "2026-11-21T03:00:00.0000000000000Z"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_utc(text));
    }
}

TEST_CASE("bundle: an approval says a rule or a playbook, and when") {
    const auto read = [](std::string_view approval) {
        return parse_bundle("b.yml", replaced(kText,
                                              "{rule: clean, target: /var, "
                                              "until: '2026-11-22T00:00:00Z'}",
                                              approval));
    };
    const auto whole = read(
        "{rule: a, playbook: p.yml, target: /x, host: web1, incident: i, "
        "from: '2026-11-21T12:00:00Z', until: '2026-11-21T13:00:00Z', times: 2}");
    REQUIRE(whole);
    const BundleApproval& approval = whole->approvals[0];
    CHECK(approval.playbook == "p.yml");
    CHECK(approval.host == "web1");
    CHECK(approval.incident == "i");
    CHECK(approval.times == 2);
    CHECK(approval.until_unix_ns - approval.from_unix_ns == hours(1).ns);
    const auto plain = read("{playbook: p.yml, until: '2026-12-30T00:00:00Z'}");
    REQUIRE(plain);
    CHECK(plain->approvals[0].from_unix_ns == plain->header.issued_unix_ns);
    struct Row {
        const char* approval;
        const char* says;
    };
    for (const Row& row :
         {Row{"{target: /x, until: '2026-11-22T00:00:00Z'}", "needs `rule:` or `playbook:`"},
          Row{"{rule: a}", "until"}, Row{"{rule: a, until: tomorrow}", "until: expected a time"},
          Row{"{rule: a, until: '2026-11-20T00:00:00Z'}", "a time after `from`"},
          Row{"{rule: a, until: '2026-12-20T00:00:00Z', times: 1}", "7 days after `from`"},
          Row{"{rule: a, until: '2026-11-22T00:00:00Z', times: 0}", "times"},
          Row{"{rule: a, for: ever, until: '2026-11-22T00:00:00Z'}", "for"},
          Row{"a", "approval"}}) {
        CAPTURE(row.approval);
        const auto bundle = read(row.approval);
        REQUIRE_FALSE(bundle);
        CAPTURE(std::string(bundle.error().text.view()));
        CHECK(bundle.error().text.view().find(row.says) != std::string_view::npos);
    }
}
