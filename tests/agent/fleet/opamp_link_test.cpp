#include "agent/fleet/opamp_link.hpp"

#include <doctest/doctest.h>

#include "homeostat/opamp/v1/opamp.pb.h"
#include "tests/support/fragile_files.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/scripted_channel.hpp"
#include "tests/support/scripted_fetcher.hpp"

using namespace homeostat;
namespace wire = ::homeostat::opamp::v1;

namespace {

const std::string kDigest(64, 'a');

wire::ServerToAgent offer_of(const std::string& hash, const std::string& body) {
    wire::ServerToAgent out;
    out.mutable_remote_config()->set_config_hash(hash);
    out.mutable_remote_config()->mutable_config()->add_config_map()->mutable_value()->set_body(
        body);
    return out;
}

struct Rig {
    Rig() { restart(); }
    void restart() {
        link.emplace(OpampSettings{.endpoint = "https://s/v1/opamp", .headers = {}, .tls = {}},
                     OpampIdentity{"0123456789abcdef", {}, {}, 1}, files, 1);
        (void)exchange({});  // the first look only begins the wait for the first message
    }

    // One poll that the server answers with `message`; what the agent said.
    wire::AgentToServer exchange(const wire::ServerToAgent& message) {
        wire::AgentToServer said;
        fetcher.set_answer([&](const HttpRequest& request) -> Result<HttpResponse> {
            CHECK(said.ParseFromString(request.body));
            HttpResponse response;
            response.status = 200;
            response.body = message.SerializeAsString();
            return response;
        });
        clock.advance(hours(1));
        link->poll(clock.now(), {fetcher, channel}, {{{"", true, "", ""}}, "tick: 1s\n", {}},
                   record, [this](std::string_view text, std::string_view) {
                       taken.emplace_back(text);
                       return answer;
                   });
        return said;
    }

    test::ManualClock clock;
    test::FragileFiles files;
    test::ScriptedFetcher fetcher;
    test::ScriptedChannel channel;
    RolloutRecord record;
    OfferAnswer answer{OfferEnd::Waiting, {7, kDigest}, ""};
    std::vector<std::string> taken;
    std::optional<OpampLink> link;
};

}  // namespace

TEST_CASE("opamp_link: an offer is told as applying, applied or failed, by what became of it") {
    Rig rig;
    CHECK(rig.exchange(offer_of("h1", "body")).remote_config_status().status() == 0);
    CHECK(rig.taken == std::vector<std::string>{"body"});
    rig.record.waiting = {7, kDigest};
    CHECK(rig.exchange({}).remote_config_status().status() == 2);
    rig.record.waiting = {};
    rig.record.trial = {7, kDigest};
    CHECK_FALSE(rig.exchange({}).has_remote_config_status());  // still the same
    rig.record.trial = {};
    SUBCASE("kept") {
        rig.record.good = {7, kDigest};
        const auto said = rig.exchange({});
        CHECK(said.remote_config_status().status() == 1);
        CHECK(said.remote_config_status().last_hash() == "h1");
    }
    SUBCASE("rolled back") {
        rig.record.failed = {7, kDigest};
        rig.record.failure = "the watch fell behind";
        const auto said = rig.exchange({});
        CHECK(said.remote_config_status().status() == 3);
        CHECK(said.remote_config_status().error_message() == "the watch fell behind");
        CHECK(said.remote_config_status().last_hash() == "h1");
    }
    SUBCASE("left by the operator") {
        rig.record.highest = {7, kDigest};
        CHECK(rig.exchange({}).remote_config_status().status() == 3);
    }
}

TEST_CASE("opamp_link: what is refused is told with the reason, and not asked for again") {
    Rig rig;
    rig.answer = {OfferEnd::Refused, {0, kDigest}, "is not signed"};
    (void)rig.exchange(offer_of("h1", "body"));
    const auto said = rig.exchange(offer_of("h1", "body"));
    CHECK(said.remote_config_status().status() == 3);
    CHECK(said.remote_config_status().error_message() == "is not signed");
    rig.restart();
    const auto again = rig.exchange(offer_of("h1", "body"));
    CHECK(again.remote_config_status().status() == 3);
    CHECK(rig.taken.size() == 1);
}

TEST_CASE("opamp_link: an empty offer leaves what is in force, and is applied") {
    Rig rig;
    (void)rig.exchange(offer_of("h1", ""));
    CHECK(rig.taken.empty());
    CHECK(rig.exchange({}).remote_config_status().status() == 1);
}

TEST_CASE("opamp_link: an instance that the server gave is kept over a restart") {
    Rig rig;
    wire::ServerToAgent named;
    named.mutable_agent_identification()->set_new_instance_uid("fedcba9876543210");
    (void)rig.exchange(named);
    rig.restart();
    CHECK(rig.exchange({}).instance_uid() == "fedcba9876543210");
}

