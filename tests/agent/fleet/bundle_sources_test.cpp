#include "agent/fleet/bundle_sources.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "tests/support/manual_clock.hpp"
#include "tests/support/scripted_fetcher.hpp"
#include "tests/support/signer.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace homeostat;

namespace {

struct Taken {
    std::string text;
    std::string signature;
};

struct Taker {
    bool accept = true;
    std::vector<Taken> all;

    bool operator()(std::string_view text, std::string_view signature, const std::string&) {
        all.push_back({std::string(text), std::string(signature)});
        return accept;
    }
};

HttpResponse response(int status, std::string body = "", std::string etag = "") {
    HttpResponse answer;
    answer.status = status;
    answer.body = std::move(body);
    answer.etag = std::move(etag);
    return answer;
}

const HttpHeader* find_header(const HttpRequest& request, std::string_view name) {
    for (const HttpHeader& header : request.headers) {
        if (header.name == name) return &header;
    }
    return nullptr;
}

}  // namespace

TEST_CASE("sources: a directory offers what is new or changed, with the signature beside it") {
    const test::TemporaryDirectory directory;
    test::ManualClock clock;
    BundleDirectory source(directory.path());
    Taker taker;
    source.poll(clock.now(), taker);
    CHECK(taker.all.empty());
    directory.write("b.yml", "two");
    directory.write("a.yml", "one");
    directory.write("a.yml.minisig", "sig");
    directory.write(".hidden.yml", "x");
    directory.write("notes.txt", "x");
    source.poll(clock.now(), taker);
    REQUIRE(taker.all.size() == 2);
    CHECK(taker.all[0].text == "one");
    CHECK(taker.all[0].signature == "sig");
    CHECK(taker.all[1].signature.empty());
    source.poll(clock.now(), taker);
    CHECK(taker.all.size() == 2);
    directory.write("a.yml.minisig", "another");  // Ansible copies one after the other
    source.poll(clock.now(), taker);
    REQUIRE(taker.all.size() == 3);
    CHECK(taker.all[2].signature == "another");
}

TEST_CASE("sources: what was refused is offered again after a while") {
    const test::TemporaryDirectory directory;
    test::ManualClock clock;
    BundleDirectory source(directory.path());
    Taker taker{.accept = false, .all = {}};
    directory.write("a.yml", "one");
    source.poll(clock.now(), taker);
    clock.advance(minutes(9));
    source.poll(clock.now(), taker);
    CHECK(taker.all.size() == 1);
    clock.advance(minutes(1));
    source.poll(clock.now(), taker);
    CHECK(taker.all.size() == 2);
}

TEST_CASE("sources: a web server is asked with the ETag, and 304 offers nothing") {
    test::ManualClock clock;
    HttpsSource settings;
    settings.url = "https://fleet/b.yml";
    BundleUrl source(settings, 1);
    const std::string body = test::Signer(1).sealed("x: 1\n");
    test::ScriptedFetcher fetcher([&](const HttpRequest& request) -> Result<HttpResponse> {
        const HttpHeader* tag = find_header(request, "If-None-Match");
        if (tag != nullptr && tag->value == "\"v1\"") return response(304);
        return response(200, body, "\"v1\"");
    });
    Taker taker;
    for (int i = 0; i < 40; ++i) {
        source.poll(clock.now(), fetcher, taker);
        clock.advance(seconds(30));
    }
    CHECK(taker.all.size() == 1);
    CHECK(fetcher.asked.size() >= 3);
    CHECK(fetcher.asked.size() <= 6);  // 20 minutes, each 5 with a tenth of jitter
    CHECK(find_header(fetcher.asked[0], "If-None-Match") == nullptr);
    CHECK(source.problem().empty());
}

TEST_CASE("sources: a bundle without its signature inside is fetched with the one beside it") {
    test::ManualClock clock;
    HttpsSource settings;
    settings.url = "https://fleet/b.yml";
    BundleUrl source(settings, 1);
    test::ScriptedFetcher fetcher([&](const HttpRequest& request) -> Result<HttpResponse> {
        return response(200, request.url.ends_with(".minisig") ? "sig" : "x: 1\n");
    });
    Taker taker;
    clock.advance(minutes(1));
    source.poll(clock.now(), fetcher, taker);
    clock.advance(minutes(1));
    source.poll(clock.now(), fetcher, taker);
    REQUIRE(taker.all.size() == 1);
    CHECK(taker.all[0].signature == "sig");
}

TEST_CASE(
    "sources: whatever a server says or does not say, nothing is offered, and it is asked later") {
    for (int kind = 0; kind < 6; ++kind) {
        CAPTURE(kind);
        test::ManualClock clock;
        HttpsSource settings;
        settings.url = "https://fleet/b.yml";
        BundleUrl source(settings, 1);
        test::ScriptedFetcher fetcher([&](const HttpRequest&) -> Result<HttpResponse> {
            if (kind == 0) return make_error(Errc::Io, "connection refused");
            if (kind == 1) return make_error(Errc::Limit, "too large");
            if (kind == 2) return response(404, "not found");
            if (kind == 3) return response(503);
            if (kind == 4) return response(200, "");  // an empty remote keeps what is there
            return response(304);
        });
        Taker taker;
        for (int i = 0; i < 3600; ++i) {
            source.poll(clock.now(), fetcher, taker);
            clock.advance(seconds(1));
        }
        CHECK(taker.all.empty());
        CHECK(fetcher.asked.size() > 3);
        CHECK(fetcher.asked.size() <= 120);
        CHECK(source.problem().empty() == (kind >= 4));
    }
}

TEST_CASE("sources: a refused bundle is fetched anew, for the reason may be gone") {
    test::ManualClock clock;
    HttpsSource settings;
    settings.url = "https://fleet/b.yml";
    BundleUrl source(settings, 1);
    const std::string body = test::Signer(1).sealed("x: 1\n");
    test::ScriptedFetcher fetcher(
        [&](const HttpRequest&) { return Result<HttpResponse>(response(200, body, "\"v1\"")); });
    Taker taker{.accept = false, .all = {}};
    for (int i = 0; i < 40; ++i) {
        source.poll(clock.now(), fetcher, taker);
        clock.advance(seconds(30));
    }
    CHECK(taker.all.size() >= 3);
    for (const HttpRequest& request : fetcher.asked) {
        CHECK(find_header(request, "If-None-Match") == nullptr);
    }
}
