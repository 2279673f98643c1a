#include "agent/fleet/opamp_client.hpp"

#include <doctest/doctest.h>

#include "homeostat/opamp/v1/opamp.pb.h"
#include "tests/support/manual_clock.hpp"

using namespace homeostat;
namespace wire = ::homeostat::opamp::v1;

namespace {

const std::string kUid = "0123456789abcdef";

struct Rig {
    Rig() { restart(""); }

    void restart(const std::string& last_hash) {
        OpampIdentity identity{kUid, {{"service.name", "homeostat"}}, {{"os.type", "linux"}}, 5};
        client.emplace(settings, identity, last_hash, 1);
    }

    wire::AgentToServer send() {
        wire::AgentToServer message;
        last = client->request(view);
        REQUIRE(message.ParseFromString(last.body));
        return message;
    }

    OpampNews answer(const wire::ServerToAgent& message) {
        return answer_bytes(message.SerializeAsString());
    }

    OpampNews answer_bytes(const std::string& body, int status = 200,
                           const std::string& retry_after = "") {
        HttpResponse response;
        response.status = status;
        response.body = body;
        response.retry_after = retry_after;
        return client->on_answer(response, clock.now());
    }

    // One exchange after which nothing is owed.
    void greet() {
        (void)send();
        (void)answer({});
    }

    // How long until it would speak, with nothing to tell.
    [[nodiscard]] Duration wait() const {
        Duration passed;
        while (passed < hours(3)) {
            if (client->due(clock.now() + passed, view)) return passed;
            passed = passed + milliseconds(500);
        }
        return passed;
    }

    test::ManualClock clock;
    OpampSettings settings{.endpoint = "https://opamp:4320/v1/opamp",
                           .headers = {{"Authorization", "Bearer x"}},
                           .tls = {},
                           .accept_config = true,
                           .accept_connection = false};
    OpampView view{{{"", true, "watching", ""}, {"collect", true, "ok", ""}}, "tick: 1s\n", {}};
    std::optional<OpampClient> client;
    HttpRequest last;
};

wire::ServerToAgent config_offer(const std::string& hash, const std::string& key,
                                 const std::string& body) {
    wire::ServerToAgent out;
    out.mutable_remote_config()->set_config_hash(hash);
    wire::NamedFile& file = *out.mutable_remote_config()->mutable_config()->add_config_map();
    file.set_key(key);
    file.mutable_value()->set_body(body);
    return out;
}

}  // namespace

TEST_CASE("opamp requirement 1: the first message says everything") {
    Rig rig;
    CHECK(rig.client->due(rig.clock.now(), rig.view));
    const auto message = rig.send();
    CHECK(message.instance_uid() == kUid);
    CHECK(message.sequence_num() == 1);
    CHECK(message.capabilities() == 0x3807);
    CHECK(message.agent_description().identifying_attributes(0).key() == "service.name");
    CHECK(message.health().healthy());
    CHECK(message.effective_config().config_map().config_map_size() == 1);
    CHECK(message.has_remote_config_status());
    CHECK(message.remote_config_status().status() == 0);
    CHECK(rig.last.method == "POST");
    CHECK(rig.last.url == "https://opamp:4320/v1/opamp");
    CHECK(rig.last.headers[1].name == "Content-Type");
    CHECK(rig.last.headers[1].value == "application/x-protobuf");
    CHECK(rig.last.headers[2].value == "30313233-3435-3637-3839-616263646566");
}

TEST_CASE("opamp requirement 2: the instance is the one that is kept on the disk") {
    // Where it is kept and when it is new: identity_test.cpp, load_instance_id.
    Rig rig;
    rig.greet();
    rig.restart("");
    CHECK(rig.send().instance_uid() == kUid);
}

TEST_CASE(
    "opamp requirement 3: a new message has the next number, one that is sent again its own") {
    Rig rig;
    CHECK(rig.send().sequence_num() == 1);
    (void)rig.client->on_answer(make_error(Errc::Timeout, "no answer"), rig.clock.now());
    CHECK(rig.send().sequence_num() == 1);
    (void)rig.answer({});
    CHECK(rig.send().sequence_num() == 2);
    (void)rig.answer_bytes("", 503);
    CHECK(rig.send().sequence_num() == 2);
    (void)rig.answer({});
    CHECK(rig.send().sequence_num() == 3);
}

TEST_CASE("opamp requirement 4: what has not changed is left out") {
    Rig rig;
    rig.greet();
    const auto poll = rig.send();
    CHECK(poll.instance_uid() == kUid);
    CHECK(poll.capabilities() == 0x3807);
    CHECK_FALSE(poll.has_agent_description());
    CHECK_FALSE(poll.has_health());
    CHECK_FALSE(poll.has_effective_config());
    CHECK_FALSE(poll.has_remote_config_status());
    (void)rig.answer({});
    rig.view.effective_config = "tick: 2s\n";
    const auto change = rig.send();
    CHECK(change.has_effective_config());
    CHECK_FALSE(change.has_health());
}

