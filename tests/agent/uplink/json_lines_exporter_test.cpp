#include "agent/uplink/json_lines_exporter.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "core/file.hpp"
#include "tests/agent/uplink/sample_incidents.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace homeostat;

namespace {

std::vector<nlohmann::json> lines_of(const std::string& path) {
    std::vector<nlohmann::json> lines;
    const auto text = read_file(path, 1U << 20U);
    REQUIRE(text.has_value());
    std::string_view rest = *text;
    while (!rest.empty()) {
        const auto end = rest.find('\n');
        REQUIRE(end != std::string_view::npos);  // every line is ended
        lines.push_back(nlohmann::json::parse(rest.substr(0, end)));
        rest.remove_prefix(end + 1);
    }
    return lines;
}

}  // namespace

TEST_CASE("json lines: batches are appended, one object a line") {
    const test::TemporaryDirectory directory;
    const std::string path = directory / "incidents.jsonl";
    JsonLinesExporter exporter({.path = path});
    CHECK_FALSE(exporter.is_remote());
    for (std::uint64_t batch = 0; batch < 3; ++batch) {
        exporter.begin();
        REQUIRE(exporter.add(test::sample_incident(batch), {}, test::sample_time()));
        REQUIRE(
            exporter.add(test::resolved(test::sample_incident(batch)), {}, test::sample_time()));
        CHECK(exporter.send(test::sample_time()).verdict == Verdict::Advance);
    }
    const auto lines = lines_of(path);
    REQUIRE(lines.size() == 6);
    CHECK(lines[0]["id"] == std::string(test::sample_incident(0).id.text()));
    CHECK(lines[5]["state"] == "resolved");
}

TEST_CASE("json lines: a gap is a line of its own") {
    const test::TemporaryDirectory directory;
    const std::string path = directory / "incidents.jsonl";
    JsonLinesExporter exporter({.path = path});
    exporter.begin();
    REQUIRE(exporter.add(test::sample_incident(), {.kind = SpoolClass::Info, .lost = 17},
                         test::sample_time()));
    exporter.send(test::sample_time());
    const auto lines = lines_of(path);
    REQUIRE(lines.size() == 2);
    CHECK(lines[0]["schema"] == "homeostat.gap/v1");
    CHECK(lines[0]["lost"] == 17);
    CHECK(lines[0]["class"] == "info");
}

TEST_CASE("json lines: a moved file is made anew, a missing directory is retried") {
    const test::TemporaryDirectory directory;
    const std::string path = directory / "incidents.jsonl";
    JsonLinesExporter exporter({.path = path});
    exporter.begin();
    REQUIRE(exporter.add(test::sample_incident(), {}, test::sample_time()));
    exporter.send(test::sample_time());
    REQUIRE(::rename(path.c_str(), (directory / "rotated").c_str()) == 0);
    exporter.send(test::sample_time());
    CHECK(lines_of(path).size() == 1);
    CHECK(lines_of(directory / "rotated").size() == 1);

    JsonLinesExporter lost({.path = directory / "no/such/file"});
    lost.begin();
    REQUIRE(lost.add(test::sample_incident(), {}, test::sample_time()));
    const Outcome outcome = lost.send(test::sample_time());
    CHECK(outcome.verdict == Verdict::Retry);
    CHECK(outcome.message.view().find("no/such/file") != std::string_view::npos);
}

TEST_CASE("json lines: a full disk leaves no half line behind") {
    JsonLinesExporter exporter({.path = "/dev/full"});
    exporter.begin();
    REQUIRE(exporter.add(test::sample_incident(), {}, test::sample_time()));
    CHECK(exporter.send(test::sample_time()).verdict == Verdict::Retry);
}
