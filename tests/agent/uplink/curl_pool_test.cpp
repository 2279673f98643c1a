#include "agent/uplink/curl_pool.hpp"

#include <doctest/doctest.h>

#include <map>

#include "tests/agent/uplink/loopback_server.hpp"

using namespace homeostat;
using test::LoopbackServer;

namespace {

HttpRequest get_from(const LoopbackServer& server) {
    HttpRequest request;
    request.url = server.url("/metrics");
    request.timeout = seconds(5);
    return request;
}

using Answers = std::map<std::size_t, Result<HttpResponse>>;

// Until `count` answers have come.
Answers await(CurlPool& pool, std::size_t count) {
    Answers answers;
    while (answers.size() < count && pool.in_flight() > 0) {
        pool.wait(milliseconds(100), [&](std::size_t ticket, Result<HttpResponse> answer) {
            answers.emplace(ticket, std::move(answer));
        });
    }
    return answers;
}

}  // namespace

TEST_CASE("curl pool: answers come under their tickets, whichever is first") {
    LoopbackServer one({LoopbackServer::whole(200, "first")});
    LoopbackServer other({LoopbackServer::whole(404, "second")});
    CurlPool pool("homeostat/0.1.0");
    REQUIRE(pool.start(7, get_from(one)));
    REQUIRE(pool.start(3, get_from(other)));
    CHECK(pool.in_flight() == 2);
    const Answers answers = await(pool, 2);
    REQUIRE(answers.size() == 2);
    CHECK(answers.at(7)->body == "first");
    CHECK(answers.at(3)->status == 404);
    CHECK(pool.in_flight() == 0);
    CHECK(one.requests().at(0).find("User-Agent: homeostat/0.1.0\r\n") != std::string::npos);
}

TEST_CASE("curl pool: a server that hangs delays no other, and runs into its own time-out") {
    LoopbackServer hangs({LoopbackServer::Answer{
        .bytes = "HTTP/1.1 200 X\r\nContent-Length: 100\r\n\r\n", .silent = true}});
    LoopbackServer quick({LoopbackServer::whole(200, "here")});
    CurlPool pool("x");
    HttpRequest slow = get_from(hangs);
    slow.timeout = milliseconds(300);
    REQUIRE(pool.start(0, slow));
    REQUIRE(pool.start(1, get_from(quick)));
    const Answers first = await(pool, 1);
    REQUIRE(first.contains(1));
    CHECK(first.at(1)->body == "here");
    const Answers second = await(pool, 1);
    REQUIRE(second.contains(0));
    CHECK(second.at(0).error().code == Errc::Timeout);
}

TEST_CASE("curl pool: takes so many at a time, and the next when one has come back") {
    LoopbackServer::Answer closing = LoopbackServer::whole(200, "x");
    closing.close = true;  // the server has one connection at a time
    LoopbackServer server({closing});
    CurlPool pool("x");
    for (std::size_t i = 0; i < CurlPool::kInFlightMax; ++i) {
        REQUIRE(pool.start(i, get_from(server)));
    }
    CHECK_FALSE(pool.start(99, get_from(server)));
    HttpRequest unsendable;
    unsendable.url = "ftp://127.0.0.1/";
    std::size_t answers = 0;
    while (pool.in_flight() > 0) {
        pool.wait(milliseconds(100), [&](std::size_t ticket, const Result<HttpResponse>& answer) {
            ++answers;
            CHECK(answer.has_value() == (ticket != 99));
            if (ticket == 0) CHECK(pool.start(99, unsendable));  // from within, too
        });
    }
    CHECK(answers == CurlPool::kInFlightMax + 1);
}

TEST_CASE("curl pool: too large, refused, redirected, stopped: as with one request at a time") {
    LoopbackServer large({LoopbackServer::whole(200, std::string(200'000, 'x'))});
    LoopbackServer elsewhere({LoopbackServer::whole(308, "", "Location: /there\r\n"),
                              LoopbackServer::whole(200, "there")});
    HttpRequest closed;
    {
        LoopbackServer gone({LoopbackServer::whole(200, "")});
        closed.url = gone.url();
    }
    CurlPool pool("x");
    HttpRequest bounded = get_from(large);
    bounded.response_max = 65'536;
    REQUIRE(pool.start(0, bounded));
    REQUIRE(pool.start(1, closed));
    REQUIRE(pool.start(2, get_from(elsewhere)));
    const Answers answers = await(pool, 3);
    REQUIRE(answers.size() == 3);
    CHECK(answers.at(0).error().code == Errc::Limit);
    CHECK(answers.at(1).error().code == Errc::Io);
    CHECK(answers.at(2)->body == "there");
    pool.interrupt();
    REQUIRE(pool.start(4, get_from(large)));
    CHECK(await(pool, 1).at(4).error().code == Errc::Io);
}

TEST_CASE("curl pool: may be destroyed while requests are on their way") {
    LoopbackServer hangs({LoopbackServer::Answer{
        .bytes = "HTTP/1.1 200 X\r\nContent-Length: 100\r\n\r\n", .silent = true}});
    CurlPool pool("x");
    REQUIRE(pool.start(0, get_from(hangs)));
    pool.wait(milliseconds(1), [](std::size_t, const Result<HttpResponse>&) {});
    CHECK(pool.in_flight() == 1);
}