TEST_CASE("opamp requirement 5: ReportFullState is answered at once, with everything") {
    Rig rig;
    (void)rig.send();
    wire::ServerToAgent full;
    full.set_flags(1);
    (void)rig.answer(full);
    CHECK(rig.client->due(rig.clock.now(), rig.view));
    const auto message = rig.send();
    CHECK(message.has_agent_description());
    CHECK(message.has_health());
    CHECK(message.has_effective_config());
    CHECK(message.has_remote_config_status());
    CHECK(message.has_custom_capabilities());
}

TEST_CASE("opamp requirement 6: an answer that changes nothing causes no message before the poll") {
    Rig rig;
    rig.greet();
    CHECK_FALSE(rig.client->due(rig.clock.now(), rig.view));
    CHECK(rig.wait() >= seconds(26));
    CHECK(rig.wait() <= seconds(30));
}

TEST_CASE("opamp requirement 7: a hash that was received before is ignored, after a restart, too") {
    Rig rig;
    (void)rig.send();
    CHECK(rig.answer(config_offer("h1", "homeostat.yml", "x")).offer.has_value());
    (void)rig.send();
    CHECK_FALSE(rig.answer(config_offer("h1", "homeostat.yml", "x")).offer.has_value());
    rig.restart("h1");
    (void)rig.send();
    CHECK_FALSE(rig.answer(config_offer("h1", "homeostat.yml", "x")).offer.has_value());
    (void)rig.send();
    CHECK(rig.answer(config_offer("h2", "homeostat.yml", "x")).offer.has_value());
}

TEST_CASE("opamp requirement 8: applying, applied and failed are told at once, with the hash") {
    Rig rig;
    rig.greet();
    for (const OfferState state : {OfferState::Applying, OfferState::Applied, OfferState::Failed}) {
        rig.view.config = {"h1", state, state == OfferState::Failed ? "bundle prod 7:3:1: x" : ""};
        CHECK(rig.client->due(rig.clock.now(), rig.view));
        const auto message = rig.send();
        CHECK(message.remote_config_status().last_hash() == "h1");
        CHECK(message.remote_config_status().status() == static_cast<std::uint32_t>(state));
        CHECK(message.remote_config_status().error_message() == rig.view.config.text);
        (void)rig.answer({});
    }
}

TEST_CASE("opamp requirement 9: empty bodies are no remote layer, unknown keys a fault by name") {
    Rig rig;
    (void)rig.send();
    auto news = rig.answer(config_offer("h1", "", ""));
    REQUIRE(news.offer);
    CHECK(news.offer->body.empty());
    CHECK(news.offer->fault.empty());
    (void)rig.send();
    news = rig.answer(config_offer("h2", "collector.yaml", "x"));
    REQUIRE(news.offer);
    CHECK(news.offer->fault.find("'collector.yaml'") != std::string::npos);
    (void)rig.send();
    auto both = config_offer("h3", "homeostat.yml", "body");
    wire::NamedFile& file = *both.mutable_remote_config()->mutable_config()->add_config_map();
    file.set_key("homeostat.yml.minisig");
    file.mutable_value()->set_body("sig");
    news = rig.answer(both);
    CHECK(news.offer->body == "body");
    CHECK(news.offer->signature == "sig");
}

TEST_CASE("opamp requirement 10: what a server says it does not take is not sent") {
    Rig rig;
    (void)rig.send();
    wire::ServerToAgent limited;
    limited.set_capabilities(1);
    limited.set_flags(1);
    (void)rig.answer(limited);
    auto message = rig.send();
    CHECK_FALSE(message.has_effective_config());
    CHECK_FALSE(message.has_remote_config_status());
    CHECK(message.has_health());
    (void)rig.answer({});  // nought: as before
    rig.view.effective_config = "tick: 3s\n";
    CHECK_FALSE(rig.client->due(rig.clock.now(), rig.view));
    CHECK_FALSE(rig.send().has_effective_config());
}

TEST_CASE("opamp requirement 11: unless the owner takes part, an offer is ignored") {
    Rig rig;
    rig.settings.accept_config = false;
    rig.restart("");
    CHECK(rig.send().capabilities() == 0x3805);
    CHECK_FALSE(rig.answer(config_offer("h1", "homeostat.yml", "x")).offer.has_value());
    CHECK_FALSE(rig.client->due(rig.clock.now(), rig.view));
}

