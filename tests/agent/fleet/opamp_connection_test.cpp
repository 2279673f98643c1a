#include "agent/fleet/opamp_connection.hpp"

#include <doctest/doctest.h>

#include "tests/support/fragile_files.hpp"
#include "tests/support/manual_clock.hpp"

using namespace homeostat;
using End = OpampConnection::End;

namespace {

struct Rig {
    Rig() {
        owners.endpoint = "https://a/v1/opamp";
        owners.headers = {{"Authorization", "Bearer own"}};
        owners.accept_connection = true;
        restart();
    }
    void restart() { connection.emplace(owners, files); }
    bool note(End end) { return connection->note(end, "it said no", clock.now()); }

    static OpampMove to(const std::string& endpoint, const std::string& hash = "h1") {
        return {hash, endpoint, {}, false, false};
    }

    OpampSettings owners;
    test::FragileFiles files;
    test::ManualClock clock;
    std::optional<OpampConnection> connection;
};

}  // namespace

TEST_CASE(
    "opamp requirement 19: an offer is tried, kept after a good answer, and outlives a restart") {
    Rig rig;
    REQUIRE(rig.connection->begin(Rig::to("https://b/v1/opamp")));
    CHECK(rig.connection->settings().endpoint == "https://b/v1/opamp");
    CHECK(rig.connection->report() == OfferReport{"h1", OfferState::Applying, ""});
    CHECK(rig.files.content.count(kConnectionFile) == 0);  // not before it has answered
    CHECK_FALSE(rig.note(End::Good));
    CHECK(rig.connection->report() == OfferReport{"h1", OfferState::Applied, ""});
    rig.restart();
    CHECK(rig.connection->settings().endpoint == "https://b/v1/opamp");
    CHECK(rig.connection->settings().headers[0].value == "Bearer own");
    CHECK(rig.connection->hash() == "h1");
    // The owner's newer word counts.
    rig.owners.endpoint = "https://c/v1/opamp";
    rig.restart();
    CHECK(rig.connection->settings().endpoint == "https://c/v1/opamp");
    rig.owners.endpoint = "https://a/v1/opamp";
    rig.owners.accept_connection = false;
    rig.restart();
    CHECK(rig.connection->settings().endpoint == "https://a/v1/opamp");
}

TEST_CASE("opamp_connection: headers alone are rotated, and replace the former ones") {
    Rig rig;
    OpampMove move = Rig::to("");
    move.has_headers = true;
    move.headers = {{"Authorization", "Bearer new"}, {"X-Tenant", "7"}};
    REQUIRE(rig.connection->begin(move));
    CHECK(rig.connection->settings().endpoint == "https://a/v1/opamp");
    CHECK_FALSE(rig.note(End::Good));
    rig.restart();
    REQUIRE(rig.connection->settings().headers.size() == 2);
    CHECK(rig.connection->settings().headers[0].value == "Bearer new");
}

TEST_CASE("opamp_connection: a refusal at once, or three times nothing, bring the former back") {
    Rig rig;
    SUBCASE("refused") {
        REQUIRE(rig.connection->begin(Rig::to("https://b/")));
        CHECK(rig.note(End::Refused));
    }
    SUBCASE("nobody there") {
        REQUIRE(rig.connection->begin(Rig::to("https://b/")));
        CHECK_FALSE(rig.note(End::Silence));
        CHECK_FALSE(rig.note(End::Silence));
        CHECK(rig.note(End::Silence));
    }
    SUBCASE("one offer after the other, none of them good") {
        REQUIRE(rig.connection->begin(Rig::to("https://b/", "h0")));
        REQUIRE(rig.connection->begin(Rig::to("https://c/")));
        CHECK(rig.note(End::Refused));
    }
    CHECK(rig.connection->settings().endpoint == "https://a/v1/opamp");
    CHECK(rig.connection->report() ==
          OfferReport{"h1", OfferState::Failed, "the offered connection: it said no"});
    CHECK(rig.files.content.count(kConnectionFile) == 0);
    CHECK_FALSE(rig.note(End::Silence));  // the former one is not given up
}

TEST_CASE("opamp_connection: what no server may change is refused with its reason") {
    struct Row {
        OpampMove move;
        const char* says;
    };
    OpampMove tls = Rig::to("https://b/");
    tls.brings_tls = true;
    OpampMove header = Rig::to("");
    header.has_headers = true;
    header.headers = {{"X-A", "b\r\nHost: evil"}};
    OpampMove own = header;
    own.headers = {{"HOST", "evil"}};
    OpampMove many = header;
    many.headers.assign(17, {"X-A", "b"});
    for (const Row& row :
         {Row{tls, "set by the owner"}, Row{header, "HTTP does not allow"},
          Row{own, "HOST is the agent's own"}, Row{many, "more than 16"},
          Row{Rig::to("http://b/"), "from https and wss there is no way"},
          Row{Rig::to("file:///etc/shadow"), "endpoint"}, Row{Rig::to("https://"), "endpoint"}}) {
        CAPTURE(row.says);
        Rig rig;
        CHECK_FALSE(rig.connection->begin(row.move));
        CHECK(rig.connection->report().state == OfferState::Failed);
        CAPTURE(rig.connection->report().text);
        CHECK(rig.connection->report().text.find(row.says) != std::string::npos);
        CHECK(rig.connection->settings().endpoint == "https://a/v1/opamp");
        CHECK(rig.connection->hash() == "h1");
    }
}

TEST_CASE("opamp_connection: a server that is silent for an hour is left for the owner's own") {
    Rig rig;
    REQUIRE(rig.connection->begin(Rig::to("https://b/")));
    CHECK_FALSE(rig.note(End::Good));
    rig.restart();
    CHECK_FALSE(rig.note(End::Silence));
    rig.clock.advance(minutes(59));
    CHECK_FALSE(rig.note(End::Silence));
    rig.clock.advance(minutes(1));
    CHECK(rig.note(End::Silence));
    CHECK(rig.connection->settings().endpoint == "https://a/v1/opamp");
    CHECK(rig.connection->report().state == OfferState::Failed);
    rig.restart();
    CHECK(rig.connection->settings().endpoint == "https://a/v1/opamp");
}

TEST_CASE("opamp_connection: a file that is damaged is no connection") {
    Rig rig;
    for (const char* text : {"", "hash 00\n", "endpoint zz\n", "what 00\n",
                             "hash 6831\nowners 61\nendpoint 687474703a2f2f622f\n"}) {
        CAPTURE(text);
        rig.files.content[kConnectionFile] = text;
        rig.restart();
        CHECK(rig.connection->settings().endpoint == "https://a/v1/opamp");
    }
}
