#include "agent/fleet/opamp_network.hpp"

#include <doctest/doctest.h>

#include "agent/fleet/opamp_link.hpp"
#include "homeostat/opamp/v1/opamp.pb.h"
#include "tests/support/fragile_files.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/scripted_channel.hpp"
#include "tests/support/scripted_fetcher.hpp"

using namespace homeostat;
namespace wire = ::homeostat::opamp::v1;

namespace {

const std::string kDigest(64, 'a');

OpampSettings settings_for(const std::string& endpoint) {
    OpampSettings settings;
    settings.endpoint = endpoint;
    settings.headers = {{"Authorization", "Bearer x"}};
    settings.accept_connection = true;
    return settings;
}

// As it goes over the wire: a header, then the message.
std::string framed(const wire::ServerToAgent& message) {
    return std::string(1, '\0') + message.SerializeAsString();
}

wire::ServerToAgent offer_of(const std::string& hash, const std::string& body) {
    wire::ServerToAgent out;
    out.mutable_remote_config()->set_config_hash(hash);
    out.mutable_remote_config()->mutable_config()->add_config_map()->mutable_value()->set_body(
        body);
    return out;
}

struct Rig {
    explicit Rig(const std::string& endpoint = "wss://s/v1/opamp")
        : link(settings_for(endpoint), {"0123456789abcdef", {}, {}, 1}, files, 1) {
        step({});          // the first look only begins the wait for the first message
        step(minutes(1));  // connects, and says the first
    }

    // One look after the time that has passed; what the agent said then, joined.
    wire::AgentToServer step(Duration passed) {
        clock.advance(passed);
        channel.sent.clear();
        link.poll(clock.now(), {fetcher, channel}, {{{"", true, health, ""}}, "tick: 1s\n", {}},
                  record, [this](std::string_view text, std::string_view) {
                      taken.emplace_back(text);
                      return OfferAnswer{OfferEnd::Waiting, {7, kDigest}, ""};
                  });
        said = {};
        for (const std::string& message : channel.sent) {
            REQUIRE(message.front() == '\0');
            CHECK(said.ParseFromString(message.substr(1)));
        }
        return said;
    }

    wire::AgentToServer push(const wire::ServerToAgent& message) {
        channel.pushed.push_back(framed(message));
        return step(seconds(1));
    }

    test::ManualClock clock;
    test::FragileFiles files;
    test::ScriptedFetcher fetcher;
    test::ScriptedChannel channel;
    RolloutRecord record;
    std::string health = "watching";
    std::vector<std::string> taken;
    wire::AgentToServer said;
    OpampLink link;
};

}  // namespace

TEST_CASE("opamp_network: requirement 1 over a WebSocket: the first message says everything") {
    Rig rig;
    REQUIRE(rig.channel.asked.size() == 1);
    const HttpRequest& upgrade = rig.channel.asked[0];
    CHECK(upgrade.method == "GET");
    CHECK(upgrade.url == "wss://s/v1/opamp");
    CHECK(upgrade.body.empty());
    CHECK(upgrade.headers[0].value == "Bearer x");
    for (const HttpHeader& header : upgrade.headers) CHECK(header.name != "Content-Type");
    CHECK(rig.said.has_agent_description());
    CHECK(rig.said.has_health());
    CHECK(rig.said.has_effective_config());
    CHECK(rig.said.has_remote_config_status());
    CHECK(rig.said.sequence_num() == 1);
    CHECK(rig.fetcher.asked.empty());
}

TEST_CASE("opamp_network: what a server pushes is taken without a poll, and told at once") {
    Rig rig;
    (void)rig.push({});
    CHECK(rig.channel.sent.empty());  // requirement 6: nothing changed, nothing is said
    const auto said = rig.push(offer_of("h1", "body"));
    CHECK(rig.taken == std::vector<std::string>{"body"});
    rig.record.waiting = {7, kDigest};
    const auto told = rig.step(seconds(1));
    CHECK(told.remote_config_status().status() == 2);
    CHECK(told.remote_config_status().last_hash() == "h1");
    CHECK_FALSE(told.has_agent_description());  // requirement 4
    (void)rig.push(offer_of("h1", "body"));     // requirement 7
    CHECK(rig.taken.size() == 1);
}

TEST_CASE("opamp_network: requirement 3: each message has the next number, answered or not") {
    Rig rig;
    for (std::uint64_t number = 2; number < 6; ++number) {
        rig.health = std::to_string(number);
        CHECK(rig.step(seconds(1)).sequence_num() == number);
    }
}