TEST_CASE("opamp requirement 12: the effective configuration is YAML") {
    Rig rig;
    const auto message = rig.send();
    const wire::NamedFile& file = message.effective_config().config_map().config_map(0);
    CHECK(file.key() == "homeostat.yml");
    CHECK(file.value().body() == "tick: 1s\n");
    CHECK(file.value().content_type() == "application/yaml");
}

TEST_CASE("opamp requirement 13: health has its parts, and is told when it changes") {
    Rig rig;
    rig.greet();
    rig.view.health[1] = {"collect", false, "failing", "mounts: timeout"};
    CHECK(rig.client->due(rig.clock.now(), rig.view));
    const auto message = rig.send();
    CHECK(message.health().start_time_unix_nano() == 5);
    REQUIRE(message.health().component_health_map_size() == 1);
    CHECK(message.health().component_health_map(0).key() == "collect");
    CHECK(message.health().component_health_map(0).value().last_error() == "mounts: timeout");
}

TEST_CASE(
    "opamp requirement 14: a new instance of 16 bytes is adopted, another's answer is ignored") {
    Rig rig;
    (void)rig.send();
    wire::ServerToAgent named;
    named.mutable_agent_identification()->set_new_instance_uid("short");
    CHECK(rig.answer(named).new_instance_uid.empty());
    (void)rig.send();
    named.mutable_agent_identification()->set_new_instance_uid("fedcba9876543210");
    CHECK(rig.answer(named).new_instance_uid == "fedcba9876543210");
    CHECK(rig.send().instance_uid() == "fedcba9876543210");
    auto other = config_offer("h9", "homeostat.yml", "x");
    other.set_instance_uid(kUid);
    CHECK_FALSE(rig.answer(other).offer.has_value());
    CHECK(rig.client->strange_answers() == 1);
}

