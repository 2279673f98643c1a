// The text that Prometheus exporters serve: format 0.0.4 and OpenMetrics 1.0.
//
// Sources: prometheus.io/docs/instrumenting/exposition_formats, OpenMetrics specification 1.0. All
// or nothing: the caller throws away what the callback gathered when parse() returns an error,
// because half a scrape looks like vanished series. Lenient where Prometheus is, and a little more:
// carriage returns, leading blanks and quoted UTF-8 names are accepted.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "core/function_ref.hpp"
#include "core/result.hpp"

namespace homeostat {

enum class ExpositionFormat : std::uint8_t { Text, OpenMetrics };

// By the response's Content-Type: OpenMetrics if it says so, else text, also when there is none.
ExpositionFormat exposition_format_of(std::string_view content_type);

enum class FamilyType : std::uint8_t {
    Untyped,  // also OpenMetrics' "unknown"
    Counter,
    Gauge,
    Histogram,
    Summary,
    Info,
    StateSet,
    GaugeHistogram,
};

std::string_view name_of(FamilyType type);

// Views are valid during the callback only.
struct ExposedSample {
    std::string_view name;
    // Canonical: sorted by label name, `device="vda",mode="idle"`, with \\ \" \n escaped; labels
    // with an empty value are absent; `le` and `quantile` in shortest form. Names that are not
    // plain identifiers are quoted. Equal label sets have equal texts.
    std::string_view labels;
    double value = 0;  // may be infinite or NaN
    std::optional<std::int64_t> timestamp_ms;
    FamilyType type = FamilyType::Untyped;  // of its family, as declared before it
    bool accumulates = false;  // only grows: a counter, or a histogram's or summary's count or sum
};

class ExpositionParser {
public:
    static constexpr std::size_t kSamplesMax = 200'000;
    static constexpr std::size_t kLabelsMax = 64;
    static constexpr std::size_t kLabelValueMax = 1024;  // bytes, decoded
    static constexpr std::size_t kLineMax = 65536;       // bytes
    static constexpr std::size_t kFamiliesMax = 4096;

    ExpositionParser();
    ~ExpositionParser();
    ExpositionParser(const ExpositionParser&) = delete;
    ExpositionParser& operator=(const ExpositionParser&) = delete;

    // Calls `visit` with each sample in order. Errc::Parse names the line and quotes it;
    // Errc::Limit names the limit. The same series twice is the caller's to notice. Work space was
    // allocated by the constructor; parsing allocates nothing.
    Status parse(std::string_view body, ExpositionFormat format,
                 FunctionRef<void(const ExposedSample&)> visit);

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace homeostat
