#include "agent/uplink/curl_fetcher.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <thread>

#include "agent/uplink/body_codec.hpp"
#include "tests/agent/uplink/loopback_server.hpp"

using namespace homeostat;
using test::LoopbackServer;

namespace {

HttpRequest post_to(const LoopbackServer& server, std::string body = "hello") {
    HttpRequest request;
    request.method = "POST";
    request.url = server.url("/v1/logs");
    request.headers = {{"Content-Type", "application/x-protobuf"}, {"X-Empty", ""}};
    request.body = std::move(body);
    request.timeout = seconds(5);
    request.connect_timeout = seconds(2);
    return request;
}

bool holds(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

std::string gzipped(const std::string& body) {
    return *compress_body(Compression::Gzip, body);
}

}  // namespace

TEST_CASE("curl: what is asked goes out, what is answered comes back") {
    LoopbackServer server({LoopbackServer::whole(
        202, "body",
        "Content-Type: text/plain; charset=x\r\nRetry-After: 17\r\nLocation: /x\r\n")});
    CurlFetcher fetcher("homeostat/0.1.0");
    const auto answer = fetcher.fetch(post_to(server));
    REQUIRE(answer.has_value());
    CHECK(answer->status == 202);
    CHECK(answer->content_type == "text/plain; charset=x");
    CHECK(answer->retry_after == "17");
    CHECK(answer->location == "/x");
    CHECK(answer->body == "body");
    REQUIRE(server.requests().size() == 1);
    const std::string request = server.requests()[0];
    CHECK(holds(request, "POST /v1/logs HTTP/1.1\r\n"));
    CHECK(holds(request, "User-Agent: homeostat/0.1.0\r\n"));
    CHECK(holds(request, "Content-Type: application/x-protobuf\r\n"));
    CHECK(holds(request, "X-Empty:\r\n"));
    CHECK(holds(request, "Accept-Encoding: gzip\r\n"));
    CHECK_FALSE(holds(request, "Expect:"));
    CHECK(request.ends_with("\r\n\r\nhello"));
}

TEST_CASE("curl: GET, and a body of any bytes") {
    LoopbackServer server({LoopbackServer::whole(200, "metrics")});
    CurlFetcher fetcher("x");
    HttpRequest get;
    get.url = server.url("/metrics");
    CHECK(fetcher.fetch(get)->body == "metrics");
    const std::string bytes("\0\xff\r\n\0", 5);
    CHECK(fetcher.fetch(post_to(server, bytes))->status == 200);
    CHECK(holds(server.requests()[0], "GET /metrics HTTP/1.1\r\n"));
    CHECK(server.requests()[1].ends_with("\r\n\r\n" + bytes));
}

TEST_CASE("curl: a connection is used again, but a fresh one after 429 and 5xx") {
    LoopbackServer server({LoopbackServer::whole(200, ""), LoopbackServer::whole(503, ""),
                           LoopbackServer::whole(200, ""), LoopbackServer::whole(404, ""),
                           LoopbackServer::whole(429, ""), LoopbackServer::whole(200, "")});
    CurlFetcher fetcher("x");
    const int expected[] = {1, 1, 2, 2, 2, 3};
    for (const int connections : expected) {
        // The server has one connection at a time, so the fetcher has to let go of the old one.
        REQUIRE(fetcher.fetch(post_to(server)).has_value());
        CHECK(server.connections() == connections);
    }
}

TEST_CASE("curl: a kept connection that the server closed is replaced without an error") {
    LoopbackServer server({LoopbackServer::whole(200, "a"), LoopbackServer::whole(200, "b")});
    CurlFetcher fetcher("x");
    LoopbackServer::Answer closing = LoopbackServer::whole(200, "a");
    closing.close = true;
    LoopbackServer closes({closing});
    for (int i = 0; i < 3; ++i) CHECK(fetcher.fetch(post_to(closes))->body == "a");
    CHECK(closes.connections() == 3);
}

TEST_CASE("curl: an answer larger than allowed is Errc::Limit, plain or packed") {
    const std::string large(200'000, 'x');
    LoopbackServer::Answer endless{.bytes = "HTTP/1.1 200 X\r\n\r\nxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
                                   .endless = true};
    LoopbackServer::Answer chunked{
        .bytes = "HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n30d40\r\n" + large +
                 "\r\n0\r\n\r\n"};
    for (const LoopbackServer::Answer& answer :
         {LoopbackServer::whole(200, large),
          LoopbackServer::whole(200, gzipped(std::string(10'000'000, '\0')),
                                "Content-Encoding: gzip\r\n"),
          endless, chunked,
          LoopbackServer::Answer{.bytes = "HTTP/1.1 200 X\r\nX-Long: " + std::string(90'000, 'y') +
                                          "\r\n\r\n"}}) {
        LoopbackServer server({answer});
        CurlFetcher fetcher("x");
        HttpRequest request = post_to(server);
        request.response_max = 65'536;
        const auto fetched = fetcher.fetch(request);
        REQUIRE_FALSE(fetched.has_value());
        CHECK(fetched.error().code == Errc::Limit);
    }
}

TEST_CASE("curl: headers without end are stopped") {
    std::string lines = "HTTP/1.1 200 X\r\n";
    for (int i = 0; i < 3000; ++i) lines += "X-Again: and again and again\r\n";
    LoopbackServer server({LoopbackServer::Answer{.bytes = lines, .silent = true}});
    CurlFetcher fetcher("x");
    const auto fetched = fetcher.fetch(post_to(server));
    REQUIRE_FALSE(fetched.has_value());
    CHECK(fetched.error().code == Errc::Limit);
}

TEST_CASE("curl: a gzip answer is unpacked, a broken one is an error") {
    LoopbackServer server(
        {LoopbackServer::whole(200, gzipped("packed"), "Content-Encoding: gzip\r\n"),
         LoopbackServer::whole(200, "no gzip", "Content-Encoding: gzip\r\n")});
    CurlFetcher fetcher("x");
    CHECK(fetcher.fetch(post_to(server))->body == "packed");
    CHECK(fetcher.fetch(post_to(server)).error().code == Errc::Io);
}

TEST_CASE("curl: cut answers, garbage and closed ports are errors, never answers") {
    for (const char* bytes :
         {"", "garbage\r\n\r\n", "HTTP/1.1 200 X\r\nContent-Length: 100\r\n\r\nshort",
          "HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "HTTP/1.1 200"}) {
        CAPTURE(bytes);
        LoopbackServer server({LoopbackServer::Answer{.bytes = bytes, .close = true}});
        CurlFetcher fetcher("x");
        const auto fetched = fetcher.fetch(post_to(server));
        REQUIRE_FALSE(fetched.has_value());
        CHECK(fetched.error().code == Errc::Io);
    }
    HttpRequest request;
    {
        LoopbackServer gone({LoopbackServer::whole(200, "")});
        request.url = gone.url();
    }
    CurlFetcher fetcher("x");
    const auto fetched = fetcher.fetch(request);
    REQUIRE_FALSE(fetched.has_value());
    CHECK(fetched.error().code == Errc::Io);
    CHECK(holds(fetched.error().text, "127.0.0.1"));
}

TEST_CASE("curl: a server that says nothing more runs into the timeout") {
    LoopbackServer server({LoopbackServer::Answer{
        .bytes = "HTTP/1.1 200 X\r\nContent-Length: 100\r\n\r\n", .silent = true}});
    CurlFetcher fetcher("x");
    HttpRequest request = post_to(server);
    request.timeout = milliseconds(100);
    const auto fetched = fetcher.fetch(request);
    REQUIRE_FALSE(fetched.has_value());
    CHECK(fetched.error().code == Errc::Timeout);
}

TEST_CASE("curl: 308 to the same origin is followed with method, body and headers") {
    LoopbackServer server({LoopbackServer::whole(308, "", "Location: /there\r\n"),
                           LoopbackServer::whole(200, "here")});
    CurlFetcher fetcher("x");
    HttpRequest request = post_to(server);
    request.body = "an incident";
    CHECK(fetcher.fetch(request)->body == "here");
    REQUIRE(server.requests().size() == 2);
    CHECK(server.requests()[1].starts_with("POST /there "));
    CHECK(holds(server.requests()[1], "an incident"));
}

TEST_CASE("curl: a server that redirects in circles is left alone after two hops") {
    LoopbackServer server({LoopbackServer::whole(307, "", "Location: /\r\n")});
    CurlFetcher fetcher("x");
    CHECK(fetcher.fetch(post_to(server))->status == 307);
    CHECK(server.requests().size() == 3);
}

TEST_CASE("curl: a redirect elsewhere is an answer like any other and is not followed") {
    LoopbackServer target({LoopbackServer::whole(200, "stolen")});
    LoopbackServer server({LoopbackServer::whole(302, "", "Location: " + target.url() + "\r\n"),
                           LoopbackServer::whole(307, "", "Location: " + target.url() + "\r\n")});
    CurlFetcher fetcher("x");
    HttpRequest request = post_to(server);
    request.headers.push_back({"Authorization", "Bearer SECRET"});
    CHECK(fetcher.fetch(request)->status == 302);
    CHECK(fetcher.fetch(request)->status == 307);
    CHECK(target.requests().empty());
}

TEST_CASE("curl: server_name is who is asked, the URL says where") {
    LoopbackServer server({LoopbackServer::whole(200, "here")});
    CurlFetcher fetcher("x");
    HttpRequest request = post_to(server);
    request.tls.server_name = "collector.example";
    CHECK(fetcher.fetch(request)->body == "here");
    CHECK(holds(server.requests()[0], "Host: collector.example:"));
}

TEST_CASE("curl: a proxy is used only when it is given, whatever the environment says") {
    LoopbackServer proxy({LoopbackServer::whole(200, "by proxy")});
    LoopbackServer server({LoopbackServer::whole(200, "direct")});
    ::setenv("http_proxy", proxy.url().c_str(), 1);
    ::setenv("ALL_PROXY", proxy.url().c_str(), 1);
    CurlFetcher direct("x");
    CHECK(direct.fetch(post_to(server))->body == "direct");
    CHECK(proxy.requests().empty());
    ::unsetenv("http_proxy");
    ::unsetenv("ALL_PROXY");
    CurlFetcher indirect("x", proxy.url());
    CHECK(indirect.fetch(post_to(server))->body == "by proxy");
}

TEST_CASE("curl: requests that cannot be made are Errc::Invalid, and no secret is quoted") {
    LoopbackServer server({LoopbackServer::whole(200, "")});
    CurlFetcher fetcher("x");
    using Change = void (*)(HttpRequest&);
    for (const Change change : {
             Change([](HttpRequest& r) { r.url = "file:///etc/SECRET"; }),
             Change([](HttpRequest& r) { r.url = "http://[bad/SECRET"; }),
             Change([](HttpRequest& r) { r.url = ""; }),
             Change([](HttpRequest& r) {
                 r.headers = {{"A", "SECRET\r\nB: c"}};
             }),
             Change([](HttpRequest& r) {
                 r.headers = {{"", "SECRET"}};
             }),
             Change([](HttpRequest& r) {
                 r.headers = {{"A:B", "SECRET"}};
             }),
         }) {
        HttpRequest request = post_to(server);
        change(request);
        const auto fetched = fetcher.fetch(request);
        REQUIRE_FALSE(fetched.has_value());
        CHECK(fetched.error().code == Errc::Invalid);
        CHECK_FALSE(holds(fetched.error().text, "SECRET"));
    }
    CHECK(server.requests().empty());
}

TEST_CASE("curl: errors name the server, never path, query, user or headers") {
    CurlFetcher fetcher("x");
    HttpRequest request;
    request.url = "http://user:SECRET@127.0.0.1:1/SECRET?token=SECRET";
    request.headers = {{"Authorization", "SECRET"}};
    const auto fetched = fetcher.fetch(request);
    REQUIRE_FALSE(fetched.has_value());
    CHECK(holds(fetched.error().text, "http://127.0.0.1:1"));
    CHECK_FALSE(holds(fetched.error().text, "SECRET"));
}

TEST_CASE("curl: TLS towards a server that has none is an error, and a missing CA file is named") {
    LoopbackServer server({LoopbackServer::whole(200, "")});
    CurlFetcher fetcher("x");
    HttpRequest request = post_to(server);
    request.url = "https" + server.url().substr(4);
    request.timeout = seconds(2);
    CHECK_FALSE(fetcher.fetch(request).has_value());
    request.tls.ca_file = "/no/such/ca.pem";
    const auto fetched = fetcher.fetch(request);
    REQUIRE_FALSE(fetched.has_value());
    CHECK(fetched.error().code == Errc::Invalid);
}

TEST_CASE("curl: a request in flight can be given up, and then no other one begins") {
    LoopbackServer server({{.bytes = "", .silent = true}});
    CurlFetcher fetcher("homeostat/0.1.0");
    HttpRequest request = post_to(server);
    request.timeout = hours(1);
    std::thread stopping([&] {
        while (server.requests().empty()) std::this_thread::yield();
        fetcher.interrupt();
    });
    const auto first = fetcher.fetch(request);
    stopping.join();
    REQUIRE_FALSE(first);
    CHECK(holds(first.error().text.view(), "stopping"));
    CHECK_FALSE(fetcher.fetch(request));
    CHECK(server.requests().size() == 1);
}
