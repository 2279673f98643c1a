#include "collectors/exposition.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "core/allocation_guard.hpp"
#include "tests/collectors/fixture_host.hpp"

using namespace homeostat;

namespace {

struct Seen {
    std::string series;  // name and canonical labels
    double value = 0;
    std::optional<std::int64_t> timestamp_ms;
    FamilyType type = FamilyType::Untyped;
    bool accumulates = false;
};

// All samples of a body, the first of equal series; nothing when it is refused.
std::optional<std::vector<Seen>> parse(std::string_view body, ExpositionFormat format) {
    ExpositionParser parser;
    std::vector<Seen> seen;
    std::set<std::string> known;
    const auto status = parser.parse(body, format, [&](const ExposedSample& sample) {
        std::string series = std::string(sample.name) + "{" + std::string(sample.labels) + "}";
        if (!known.insert(series).second) return;
        seen.push_back({std::move(series), sample.value, sample.timestamp_ms, sample.type,
                        sample.accumulates});
    });
    if (!status) return std::nullopt;
    return seen;
}

std::string from_hex(const std::string& hex) {
    std::string bytes;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
        bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
    }
    return bytes;
}

double value_of(const std::string& text) {
    if (text == "NaN") return std::nan("");
    if (text == "+Inf") return INFINITY;
    if (text == "-Inf") return -INFINITY;
    return std::stod(text);
}

bool same(double a, double b) {
    return (std::isnan(a) && std::isnan(b)) || a == b;
}

// Labels of a vector, in the canonical text that the parser must give.
std::string canonical(const nlohmann::json& sample) {
    std::string text = sample["name"].get<std::string>() + "{";
    bool first = true;
    // nlohmann's objects are sorted by key, as our text is.
    for (const auto& [name, value] : sample["labels"].items()) {
        if (!first) text += ",";
        first = false;
        text += name.find('.') == std::string::npos ? name : "\"" + name + "\"";
        text += "=\"";
        for (const char c : value.get<std::string>()) {
            if (c == '\\' || c == '"') text += '\\';
            text += c == '\n' ? std::string("\\n") : std::string(1, c);
        }
        text += "\"";
    }
    return text + "}";
}

std::string error_of(std::string_view body, ExpositionFormat format = ExpositionFormat::Text) {
    ExpositionParser parser;
    const auto status = parser.parse(body, format, [](const ExposedSample&) {});
    return status ? std::string() : std::string(status.error().text.view());
}

}  // namespace

TEST_CASE("exposition: every vector is accepted with just its samples, or refused as a whole") {
    const auto file =
        nlohmann::json::parse(test::read_text("tests/fixtures/exposition/vectors.json"));
    REQUIRE(file["vectors"].size() > 39);
    for (const auto& vector : file["vectors"]) {
        CAPTURE(vector["name"].get<std::string>());
        const std::string body =
            vector.contains("hex") ? from_hex(vector["hex"]) : vector["text"].get<std::string>();
        const bool strict = vector["format"] == "openmetrics";
        const auto seen =
            parse(body, strict ? ExpositionFormat::OpenMetrics : ExpositionFormat::Text);
        CHECK(seen.has_value() == vector["accepted"].get<bool>());
        if (!seen || !vector["accepted"]) continue;
        std::map<std::string, Seen> by_series;
        for (const Seen& sample : *seen) by_series[sample.series] = sample;
        CHECK(by_series.size() == vector["samples"].size());
        for (const auto& expected : vector["samples"]) {
            const std::string series = canonical(expected);
            CAPTURE(series);
            REQUIRE(by_series.count(series) == 1);
            const Seen& sample = by_series[series];
            CHECK(same(sample.value, value_of(expected["value"])));
            CHECK(sample.timestamp_ms.has_value() == expected.contains("timestamp_ms"));
            if (sample.timestamp_ms) CHECK(*sample.timestamp_ms == expected["timestamp_ms"]);
        }
    }
}

TEST_CASE("exposition: a sample has its family's type, and we know what only grows") {
    struct Row {
        const char* series;
        FamilyType type;
        bool accumulates;
    };
    const auto seen = parse(
        "# TYPE c_total counter\nc_total 1\n# TYPE g gauge\ng 1\n"
        "# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_sum 1\nh_count 1\n"
        "# TYPE s summary\ns{quantile=\"0.5\"} 1\ns_sum 1\ns_count 1\n"
        "u 1\ng_sum 1\nlate 1\n# TYPE late counter\n",
        ExpositionFormat::Text);
    REQUIRE(seen);
    const std::vector<Row> rows{{"c_total{}", FamilyType::Counter, true},
                                {"g{}", FamilyType::Gauge, false},
                                {"h_bucket{le=\"1\"}", FamilyType::Histogram, true},
                                {"h_sum{}", FamilyType::Histogram, true},
                                {"h_count{}", FamilyType::Histogram, true},
                                {"s{quantile=\"0.5\"}", FamilyType::Summary, false},
                                {"s_sum{}", FamilyType::Summary, true},
                                {"s_count{}", FamilyType::Summary, true},
                                {"u{}", FamilyType::Untyped, false},
                                {"g_sum{}", FamilyType::Untyped, false},
                                {"late{}", FamilyType::Untyped, false}};
    REQUIRE(seen->size() == rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        CAPTURE(rows[i].series);
        CHECK((*seen)[i].series == rows[i].series);
        CHECK((*seen)[i].type == rows[i].type);
        CHECK((*seen)[i].accumulates == rows[i].accumulates);
    }
}

