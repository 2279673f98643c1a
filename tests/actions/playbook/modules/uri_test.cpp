#include <doctest/doctest.h>

#include "tests/actions/playbook/play_fixture.hpp"

namespace homeostat::playbook {
namespace {

ProbeAnswer answer(int status, std::string type = "text/plain", std::string body = {},
                   std::string location = {}) {
    return {.status = status,
            .content_type = std::move(type),
            .location = std::move(location),
            .body = std::move(body)};
}

}  // namespace

TEST_CASE("uri: status, content and JSON") {
    test::PlayFixture play;
    play.probe.answers = {answer(200, "application/json; charset=utf-8", "{\"a\": 1}"), answer(503),
                          answer(500), answer(200, "text/plain", "{\"a\": 1}")};
    const auto report = play.run_tasks(
        "    - uri: {url: 'http://127.0.0.1:80/x', return_content: true}\n      register: a\n"
        "    - uri: {url: 'http://localhost/', status_code: [200, 503]}\n      register: b\n"
        "    - uri: {url: 'http://[::1]/'}\n      register: c\n      ignore_errors: true\n"
        "    - uri: {url: 'http://127.0.0.1/'}\n      register: d\n"
        "    - uri: {url: 'http://127.0.0.1/'}\n      register: e\n      ignore_errors: true\n"
        "    - debug: {msg: '{{ a.json.a }} {{ a.content | length }} {{ b.status }} {{ c.status }} "
        "{{ d.json is defined }} {{ d.content is defined }} {{ e.status }} {{ a is changed }}'}\n");
    REQUIRE(report);
    CHECK(report->tasks[2].outcome.failed);
    CHECK(report->tasks[4].outcome.failed);
    CHECK(report->tasks[5].outcome.message.text() == "1 8 503 500 False False -1 False");
}

TEST_CASE("uri: -1 among the accepted codes waits for nobody to answer") {
    test::PlayFixture play;
    const auto report = play.run_tasks(
        "    - uri: {url: 'http://127.0.0.1/', status_code: [-1]}\n      register: r\n"
        "    - debug: {msg: 'status {{ r.status }}'}\n");
    REQUIRE(report);
    CHECK_FALSE(report->failed);
    CHECK(report->tasks[1].outcome.message.text() == "status -1");
}

TEST_CASE("uri: requests with headers and bodies") {
    test::PlayFixture play;
    play.probe.answers = {answer(200), answer(200)};
    REQUIRE(play.run_tasks(
        "    - uri: {url: 'http://127.0.0.1/', method: POST, body_format: json, body: {a: [1, x]}, "
        "headers: {X-A: 5}, timeout: 7, validate_certs: no}\n"
        "    - uri: {url: 'http://127.0.0.1/', method: POST, body: raw text}\n"));
    CHECK(play.probe.asked[0].body == "{\"a\": [1, \"x\"]}");
    CHECK(play.probe.asked[0].headers[0] == std::pair<std::string, std::string>{"X-A", "5"});
    CHECK(play.probe.asked[0].headers[1].second == "application/json");
    CHECK(play.probe.asked[0].timeout == seconds(7));
    CHECK_FALSE(play.probe.asked[0].verify_certificates);
    CHECK(play.probe.asked[1].body == "raw text");
}

TEST_CASE("uri: redirects are followed on the same host only") {
    test::PlayFixture play;
    play.probe.answers = {answer(302, "", "", "/b"), answer(200),
                          answer(302, "", "", "http://example.org/")};
    const auto report = play.run_tasks(
        "    - uri: {url: 'http://127.0.0.1/a'}\n      register: r\n"
        "    - uri: {url: 'http://127.0.0.1/a', status_code: 302}\n      register: s\n"
        "    - debug: {msg: '{{ r.url }} {{ s.url }}'}\n");
    REQUIRE(report);
    CHECK_FALSE(report->failed);
    CHECK(report->tasks[2].outcome.message.text() == "http://127.0.0.1/b http://127.0.0.1/a");
    play.probe.answers = {answer(302, "", "", "/b")};
    CHECK(play.run_tasks("    - uri: {url: 'http://127.0.0.1/', method: POST}\n")->failed);
}

TEST_CASE("uri: other hosts need the policy, and no probe refuses the file") {
    test::PlayFixture play;
    const auto report =
        play.run_tasks("    - uri: {url: 'http://{{ h }}/'}\n      vars: {h: example.org}\n");
    REQUIRE(report);
    CHECK(report->tasks[0].denied);
    CHECK(play.probe.asked.empty());
    Environment blind = play.environment();
    blind.probe = nullptr;
    CHECK_FALSE(
        check_playbook({.text = "- hosts: a\n  tasks:\n    - uri: {url: 'http://127.0.0.1/'}\n",
                        .file_name = "f",
                        .extra_variables = {}},
                       blind));
    for (const std::string_view url :
         {"ftp://x/", "http://", "x", "http://a:b@c/", "http://a b/"}) {
        CAPTURE(url);
        CHECK(play.refusal("    - uri: {url: '" + std::string(url) + "'}\n") != "accepted");
    }
    play.options.check = true;
    CHECK(play.run_tasks("    - uri: {url: 'http://127.0.0.1/'}\n")->tasks[0].outcome.skipped);
}

}  // namespace homeostat::playbook
