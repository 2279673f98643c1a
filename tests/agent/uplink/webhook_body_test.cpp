#include "agent/uplink/webhook_body.hpp"

#include <doctest/doctest.h>

#include <array>
#include <nlohmann/json.hpp>

#include "tests/agent/uplink/sample_incidents.hpp"

using namespace homeostat;
using Json = nlohmann::json;

namespace {

AgentIdentity identity() {
    AgentIdentity identity;
    identity.host_name = "web-17";
    identity.host_id = "abc";
    return identity;
}

Incident hostile_incident() {
    Incident incident = test::sample_incident();
    incident.subject.name = "/mnt/<!channel>&\xff\"";
    incident.summary = "<!channel> & \"quoted\" \xff\n";
    incident.causes[0].text = "<http://evil|click>";
    return incident;
}

}  // namespace

TEST_CASE("webhook: the generic body is homeostat.incident/v1 with its event and host") {
    const Json body = Json::parse(generic_body(test::sample_incident(), identity()));
    CHECK(body["event"] == "incident.open");
    CHECK(body["schema"] == "homeostat.incident/v1");
    CHECK(body["host"]["name"] == "web-17");
    CHECK(body["id"] == std::string(test::sample_incident().id.text()));
    CHECK(webhook_event(test::sample_incident(1, 2)) == "incident.update");
    CHECK(webhook_event(test::resolved(test::sample_incident())) == "incident.close");
    CHECK(Json::parse(generic_body(hostile_incident(), identity())).is_object());
}

TEST_CASE("webhook: PagerDuty is triggered and resolved under one key") {
    const Incident incident = test::sample_incident();
    const std::string key(32, 'k');
    const Json trigger = Json::parse(pagerduty_body(incident, identity(), key));
    CHECK(trigger["routing_key"] == key);
    CHECK(trigger["event_action"] == "trigger");
    CHECK(trigger["dedup_key"] == "homeostat/" + std::string(incident.id.text()));
    CHECK(trigger["payload"]["severity"] == "warning");
    CHECK(trigger["payload"]["source"] == "web-17");
    CHECK(trigger["payload"]["component"] == "/srv/data");
    CHECK(trigger["payload"]["class"] == "filesystem_space");
    CHECK(trigger["payload"]["timestamp"] == std::string(rfc3339(incident.updated.unix_ns)));
    CHECK(trigger["payload"]["summary"].get<std::string>().size() <= 1024);
    CHECK(trigger["payload"]["custom_details"]["evidence"].size() == 3);
    const Json resolve = Json::parse(pagerduty_body(test::resolved(incident), identity(), key));
    CHECK(resolve["event_action"] == "resolve");
    CHECK(resolve["dedup_key"] == trigger["dedup_key"]);
    CHECK_FALSE(resolve.contains("payload"));
    CHECK(Json::parse(pagerduty_body(hostile_incident(), identity(), key)).is_object());
}

TEST_CASE("webhook: Slack's control characters in host data are escaped") {
    const Json body = Json::parse(slack_body(hostile_incident(), identity()));
    const std::string section = body["blocks"][0]["text"]["text"];
    CHECK(body["blocks"][0]["type"] == "section");
    CHECK(section.find('<') == std::string::npos);
    CHECK(section.find("&lt;!channel&gt; &amp;") != std::string::npos);
    CHECK(section.find("&lt;http://evil|click&gt;") != std::string::npos);
    CHECK(body["text"].get<std::string>().find('<') == std::string::npos);
    CHECK(section.size() <= 3000);
}

TEST_CASE("webhook: names with line feeds forge no line for people") {
    Incident incident = test::sample_incident();
    incident.summary = "/srv/x\nAll is well\xe2\x80\xae is full";
    incident.subject.name = "/srv/x\nAll is well";
    incident.causes[0].text = "sh\nCause: none\x1b[1m";
    ActionRecord action;
    action.rule = "rule";
    action.state = "effective";
    action.detail = "done\nAction: none";
    REQUIRE(incident.actions.push(action));
    const std::array<Incident, 1> one{incident};
    const std::string key(32, 'k');
    for (const std::string& text :
         {slack_body(incident, identity()), slack_digest(one, identity()),
          pagerduty_body(incident, identity(), key), generic_digest(one, identity())}) {
        CAPTURE(text);
        CHECK(text.find("\\nAll") == std::string::npos);
        CHECK(text.find("\\nCause: none") == std::string::npos);
        CHECK(text.find("\\nAction: none") == std::string::npos);
        CHECK(text.find("\\u001b") == std::string::npos);
        CHECK(text.find("\xe2\x80\xae") == std::string::npos);
        CHECK(text.find("/srv/x?All is well") != std::string::npos);
    }
    CHECK(slack_body(incident, identity()).find("\\nCause: sh?Cause: none") != std::string::npos);
}

TEST_CASE("webhook: the limits of PagerDuty and Slack hold for the longest incident") {
    const Incident incident = test::longest_incident();
    const std::string event = pagerduty_body(incident, identity(), std::string(32, 'k'));
    CHECK(event.size() <= 512 * 1024);
    const Json trigger = Json::parse(event);
    CHECK(trigger["dedup_key"].get<std::string>().size() <= 255);
    CHECK(trigger["payload"]["summary"].get<std::string>().size() <= 1024);
    const std::vector<Incident> many(40, incident);
    for (const std::string& message :
         {slack_body(incident, identity()), slack_digest(many, identity())}) {
        const Json body = Json::parse(message);
        CHECK(body["blocks"].size() <= 50);
        CHECK(body["blocks"][0]["text"]["text"].get<std::string>().size() <= 3000);
    }
}

TEST_CASE("webhook: a digest counts all and shows the first ten") {
    std::vector<Incident> incidents;
    for (std::uint64_t i = 0; i < 40; ++i) incidents.push_back(test::sample_incident(i));
    const Json generic = Json::parse(generic_digest(incidents, identity()));
    CHECK(generic["event"] == "incident.digest");
    CHECK(generic["count"] == 40);
    CHECK(generic["first"].size() == 10);
    const Json slack = Json::parse(slack_digest(incidents, identity()));
    CHECK(slack["text"] == "web-17: 40 incident records in a short time");
    CHECK(slack["blocks"][0]["text"]["text"].get<std::string>().size() <= 3000);
}
