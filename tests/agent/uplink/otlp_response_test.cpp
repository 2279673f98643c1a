#include "agent/uplink/otlp_response.hpp"

#include <doctest/doctest.h>

#include "homeostat/otlp/v1/logs.pb.h"
#include "tests/support/manual_clock.hpp"

using namespace homeostat;
namespace pb = homeostat::otlp::v1;

namespace {

constexpr std::int64_t kNow = test::ManualClock::kStartUnixNs;

Result<HttpResponse> answer(int status, std::string content_type = "", std::string body = "",
                            std::string retry_after = "") {
    return HttpResponse{.status = status,
                        .content_type = std::move(content_type),
                        .retry_after = std::move(retry_after),
                        .location = "",
                        .etag = "",
                        .body = std::move(body)};
}

std::string partial(std::int64_t rejected, const std::string& message) {
    pb::ExportLogsServiceResponse response;
    response.mutable_partial_success()->set_rejected_log_records(rejected);
    response.mutable_partial_success()->set_error_message(message);
    return response.SerializeAsString();
}

}  // namespace

TEST_CASE("otlp response: the status table, row by row") {
    struct Row {
        int status;
        std::size_t records;
        Verdict verdict;
    };
    for (const Row& row : {Row{200, 9, Verdict::Advance}, Row{201, 9, Verdict::Advance},
                           Row{202, 9, Verdict::Advance}, Row{204, 9, Verdict::Advance},
                           Row{299, 9, Verdict::Advance}, Row{429, 9, Verdict::Retry},
                           Row{502, 9, Verdict::Retry},   Row{503, 9, Verdict::Retry},
                           Row{504, 9, Verdict::Retry},   Row{401, 9, Verdict::Hold},
                           Row{403, 9, Verdict::Hold},    Row{404, 9, Verdict::Hold},
                           Row{400, 9, Verdict::Halve},   Row{413, 9, Verdict::Halve},
                           Row{400, 1, Verdict::Drop},    Row{413, 1, Verdict::Drop},
                           Row{402, 9, Verdict::Drop},    Row{405, 9, Verdict::Drop},
                           Row{415, 9, Verdict::Drop},    Row{422, 9, Verdict::Drop},
                           Row{499, 9, Verdict::Drop},    Row{500, 9, Verdict::Drop},
                           Row{501, 9, Verdict::Drop},    Row{505, 9, Verdict::Drop},
                           Row{599, 9, Verdict::Drop},    Row{301, 9, Verdict::Hold},
                           Row{302, 9, Verdict::Hold},    Row{307, 9, Verdict::Hold},
                           Row{308, 9, Verdict::Hold},    Row{100, 9, Verdict::Hold},
                           Row{0, 9, Verdict::Hold},      Row{700, 9, Verdict::Hold},
                           Row{-1, 9, Verdict::Hold}}) {
        CAPTURE(row.status);
        CAPTURE(row.records);
        const Outcome outcome = judge_otlp(answer(row.status), row.records, kNow);
        CHECK(outcome.verdict == row.verdict);
        CHECK(outcome.status == row.status);
        CHECK(outcome.message.empty() == (row.verdict == Verdict::Advance));
    }
}

TEST_CASE("otlp: a 400 that a proxy wrote as a page says nothing about the records") {
    for (const std::size_t records : {std::size_t{1}, std::size_t{9}}) {
        CHECK(judge_otlp(answer(400, "text/html", "<html>No required SSL certificate was sent"),
                         records, kNow)
                  .verdict == Verdict::Hold);
    }
    CHECK(judge_otlp(answer(413, "text/html", ""), 9, kNow).verdict == Verdict::Halve);
}

TEST_CASE("otlp response: without an answer it depends on what went wrong") {
    struct Row {
        Errc code;
        Verdict verdict;
    };
    for (const Row& row : {Row{Errc::Io, Verdict::Retry}, Row{Errc::Timeout, Verdict::Retry},
                           Row{Errc::Limit, Verdict::Hold}, Row{Errc::Invalid, Verdict::Hold}}) {
        const Outcome outcome = judge_otlp(make_error(row.code, "why"), 3, kNow);
        CHECK(outcome.verdict == row.verdict);
        CHECK(outcome.status == 0);
        CHECK(outcome.message == "why");
    }
}

