#include "collectors/exporter_limits.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace homeostat;

TEST_CASE("exporter limits: none is set, nothing is refused") {
    const ExporterLimits none;
    CHECK(check_sample(none, "a", ""));
    CHECK(check_sample(none, std::string(5000, 'a'), R"(x="y")"));
}

TEST_CASE("exporter limits: each is kept to the last byte and label") {
    struct Row {
        ExporterLimits limits;
        std::string_view name;
        std::string_view labels;
        std::string_view key;  // of the limit that refuses; empty: none does
    };
    for (const Row& row : {
             Row{{.labels = 4}, "up", R"(a="1")", ""},
             Row{{.labels = 4}, "up", R"(a="1",b="2")", "label_limit"},
             Row{{.labels = 2}, "up", "", "label_limit"},  // name, job and instance are three
             Row{{.label_name_bytes = 3}, "longer_name", R"(abc="a long value")", ""},
             Row{{.label_name_bytes = 3}, "up", R"(a="1",abcd="2")", "label_name_length_limit"},
             Row{{.label_value_bytes = 3}, "up", R"(abcd="123")", ""},
             Row{{.label_value_bytes = 3}, "up", R"(a="1234")", "label_value_length_limit"},
             Row{{.label_value_bytes = 3}, "down", "", "label_value_length_limit"},
             // An escape stands for one byte, and hides neither a quote nor the next label.
             Row{{.label_value_bytes = 3}, "up", R"(a="\"\\\n")", ""},
             Row{{.label_value_bytes = 3},
                 "up",
                 R"(a="\"",b="\\\\\\\\")",
                 "label_value_length_limit"},
         }) {
        CAPTURE(row.labels);
        const Status status = check_sample(row.limits, row.name, row.labels);
        CHECK(status.has_value() == row.key.empty());
        if (status) continue;
        CHECK(status.error().code == Errc::Limit);
        CHECK(status.error().text.view().find(row.key) != std::string_view::npos);
        CHECK(status.error().text.view().find(row.name) != std::string_view::npos);
    }
}

TEST_CASE("exporter limits: text that is not canonical is counted as far as it goes") {
    const ExporterLimits limits{.labels = 10, .label_name_bytes = 10, .label_value_bytes = 10};
    for (const std::string_view labels :
         {"", ",", "=", "=\"", "a=\"", "a=\"\\", "a=\"b\\\"", "\xFF\"=", "{}", "a"}) {
        CAPTURE(labels);
        CHECK(check_sample(limits, "up", labels));
    }
}
