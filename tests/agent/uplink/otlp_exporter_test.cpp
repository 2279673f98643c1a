#include "agent/uplink/otlp_exporter.hpp"

#include <doctest/doctest.h>

#include "homeostat/otlp/v1/logs.pb.h"
#include "tests/agent/uplink/sample_incidents.hpp"
#include "tests/support/scripted_fetcher.hpp"

using namespace homeostat;

namespace {

AgentIdentity identity() {
    AgentIdentity identity;
    identity.version = "0.1.0";
    return identity;
}

std::string header_of(const HttpRequest& request, std::string_view name) {
    for (const HttpHeader& header : request.headers) {
        if (header.name == name) return header.value;
    }
    return "(absent)";
}

test::ScriptedFetcher::Answer always(int status) {
    return [status](const HttpRequest&) -> Result<HttpResponse> {
        return HttpResponse{.status = status,
                            .content_type = "",
                            .retry_after = "",
                            .location = "",
                            .etag = "",
                            .body = ""};
    };
}

}  // namespace

TEST_CASE("otlp exporter: the signal's path is added once") {
    CHECK(otlp_logs_url("http://h:4318") == "http://h:4318/v1/logs");
    CHECK(otlp_logs_url("http://h:4318/") == "http://h:4318/v1/logs");
    CHECK(otlp_logs_url("https://h/otlp") == "https://h/otlp/v1/logs");
    CHECK(otlp_logs_url("https://h/otlp/v1/logs") == "https://h/otlp/v1/logs");
    CHECK(otlp_logs_url("https://h/otlp/v1/logs/") == "https://h/otlp/v1/logs");
}

TEST_CASE("otlp exporter: one POST with the headers that servers expect") {
    for (const auto& [compression, encoding] :
         {std::pair{Compression::None, "(absent)"}, std::pair{Compression::Gzip, "gzip"},
          std::pair{Compression::Zstd, "zstd"}}) {
        test::ScriptedFetcher fetcher(always(200));
        OtlpSettings settings;
        settings.compression = compression;
        settings.headers = {{"Authorization", "Bearer x"}};
        settings.tls.ca_file = "/ca.pem";
        OtlpExporter exporter(settings, identity(), fetcher);
        exporter.begin();
        REQUIRE(exporter.add(test::sample_incident(1), {}, test::sample_time()));
        const Outcome outcome = exporter.send(test::sample_time());
        CHECK(outcome.verdict == Verdict::Advance);
        REQUIRE(fetcher.asked.size() == 1);
        const HttpRequest& request = fetcher.asked[0];
        CHECK(request.method == "POST");
        CHECK(request.url == "http://127.0.0.1:4318/v1/logs");
        CHECK(header_of(request, "Content-Type") == "application/x-protobuf");
        CHECK(header_of(request, "User-Agent") == "homeostat/0.1.0");
        CHECK(header_of(request, "Content-Encoding") == encoding);
        CHECK(header_of(request, "Authorization") == "Bearer x");
        CHECK(request.tls.ca_file == "/ca.pem");
        CHECK(outcome.bytes_wire == request.body.size());
        CHECK((outcome.bytes_raw > outcome.bytes_wire) == (compression != Compression::None));
    }
}

TEST_CASE("otlp exporter (RULES B14): a gap becomes a record of its own before the next one") {
    test::ScriptedFetcher fetcher(always(200));
    OtlpSettings settings;
    settings.compression = Compression::None;
    OtlpExporter exporter(settings, identity(), fetcher);
    exporter.begin();
    REQUIRE(exporter.add(test::sample_incident(1), {.kind = SpoolClass::Incident, .lost = 4},
                         test::sample_time()));
    REQUIRE(exporter.add(test::sample_incident(2), {}, test::sample_time()));
    exporter.send(test::sample_time());
    otlp::v1::ExportLogsServiceRequest request;
    REQUIRE(request.ParseFromString(fetcher.asked[0].body));
    const auto& records = request.resource_logs(0).scope_logs(0).log_records();
    REQUIRE(records.size() == 3);
    CHECK(records[0].event_name() == "homeostat.agent");
    CHECK(records[1].event_name() == "homeostat.incident");
    CHECK(records[2].event_name() == "homeostat.incident");
}

TEST_CASE("otlp exporter: one incident behind a gap is not halved again and again") {
    struct Row {
        std::uint64_t incidents;
        Verdict verdict;
    };
    for (const int status : {400, 413}) {
        for (const Row& row : {Row{1, Verdict::Drop}, Row{2, Verdict::Halve}}) {
            CAPTURE(status);
            CAPTURE(row.incidents);
            test::ScriptedFetcher fetcher(always(status));
            OtlpExporter exporter({}, identity(), fetcher);
            exporter.begin();
            for (std::uint64_t i = 0; i < row.incidents; ++i) {
                const Gap gap{.kind = SpoolClass::Incident, .lost = i == 0 ? 4U : 0U};
                REQUIRE(exporter.add(test::sample_incident(i), gap, test::sample_time()));
            }
            CHECK(exporter.send(test::sample_time()).verdict == row.verdict);
        }
    }
}

TEST_CASE("otlp exporter: a batch stops at its bytes, but takes at least one record") {
    test::ScriptedFetcher fetcher(always(200));
    OtlpSettings settings;
    settings.compression = Compression::None;
    settings.batch_bytes_max = 10'000;
    OtlpExporter exporter(settings, identity(), fetcher);
    exporter.begin();
    int taken = 0;
    while (exporter.add(test::sample_incident(static_cast<std::uint64_t>(taken)), {},
                        test::sample_time())) {
        ++taken;
    }
    CHECK(taken > 2);
    exporter.send(test::sample_time());
    CHECK(fetcher.asked[0].body.size() <= 10'000);

    settings.batch_bytes_max = 1;
    OtlpExporter tiny(settings, identity(), fetcher);
    tiny.begin();
    CHECK(tiny.add(test::sample_incident(1), {}, test::sample_time()));
    CHECK_FALSE(tiny.add(test::sample_incident(2), {}, test::sample_time()));
}

TEST_CASE("otlp exporter: no setting goes beyond 256 records and 900,000 bytes") {
    test::ScriptedFetcher fetcher(always(200));
    OtlpSettings settings;
    settings.compression = Compression::None;
    settings.batch_records_max = 1'000'000;
    settings.batch_bytes_max = UINT32_MAX;
    OtlpExporter exporter(settings, identity(), fetcher);
    CHECK(exporter.records_max() == 256);
    exporter.begin();
    int taken = 0;
    while (exporter.add(test::sample_incident(static_cast<std::uint64_t>(taken)), {},
                        test::sample_time())) {
        ++taken;
    }
    exporter.send(test::sample_time());
    CHECK(fetcher.asked[0].body.size() <= 900'000);
    CHECK(fetcher.asked[0].body.size() > 890'000);
    settings.batch_records_max = 0;
    CHECK(OtlpExporter(settings, identity(), fetcher).records_max() == 1);
}
