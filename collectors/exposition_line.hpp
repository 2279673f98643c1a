// One sample line of an exporter's text: name{label="value",...} value [timestamp] [# exemplar].
//
// Knows nothing of families and types: that is exposition.hpp's part.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "collectors/exposition.hpp"
#include "core/fixed_vector.hpp"

namespace homeostat {

// What is wrong with a line; false when nothing is. The text is a literal.
struct Complaint {
    Errc code = Errc::Parse;
    std::string_view text;

    explicit operator bool() const { return !text.empty(); }
};

struct SampleLine {
    std::string_view name;
    std::string_view labels;  // canonical, see ExposedSample
    double value = 0;
    std::optional<std::int64_t> timestamp_ms;
    bool has_exemplar = false;
};

class SampleLineReader {
public:
    SampleLineReader();

    // The line is without its line feed. Views in `sample` hold until the next read().
    Complaint read(std::string_view line, ExpositionFormat format, SampleLine& sample);

    // Whether the last line had a label of this name with a value.
    [[nodiscard]] bool has_label(std::string_view name) const;

private:
    struct Label {
        std::string_view name;
        std::string_view value;  // decoded
    };

    void skip_blanks();
    [[nodiscard]] bool at_end() const { return at_ == line_.size(); }
    bool take(char c);
    Complaint separator(std::string_view message);
    std::string_view identifier(bool colons);
    Complaint quoted(std::string_view& decoded);
    Complaint label_set(std::string_view* metric_name);
    Complaint label(std::string_view* metric_name);
    Complaint value_and_rest(SampleLine& sample);
    Complaint timestamp(std::string_view word, SampleLine& sample) const;
    Complaint exemplar();
    std::string_view word();
    Complaint canonical(std::string_view& text);
    void append(std::string_view text);
    void append_escaped(std::string_view text);

    std::string_view line_;
    std::size_t at_ = 0;
    bool strict_ = false;  // OpenMetrics: exactly one blank between tokens, none elsewhere
    FixedVector<Label, ExpositionParser::kLabelsMax> labels_;
    std::unique_ptr<char[]> decoded_;  // label values without their escapes
    std::size_t decoded_size_ = 0;
    std::unique_ptr<char[]> canonical_;
    std::size_t canonical_size_ = 0;
};

// A sample's value: as Go's ParseFloat without hexadecimal and underscores. Nothing if it is none.
std::optional<double> parse_exposed_value(std::string_view text);

bool is_utf8(std::string_view text);

// [a-zA-Z_][a-zA-Z0-9_]*, with colons too if told so.
bool is_plain_name(std::string_view text, bool colons);

}  // namespace homeostat