TEST_CASE(
    "opamp requirement 15: unavailable waits as long as is asked, a bad request is not sent "
    "again") {
    Rig rig;
    (void)rig.send();
    wire::ServerToAgent busy;
    busy.mutable_error_response()->set_type(2);
    busy.mutable_error_response()->mutable_retry_info()->set_retry_after_nanoseconds(
        90'000'000'000);
    (void)rig.answer(busy);
    CHECK(rig.wait() == seconds(90));
    CHECK(rig.send().has_agent_description());
    wire::ServerToAgent bad;
    bad.mutable_error_response()->set_type(1);
    (void)rig.answer(bad);
    CHECK(rig.wait() == seconds(30));
    CHECK_FALSE(rig.send().has_agent_description());
}

TEST_CASE("opamp requirement 16: what each HTTP status makes it wait") {
    struct Row {
        int status;
        const char* retry_after;
        Duration least;
        Duration most;
    };
    for (const Row& row :
         {Row{429, "", seconds(30), seconds(31)}, Row{503, "120", seconds(120), seconds(121)},
          Row{503, "1", seconds(30), seconds(31)}, Row{401, "", minutes(5), minutes(5)},
          Row{403, "", minutes(5), minutes(5)}, Row{404, "", seconds(30), seconds(30)},
          Row{500, "", Duration{}, seconds(2)}}) {
        CAPTURE(row.status);
        Rig rig;
        (void)rig.send();
        (void)rig.answer_bytes("", row.status, row.retry_after);
        CHECK(rig.wait() >= row.least);
        CHECK(rig.wait() <= row.most);
        CHECK_FALSE(rig.client->problem().empty());
    }
    Rig rig;
    (void)rig.send();
    (void)rig.answer_bytes("", 413);
    CHECK_FALSE(rig.send().has_agent_description());  // that message never again
}

TEST_CASE("opamp requirement 17: while the server is away, one message says what is true by then") {
    Rig rig;
    for (int i = 0; i < 20; ++i) {
        rig.view.effective_config = "tick: " + std::to_string(i) + "s\n";
        (void)rig.send();
        (void)rig.client->on_answer(make_error(Errc::Io, "refused"), rig.clock.now());
        // And what changes meanwhile does not hasten it.
        CHECK((!rig.client->due(rig.clock.now(), rig.view) || rig.wait() == Duration{}));
    }
    const auto message = rig.send();
    CHECK(message.sequence_num() == 1);
    CHECK(message.effective_config().config_map().config_map(0).value().body() == "tick: 19s\n");
}

TEST_CASE("opamp requirement 18: a heartbeat is taken within bounds, and nought changes nothing") {
    struct Row {
        std::uint64_t seconds;
        Duration expected;
    };
    for (const Row& row :
         {Row{0, seconds(30)}, Row{1, seconds(5)}, Row{20, seconds(20)}, Row{~0ULL, hours(1)}}) {
        CAPTURE(row.seconds);
        Rig rig;
        (void)rig.send();
        wire::ServerToAgent beat;
        beat.mutable_connection_settings()->mutable_opamp()->set_heartbeat_interval_seconds(
            row.seconds);
        (void)rig.answer(beat);
        CHECK(rig.client->settings().interval == row.expected);
        CHECK(rig.wait() <= row.expected);
    }
}

TEST_CASE("opamp requirement 19: another server is news only where the owner allows it, once") {
    wire::ServerToAgent move;
    move.mutable_connection_settings()->set_hash("c1");
    move.mutable_connection_settings()->mutable_opamp()->set_destination_endpoint("https://b/");
    Rig rig;
    (void)rig.send();
    CHECK_FALSE(rig.answer(move).move.has_value());
    rig.settings.accept_connection = true;
    rig.restart("");
    CHECK(rig.send().capabilities() == 0xB907);
    const auto news = rig.answer(move);
    REQUIRE(news.move);
    CHECK(news.move->endpoint == "https://b/");
    (void)rig.send();
    CHECK_FALSE(rig.answer(move).move.has_value());
    rig.client->report_connection({"c1", OfferState::Applied, ""});
    const auto message = rig.send();
    CHECK(message.connection_settings_status().last_hash() == "c1");
    CHECK(message.connection_settings_status().status() == 1);
}

TEST_CASE("opamp requirement 20: the last message says so, and is given two seconds") {
    Rig rig;
    rig.greet();
    const HttpRequest request = rig.client->farewell();
    wire::AgentToServer message;
    REQUIRE(message.ParseFromString(request.body));
    CHECK(message.has_agent_disconnect());
    CHECK(message.sequence_num() == 2);
    CHECK(request.timeout == seconds(2));
}

TEST_CASE("opamp requirement 21: a new connection begins with everything") {
    Rig rig;
    rig.greet();
    OpampSettings other = rig.settings;
    other.endpoint = "https://b/v1/opamp";
    rig.client->use(other);
    CHECK(rig.client->due(rig.clock.now(), rig.view));
    CHECK(rig.send().has_agent_description());
    CHECK(rig.last.url == "https://b/v1/opamp");
}

TEST_CASE("opamp requirement 22: a command is not obeyed") {
    Rig rig;
    (void)rig.send();
    wire::ServerToAgent restart;
    restart.mutable_command();
    const auto news = rig.answer(restart);
    CHECK_FALSE(news.offer.has_value());
    CHECK_FALSE(news.move.has_value());
    CHECK((rig.client->capabilities() & 0x400) == 0);
}

TEST_CASE("opamp requirement 23: what is no message changes nothing, and the next poll comes") {
    for (const std::string& body :
         {std::string("\xFF\xFF\xFF"), std::string(100, '\0'), std::string("\x1A\x7F"),
          std::string("<html>busy</html>"), std::string(kOpampBytesMax + 1, '\0')}) {
        Rig rig;
        (void)rig.send();
        const auto news = rig.answer_bytes(body);
        CHECK_FALSE(news.offer.has_value());
        CHECK(rig.client->strange_answers() == 1);
        CHECK(rig.wait() <= seconds(30));
        CHECK(rig.send().sequence_num() == 1);  // it is sent again
    }
    Rig rig;
    (void)rig.send();
    CHECK_FALSE(rig.client->on_answer(make_error(Errc::Limit, "too large"), rig.clock.now())
                    .offer.has_value());
}

TEST_CASE("opamp requirement 19: own metrics are news where the owner allows it, and said so") {
    wire::ServerToAgent offer;
    offer.mutable_connection_settings()->set_hash("m1");
    wire::TelemetrySettings& metrics = *offer.mutable_connection_settings()->mutable_own_metrics();
    metrics.set_destination_endpoint("https://m/v1/metrics");
    wire::Header& header = *metrics.mutable_headers()->add_headers();
    header.set_key("A");
    header.set_value("b");
    Rig rig;
    (void)rig.send();
    CHECK_FALSE(rig.answer(offer).metrics.has_value());
    rig.settings.accept_own_metrics = true;
    rig.restart("");
    CHECK(rig.send().capabilities() == 0xB847);
    const auto news = rig.answer(offer);
    REQUIRE(news.metrics);
    CHECK(news.metrics->endpoint == "https://m/v1/metrics");
    CHECK(news.metrics->headers[0].value == "b");
    CHECK_FALSE(news.metrics->brings_tls);
    CHECK_FALSE(news.move);
    (void)rig.send();
    CHECK_FALSE(rig.answer(offer).metrics.has_value());  // the same hash
}