TEST_CASE("otlp response: Retry-After is honoured, and read for what is refused only") {
    CHECK(*judge_otlp(answer(429, "", "", "17"), 1, kNow).retry_after == seconds(17));
    CHECK(*judge_otlp(answer(503, "", "", "Fri, 20 Nov 2026 12:00:30 GMT"), 1, kNow).retry_after ==
          seconds(30));
    CHECK_FALSE(judge_otlp(answer(503, "", "", "never"), 1, kNow).retry_after.has_value());
    CHECK_FALSE(judge_otlp(answer(200, "", "", "17"), 1, kNow).retry_after.has_value());
}

TEST_CASE("otlp response: partial success counts what was refused and never retries") {
    struct Row {
        std::int64_t says;
        std::uint64_t counted;
    };
    for (const Row& row : {Row{0, 0}, Row{2, 2}, Row{9, 9}, Row{10, 9}, Row{INT64_MAX, 9},
                           Row{-1, 0}, Row{INT64_MIN, 0}}) {
        CAPTURE(row.says);
        const Outcome outcome = judge_otlp(
            answer(200, "application/x-protobuf", partial(row.says, "bad\nrecord")), 9, kNow);
        CHECK(outcome.verdict == Verdict::Advance);
        CHECK(outcome.rejected == row.counted);
        CHECK(outcome.message.view().find("bad record") != std::string_view::npos);
    }
}

TEST_CASE("otlp response: an empty or strange body of a 2xx is still a success") {
    for (const std::string& body :
         {std::string(), std::string("\xff\xff\xff"), std::string("{\"partialSuccess\":{}}"),
          std::string(1U << 20U, '\x0a'), std::string("\x0a\x7f", 2)}) {
        for (const char* type :
             {"", "application/x-protobuf", "application/json",
              "application/x-protobuf; charset=utf-8", "Application/JSON;charset=utf-8",
              "application/protobuf", "text/plain", "application/octet-stream"}) {
            const Outcome outcome = judge_otlp(answer(200, type, body), 3, kNow);
            CHECK(outcome.verdict == Verdict::Advance);
            CHECK(outcome.rejected == 0);
        }
    }
}

TEST_CASE("otlp response: a page behind a 2xx is no delivery") {
    for (const char* type :
         {"text/html", "text/html; charset=utf-8", "TEXT/HTML", "application/xhtml+xml"}) {
        CAPTURE(type);
        for (const std::size_t records : {std::size_t{1}, std::size_t{9}}) {
            const Outcome outcome =
                judge_otlp(answer(200, type, "<h1>Log in\n</h1>"), records, kNow);
            CHECK(outcome.verdict == Verdict::Hold);
            CHECK(outcome.status == 200);
            CHECK(outcome.message.view() == std::string("HTTP 200 with ") + type +
                                                ", so this is no OTLP server: <h1>Log in </h1>");
        }
        CHECK(judge_otlp(answer(200, type, ""), 9, kNow).verdict == Verdict::Advance);
    }
    const Outcome longest = judge_otlp(
        answer(200, "text/html;" + std::string(9000, 'x'), std::string(9000, 'y')), 1, kNow);
    CHECK(longest.verdict == Verdict::Hold);
    CHECK(longest.message.view().ends_with("yyy"));
    // A webhook's server may say what it likes.
    CHECK(judge_http(answer(200, "text/html", "ok"), 1, kNow).verdict == Verdict::Advance);
}

TEST_CASE("otlp response: errors are shown as plain text of at most 200 bytes") {
    pb::ErrorStatus status;
    status.set_code(3);
    status.set_message("field \x1b[31m wrong");
    const Outcome outcome =
        judge_otlp(answer(400, "application/x-protobuf", status.SerializeAsString()), 1, kNow);
    CHECK(outcome.message == "HTTP 400: field .[31m wrong");
    CHECK(judge_otlp(answer(502, "text/html", "<h1>Bad Gateway</h1>\r\n"), 1, kNow).message ==
          "HTTP 502: <h1>Bad Gateway</h1>  ");
    CHECK(
        judge_otlp(answer(500, "text/plain", std::string(100'000, 'x')), 1, kNow).message.size() ==
        200 + 10);
    // Declared as protobuf and not it: shown as the text that it is.
    CHECK(judge_otlp(answer(500, "application/x-protobuf", "\xff oops"), 1, kNow).message ==
          "HTTP 500: . oops");
}