TEST_CASE("opamp_network: heartbeats come by their own clock, however much a server pushes") {
    Rig rig;
    int beats = 0;
    for (int second = 0; second < 95; ++second) {
        (void)rig.push({});
        beats += static_cast<int>(rig.channel.sent.size());
    }
    CHECK(beats == 3);  // every 27 to 30 s
}

TEST_CASE("opamp_network: requirement 5 over a WebSocket: the full state, at once") {
    Rig rig;
    wire::ServerToAgent ask;
    ask.set_flags(1);
    const auto said = rig.push(ask);
    CHECK(said.has_agent_description());
    CHECK(said.has_effective_config());
}

TEST_CASE("opamp_network: a message that came before our first does not make that one shorter") {
    Rig rig;
    rig.channel.broken = make_error(Errc::Io, "reset");
    (void)rig.step(minutes(1));
    rig.channel.pushed.push_back(framed({}));
    CHECK(rig.step(seconds(1)).has_agent_description());
}

TEST_CASE("opamp_network: requirement 21: a drop is followed by a connection at once, then later") {
    Rig rig;
    (void)rig.push({});
    rig.clock.advance(minutes(5));
    rig.channel.broken = make_error(Errc::Io, "reset");
    (void)rig.step(seconds(1));
    CHECK_FALSE(rig.link.status(rig.record).connected);
    CHECK(rig.step(seconds(1)).has_agent_description());
    CHECK(rig.channel.asked.size() == 2);
    // Dropped again and again: the waits grow, up to minutes.
    for (int second = 0; second < 3600; ++second) {
        rig.channel.broken = make_error(Errc::Io, "reset");
        (void)rig.step(seconds(1));
    }
    CHECK(rig.channel.asked.size() > 10);
    CHECK(rig.channel.asked.size() < 100);
    CHECK(rig.link.problem() == "reset");
}

TEST_CASE("opamp_network: nobody there: back-off, and what is true then is said") {
    Rig rig;
    rig.channel.broken = make_error(Errc::Io, "reset");
    rig.channel.absent = true;
    for (int second = 0; second < 3600; ++second) (void)rig.step(seconds(1));
    CHECK(rig.channel.asked.size() < 100);
    CHECK(rig.link.problem() == "connection refused");
    rig.channel.absent = false;
    rig.health = "new";
    wire::AgentToServer said;
    for (int second = 0; second < 600 && !said.has_health(); ++second) said = rig.step(seconds(1));
    CHECK(said.health().status() == "new");
}

TEST_CASE("opamp_network: requirement 16 over a WebSocket: refusals of the upgrade") {
    struct Row {
        int status;
        const char* retry_after;
        std::int64_t least_s;
    };
    for (const Row row : {Row{503, "120", 120}, Row{429, "", 30}, Row{401, "", 300},
                          Row{404, "", 30}, Row{302, "", 30}}) {
        CAPTURE(row.status);
        Rig rig;
        HttpResponse answer;
        answer.status = row.status;
        answer.retry_after = row.retry_after;
        rig.channel.refusal = answer;
        rig.channel.broken = make_error(Errc::Io, "reset");
        (void)rig.step(minutes(1));  // drops
        (void)rig.step(seconds(1));  // is refused
        const std::size_t asked = rig.channel.asked.size();
        CHECK(asked == 2);
        for (std::int64_t second = 0; second < row.least_s - 1; ++second) {
            (void)rig.step(seconds(1));
        }
        CHECK(rig.channel.asked.size() == asked);
        (void)rig.step(minutes(6));
        CHECK(rig.channel.asked.size() == asked + 1);
    }
}

TEST_CASE("opamp_network: requirement 15: unavailable: hung up, and back after the wait") {
    Rig rig;
    wire::ServerToAgent busy;
    busy.mutable_error_response()->set_type(2);
    busy.mutable_error_response()->mutable_retry_info()->set_retry_after_nanoseconds(
        static_cast<std::uint64_t>(minutes(2).ns));
    (void)rig.push(busy);
    CHECK(rig.channel.goodbyes == 1);
    CHECK(rig.channel.state() == ChannelState::Closed);
    for (int second = 0; second < 118; ++second) (void)rig.step(seconds(1));
    CHECK(rig.channel.asked.size() == 1);
    CHECK(rig.step(seconds(3)).has_agent_description());
    CHECK(rig.channel.asked.size() == 2);
    wire::ServerToAgent bad;
    bad.mutable_error_response()->set_type(1);
    (void)rig.push(bad);
    CHECK(rig.channel.goodbyes == 1);  // only not sent again
}