TEST_CASE("opamp_link: says how it fares: connected, messages, what became of the offer") {
    Rig rig;
    OpampStatus status = rig.link->status(rig.record);
    CHECK(status.used);
    CHECK_FALSE(status.connected);
    CHECK(status.remote_config == "unset");
    (void)rig.exchange(offer_of("h1", "body"));
    rig.record.trial = {7, kDigest};
    status = rig.link->status(rig.record);
    CHECK(status.connected);
    CHECK(status.sent == 1);
    CHECK(status.received == 1);
    CHECK(status.remote_config == "applying");

    rig.fetcher.set_answer(
        [](const HttpRequest&) -> Result<HttpResponse> { return make_error(Errc::Io, "refused"); });
    rig.clock.advance(hours(1));
    rig.link->poll(rig.clock.now(), {rig.fetcher, rig.channel},
                   {{{"", true, "", ""}}, "tick: 1s\n", {}}, rig.record,
                   [](std::string_view, std::string_view) { return OfferAnswer{}; });
    status = rig.link->status(rig.record);
    CHECK_FALSE(status.connected);
    CHECK(status.sent == 2);
    CHECK(status.received == 1);
}

TEST_CASE("opamp_link: farewell is said to a server that was met") {
    Rig rig;
    rig.link->say_farewell(rig.clock.now(), {rig.fetcher, rig.channel});
    CHECK(rig.fetcher.asked.empty());
    (void)rig.exchange({});
    rig.fetcher.set_answer(
        [](const HttpRequest&) -> Result<HttpResponse> { return make_error(Errc::Io, "refused"); });
    rig.link->say_farewell(rig.clock.now(), {rig.fetcher, rig.channel});
    CHECK(rig.fetcher.asked.size() == 2);
}

TEST_CASE("opamp_link: what is remembered is read again, and damage is nothing") {
    OpampMemory memory{
        std::string("\0\xFF h", 4), kDigest, {"", OfferState::Failed, "a\nb"}, "uid"};
    const auto again = parse_opamp_memory(to_text(memory));
    REQUIRE(again);
    CHECK(again->hash == memory.hash);
    CHECK(again->report.text == "a\nb");
    CHECK(to_text(*parse_opamp_memory(to_text(OpampMemory{}))) == to_text(OpampMemory{}));
    for (const char* text : {"", "hash", "hash zz\n", "hash 0\nuid -\ndigest -\nstate 1 -\n",
                             "hash -\nuid -\ndigest -\nstate 9 -\n"}) {
        CHECK_FALSE(parse_opamp_memory(text));
    }
}

TEST_CASE("opamp_link (RULES B17): hosts that start together do not ask together") {
    test::FragileFiles files;
    test::ManualClock clock;
    int asked = 0;
    int hosts_that_asked_at_once = 0;
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        test::ScriptedFetcher fetcher;
        test::ScriptedChannel channel;
        int now = 0;
        fetcher.set_answer([&](const HttpRequest&) -> Result<HttpResponse> {
            ++now;
            HttpResponse response;
            response.status = 200;
            return response;
        });
        OpampSettings settings;
        settings.endpoint = "https://s/";
        OpampLink link(settings, {"0123456789abcdef", {}, {}, 1}, files, seed);
        const Instant start = clock.now();
        for (int second = 0; second <= 30; ++second) {
            link.poll(start + seconds(second), {fetcher, channel}, {{{"", true, "", ""}}, "", {}},
                      {}, [](std::string_view, std::string_view) { return OfferAnswer{}; });
            if (second == 0) hosts_that_asked_at_once += now;
        }
        asked += now > 0 ? 1 : 0;
    }
    CHECK(asked == 200);
    CHECK(hosts_that_asked_at_once < 20);
}

TEST_CASE("opamp_link: another server is tried, and what becomes of that is told") {
    Rig rig;
    OpampSettings settings;
    settings.endpoint = "https://s/v1/opamp";
    settings.accept_connection = true;
    rig.link.emplace(settings, OpampIdentity{"0123456789abcdef", {}, {}, 1}, rig.files, 1);
    (void)rig.exchange({});
    wire::ServerToAgent move;
    move.mutable_connection_settings()->set_hash("c1");
    move.mutable_connection_settings()->mutable_opamp()->set_destination_endpoint("https://b/");
    (void)rig.exchange(move);
    const auto tried = rig.exchange({});
    CHECK(rig.fetcher.asked.back().url == "https://b/");
    CHECK(tried.has_agent_description());  // a new server is told everything
    CHECK(tried.connection_settings_status().status() == 2);
    CHECK(rig.exchange({}).connection_settings_status().status() == 1);
    // The next offer leads nowhere.
    move.mutable_connection_settings()->set_hash("c2");
    move.mutable_connection_settings()->mutable_opamp()->set_destination_endpoint("https://x/");
    (void)rig.exchange(move);
    rig.fetcher.set_answer([](const HttpRequest&) -> Result<HttpResponse> {
        HttpResponse response;
        response.status = 404;
        return response;
    });
    rig.clock.advance(hours(1));
    rig.link->poll(rig.clock.now(), {rig.fetcher, rig.channel}, {{{"", true, "", ""}}, "", {}},
                   rig.record, [](std::string_view, std::string_view) { return OfferAnswer{}; });
    const auto back = rig.exchange({});
    CHECK(rig.fetcher.asked.back().url == "https://b/");
    CHECK(back.connection_settings_status().status() == 3);
    CHECK(back.connection_settings_status().last_hash() == "c2");
    CHECK(back.connection_settings_status().error_message().find("404") != std::string::npos);
}