TEST_CASE("exposition: the format is what the Content-Type says, text if it says nothing") {
    struct Row {
        const char* type;
        ExpositionFormat format;
    };
    for (const Row& row :
         {Row{"application/openmetrics-text; version=1.0.0; charset=utf-8",
              ExpositionFormat::OpenMetrics},
          Row{"application/openmetrics-text", ExpositionFormat::OpenMetrics},
          Row{"text/plain; version=0.0.4", ExpositionFormat::Text}, Row{"", ExpositionFormat::Text},
          Row{"text/html; application/openmetrics-text", ExpositionFormat::Text}}) {
        CAPTURE(row.type);
        CHECK(exposition_format_of(row.type) == row.format);
    }
}

TEST_CASE("exposition: an error names the line, what was expected, and quotes the text") {
    CHECK(error_of("good 1\nbad{ 2\n") == "line 2: expected a label name, got 'bad{ 2'");
    CHECK(error_of("a x\n") == "line 1: expected a number as value, got 'a x'");
    CHECK(error_of("a 1\n", ExpositionFormat::OpenMetrics) ==
          "expected '# EOF' as the last line: the body is cut");
}

TEST_CASE("exposition: each limit is an error that names it, and the value before it passes") {
    const auto labels = [](int count) {
        std::string text = "a{";
        for (int i = 0; i < count; ++i) text += "l" + std::to_string(i) + "=\"v\",";
        return text + "} 1\n";
    };
    CHECK(error_of(labels(64)).empty());
    CHECK(error_of(labels(65)).find("64 labels") != std::string::npos);
    const auto value = [](std::size_t size) {
        return "a{x=\"" + std::string(size, 'v') + "\"} 1\n";
    };
    CHECK(error_of(value(1024)).empty());
    CHECK(error_of(value(1025)).find("1 KiB") != std::string::npos);
    CHECK(error_of("# " + std::string(70'000, 'x') + "\n").empty());  // a remark costs nothing
    CHECK(error_of("a" + std::string(65'533, 'a') + " 1\n").empty());
    CHECK(error_of("a" + std::string(65'535, 'a') + " 1\n").find("64 KiB") != std::string::npos);
    std::string many;
    for (int i = 0; i < 200'000; ++i) many += "a 1\n";
    CHECK(error_of(many).empty());
    CHECK(error_of(many + "a 1\n").find("200000 samples") != std::string::npos);
    std::string families;
    for (int i = 0; i < 4096; ++i) families += "# TYPE f" + std::to_string(i) + " gauge\n";
    CHECK(error_of(families).empty());
    CHECK(error_of(families + "# TYPE more gauge\n").find("4096 families") != std::string::npos);
}

TEST_CASE("exposition: hostile and cut bodies are survived in both formats") {
    ExpositionParser parser;
    const auto ignore = [](const ExposedSample&) {};
    const std::string good =
        "# HELP a h\n# TYPE a counter\na_total{x=\"y\\n\",z=\"\xE2\x82\xAC\"} 1e3 12.5 # {t=\"u\"} "
        "1\n"
        "# EOF\n";
    for (const auto format : {ExpositionFormat::Text, ExpositionFormat::OpenMetrics}) {
        for (const std::string& text : test::hostile_texts()) {
            (void)parser.parse(text, format, ignore);
        }
        test::parse_all_beginnings(
            good, [&](std::string_view text) { (void)parser.parse(text, format, ignore); });
    }
    // A parser is as new after a failure.
    CHECK(parser.parse(good, ExpositionFormat::OpenMetrics, ignore));
}

TEST_CASE("exposition: parsing allocates nothing") {
    ExpositionParser parser;
    const std::string body = "# TYPE a histogram\na_bucket{le=\"1\",x=\"y\"} 1\na_sum 2\nbad{\n";
    const AllocationGuard guard;
    for (int i = 0; i < 10; ++i) {
        (void)parser.parse(body, ExpositionFormat::Text, [](const ExposedSample&) {});
    }
    CHECK(guard.count() == 0);
}
