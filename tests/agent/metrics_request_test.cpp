#include "agent/metrics_request.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace homeostat;

TEST_CASE("metrics_request: what Prometheus 2.42 sends") {
    MetricsRequest request;
    CHECK(
        read_metrics_request(
            "GET /metrics?x=1 HTTP/1.1\r\nHost: 127.0.0.1:9109\r\nUser-Agent: Prometheus/2.42.0\r\n"
            "Accept: application/openmetrics-text;version=1.0.0,application/openmetrics-text;"
            "version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1\r\n"
            "Accept-Encoding: gzip\r\n\r\n",
            request) == MetricsHead::Whole);
    CHECK(request.method == MetricsRequest::Method::Get);
    CHECK(request.path == "/metrics");
    CHECK(request.takes_gzip);
    CHECK(request.openmetrics);
}

TEST_CASE("metrics_request: rows of heads") {
    struct Row {
        std::string text;
        MetricsHead head;
        std::string_view path = "";
    };
    for (const Row& row : {
             Row{"", MetricsHead::Unfinished},
             Row{"GET / HTTP/1.1\r\n", MetricsHead::Unfinished},
             Row{"GET / HTTP/1.1\r\n\r\n", MetricsHead::Whole, "/"},
             Row{"GET /healthz HTTP/1.0\n\n", MetricsHead::Whole, "/healthz"},
             Row{"GET /x HTTP/1.1\r\nA: b\r\n\r\nbody", MetricsHead::Whole, "/x"},
             Row{"\r\n\r\n", MetricsHead::Malformed},
             Row{"GET http://a/ HTTP/1.1\r\n\r\n", MetricsHead::Malformed},
             Row{"GET / HTTP/2\r\n\r\n", MetricsHead::Malformed},
             Row{"GET / HTTP/1.1 more\r\n\r\n", MetricsHead::Malformed},
             Row{"GET /\r\n\r\n", MetricsHead::Malformed},
             Row{"GET / HTTP/1.1\r\nno colon\r\n\r\n", MetricsHead::Malformed},
             Row{"GET / HTTP/1.1\r\n: x\r\n\r\n", MetricsHead::Malformed},
             Row{std::string(kMetricsHeadMax, 'x'), MetricsHead::Malformed},
             Row{"GET / HTTP/1.1\r\nA: " + std::string(kMetricsHeadMax, 'x') + "\r\n\r\n",
                 MetricsHead::Malformed},
             Row{std::string("\0\xff\r\n\r\n", 6), MetricsHead::Malformed},
         }) {
        CAPTURE(row.text);
        MetricsRequest request;
        CHECK(read_metrics_request(row.text, request) == row.head);
        if (row.head == MetricsHead::Whole) CHECK(request.path == row.path);
    }
}

TEST_CASE("metrics_request: methods and preferences") {
    struct Row {
        std::string headers;
        bool gzip;
        bool openmetrics;
    };
    for (const Row& row : {
             Row{"", false, false},
             Row{"Accept-Encoding: deflate, gzip;q=0.5\r\n", true, false},
             Row{"Accept-Encoding: gzip;q=0\r\n", false, false},
             Row{"accept: text/plain\r\n", false, false},
             Row{"ACCEPT: application/openmetrics-text\r\n", false, true},
             Row{"Accept: application/openmetrics-text;q=0.5, text/plain;q=0.5\r\n", false, false},
             Row{"Accept: */*\r\n", false, false},
             Row{"Accept: application/openmetrics-text;q=nonsense\r\n", false, false},
         }) {
        CAPTURE(row.headers);
        MetricsRequest request;
        REQUIRE(read_metrics_request("GET / HTTP/1.1\r\n" + row.headers + "\r\n", request) ==
                MetricsHead::Whole);
        CHECK(request.takes_gzip == row.gzip);
        CHECK(request.openmetrics == row.openmetrics);
    }
    MetricsRequest request;
    REQUIRE(read_metrics_request("HEAD / HTTP/1.1\r\n\r\n", request) == MetricsHead::Whole);
    CHECK(request.method == MetricsRequest::Method::Head);
    REQUIRE(read_metrics_request("POST / HTTP/1.1\r\n\r\n", request) == MetricsHead::Whole);
    CHECK(request.method == MetricsRequest::Method::Other);
    REQUIRE(read_metrics_request("GET /" + std::string(200, 'x') + " HTTP/1.1\r\n\r\n", request) ==
            MetricsHead::Whole);
    CHECK(request.path.size() == 63);
}