TEST_CASE("opamp_network: requirement 23 over a WebSocket: what cannot be read changes nothing") {
    for (const std::string& message : {std::string(), std::string("\x01\x02"),
                                       std::string("\0\xff\xff\xff", 4), std::string(1, '\x08')}) {
        Rig rig;
        rig.channel.pushed.push_back(message);
        (void)rig.step(seconds(1));
        CHECK(rig.taken.empty());
        CHECK_FALSE(rig.link.problem().empty());
        CHECK(rig.channel.state() == ChannelState::Open);
        (void)rig.push(offer_of("h1", "body"));
        CHECK(rig.taken.size() == 1);
        CHECK(rig.link.problem().empty());
    }
}

TEST_CASE(
    "opamp_network: requirement 19: from one transport to the other, and back when it fails") {
    Rig rig;
    rig.fetcher.set_answer([](const HttpRequest&) -> Result<HttpResponse> {
        HttpResponse response;
        response.status = 200;
        return response;
    });
    wire::ServerToAgent move;
    move.mutable_connection_settings()->set_hash("c1");
    move.mutable_connection_settings()->mutable_opamp()->set_destination_endpoint("https://b/");
    (void)rig.push(move);
    (void)rig.step(seconds(1));
    CHECK(rig.channel.goodbyes == 1);
    REQUIRE(rig.fetcher.asked.size() == 1);
    CHECK(rig.fetcher.asked[0].url == "https://b/");
    CHECK(rig.fetcher.asked[0].method == "POST");

    move.mutable_connection_settings()->set_hash("c2");
    move.mutable_connection_settings()->mutable_opamp()->set_destination_endpoint("wss://c/");
    rig.fetcher.set_answer([&](const HttpRequest&) -> Result<HttpResponse> {
        HttpResponse response;
        response.status = 200;
        response.body = move.SerializeAsString();
        return response;
    });
    HttpResponse absent;
    absent.status = 404;
    rig.channel.refusal = absent;
    (void)rig.step(minutes(1));
    (void)rig.step(seconds(1));
    CHECK(rig.channel.asked.back().url == "wss://c/");
    rig.fetcher.asked.clear();
    (void)rig.step(minutes(2));
    REQUIRE_FALSE(rig.fetcher.asked.empty());
    wire::AgentToServer told;
    CHECK(told.ParseFromString(rig.fetcher.asked.back().body));
    CHECK(told.connection_settings_status().status() == 3);
    CHECK(told.connection_settings_status().error_message().find("404") != std::string::npos);
}

TEST_CASE("opamp_network: from wss there is no way to ws, http or nonsense") {
    for (const char* endpoint : {"ws://b/", "http://b/", "ftp://b/", "wss://u:p@b/"}) {
        CAPTURE(endpoint);
        Rig rig;
        wire::ServerToAgent move;
        move.mutable_connection_settings()->set_hash("c1");
        move.mutable_connection_settings()->mutable_opamp()->set_destination_endpoint(endpoint);
        const auto said = rig.push(move);
        CHECK(said.connection_settings_status().status() == 3);
        CHECK(rig.channel.state() == ChannelState::Open);
        CHECK(rig.channel.asked.size() == 1);
    }
}

TEST_CASE("opamp_network: requirement 20: the farewell, then the goodbye, in two seconds at most") {
    for (const bool polite : {true, false}) {
        Rig rig;
        rig.channel.says_goodbye = polite;
        rig.channel.sent.clear();
        rig.link.say_farewell(rig.clock.now(), {rig.fetcher, rig.channel});
        REQUIRE(rig.channel.sent.size() == 1);
        wire::AgentToServer last;
        CHECK(last.ParseFromString(rig.channel.sent[0].substr(1)));
        CHECK(last.has_agent_disconnect());
        CHECK(rig.channel.goodbyes == 1);
        CHECK(rig.channel.state() == ChannelState::Closed);
        CHECK(rig.channel.waited <= seconds(2));
    }
}

TEST_CASE("opamp_network: a server without a word is one that works, after a while") {
    Rig rig("ws://s/");
    CHECK_FALSE(rig.link.status(rig.record).connected);
    (void)rig.step(minutes(1));
    CHECK(rig.link.status(rig.record).connected);
    rig.channel.broken = make_error(Errc::Io, "reset");
    (void)rig.step(minutes(1));
    (void)rig.step(seconds(1));
    CHECK_FALSE(rig.link.status(rig.record).connected);
    (void)rig.step(minutes(1));
    CHECK(rig.link.status(rig.record).connected);
}
