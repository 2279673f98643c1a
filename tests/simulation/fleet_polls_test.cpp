// 10,000 agents and one OpAMP server, second by second: the real client's schedule, its jitter and
// its back-off, without a network. The same seed gives the same second for every message.
#include <doctest/doctest.h>
#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "agent/fleet/opamp_link.hpp"
#include "tests/support/fragile_files.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/scripted_channel.hpp"

using namespace homeostat;

namespace {

constexpr int kAgents = 10'000;
constexpr int kInterval = 30;                     // seconds, the default
constexpr int kSteady = kAgents / kInterval + 1;  // requests a second

// Counts what arrives in this second, and answers as the story wants.
class Server final : public Fetcher {
public:
    Result<HttpResponse> fetch(const HttpRequest&) override {
        ++now;
        if (silent) return make_error(Errc::Io, "connection refused");
        HttpResponse response;
        response.status = status;
        response.retry_after = retry_after;
        return response;  // an empty answer is a good one
    }
    bool silent = false;
    int status = 200;
    std::string retry_after;
    int now = 0;
};

struct Agent {
    explicit Agent(int number)
        : link(settings(), {"0123456789abcdef", {}, {}, 1}, files,
               static_cast<std::uint64_t>(number) * 7919 + 1) {}

    static OpampSettings settings() {
        OpampSettings settings;
        settings.endpoint = "https://fleet/v1/opamp";
        settings.interval = seconds(kInterval);
        return settings;
    }

    void second(Instant now, Server& server) {
        const int before = server.now;
        link.poll(now, {server, channel}, {{{"", true, "watching", ""}}, "", {}}, {},
                  [](std::string_view, std::string_view) { return OfferAnswer{}; });
        if (server.now != before && link.problem().empty()) last_good = now;
    }

    test::FragileFiles files;
    test::ScriptedChannel channel;
    OpampLink link;
    Instant last_good;
};

struct Fleet {
    Fleet() {
        for (int i = 0; i < kAgents; ++i) agents.push_back(std::make_unique<Agent>(i));
    }
    void pass(int count) {
        for (int i = 0; i < count; ++i) {
            clock.advance(seconds(1));
            server.now = 0;
            for (const auto& agent : agents) agent->second(clock.now(), server);
            per_second.push_back(server.now);
        }
    }
    // Of the last so many seconds.
    [[nodiscard]] int peak(int count) const {
        return *std::max_element(per_second.end() - count, per_second.end());
    }
    [[nodiscard]] int total(int count) const {
        int sum = 0;
        for (auto at = per_second.end() - count; at != per_second.end(); ++at) sum += *at;
        return sum;
    }
    [[nodiscard]] double longest_away() const {
        double most = 0;
        for (const auto& agent : agents) {
            most = std::max(most, (clock.now() - agent->last_good).seconds());
        }
        return most;
    }

    test::ManualClock clock;
    Server server;
    std::vector<std::unique_ptr<Agent>> agents;
    std::vector<int> per_second;
};

void tell(const char* what, const Fleet& fleet, int count) {
    MESSAGE(fmt::format("{}: {} requests in {} s, at most {} a second ({} is steady)", what,
                        fleet.total(count), count, fleet.peak(count), kSteady));
}

}  // namespace

TEST_CASE("fleet_polls (RULES B17): 10,000 agents never come at once, whatever befalls them") {
    Fleet fleet;
    fleet.pass(60);  // all of them start in one second
    tell("start", fleet, 60);
    CHECK(fleet.peak(60) <= 2 * kSteady);
    CHECK(fleet.longest_away() <= 60);
    fleet.pass(120);
    tell("steady", fleet, 120);
    CHECK(fleet.peak(120) <= 2 * kSteady);
    CHECK(fleet.total(120) >= 4 * kAgents);  // each polls

    fleet.server.silent = true;
    fleet.pass(120);
    tell("nobody answers", fleet, 120);
    CHECK(fleet.total(120) <= 8 * kAgents);  // back-off from one second, doubled each time
    fleet.server.silent = false;
    fleet.pass(300);
    tell("it is back", fleet, 300);
    CHECK(fleet.peak(300) <= 2 * kSteady);
    CHECK(fleet.longest_away() <= 60);  // everybody has found it

    fleet.server.status = 503;
    fleet.server.retry_after = "60";
    fleet.pass(60);
    tell("overloaded", fleet, 60);
    CHECK(fleet.total(60) <= 2 * kAgents);
    fleet.server.status = 200;
    fleet.pass(400);
    tell("well again", fleet, 400);
    CHECK(fleet.peak(400) <= 2 * kSteady);
    CHECK(fleet.longest_away() <= 60);
}

TEST_CASE("fleet_polls: the same seeds give the same schedule") {
    const auto schedule = [] {
        std::vector<int> seconds_of;
        test::ManualClock clock;
        Server server;
        Agent agent(77);
        for (int i = 0; i < 600; ++i) {
            clock.advance(seconds(1));
            server.silent = i > 100 && i < 200;
            server.now = 0;
            agent.second(clock.now(), server);
            if (server.now > 0) seconds_of.push_back(i);
        }
        return seconds_of;
    };
    const auto first = schedule();
    CHECK(first.size() > 15);
    CHECK(schedule() == first);
}
