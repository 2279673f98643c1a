#include "collectors/exposition_line.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/parse.hpp"

namespace homeostat {
namespace {

constexpr std::size_t kLineMax = ExpositionParser::kLineMax;
// An escape at most doubles a value; quotes and commas come on top.
constexpr std::size_t kCanonicalMax = 2 * kLineMax + 8 * ExpositionParser::kLabelsMax;

constexpr bool is_gap(char c) {
    return c == ' ' || c == '\t';
}

constexpr bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// Length of the UTF-8 sequence that begins with this byte; 0 if none does.
std::size_t sequence_length(unsigned char lead) {
    if (lead < 0x80) return 1;
    if (lead >= 0xC2 && lead <= 0xDF) return 2;
    if (lead >= 0xE0 && lead <= 0xEF) return 3;
    if (lead >= 0xF0 && lead <= 0xF4) return 4;
    return 0;
}

// The lowest and highest second byte that keep a sequence shortest, in range and no surrogate.
bool second_byte_fits(unsigned char lead, unsigned char second) {
    const unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    const unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    return second >= low && second <= high;
}

}  // namespace

bool is_utf8(std::string_view text) {
    std::size_t i = 0;
    while (i < text.size()) {
        const auto lead = static_cast<unsigned char>(text[i]);
        const std::size_t length = sequence_length(lead);
        if (length == 0 || i + length > text.size()) return false;
        for (std::size_t k = 1; k < length; ++k) {
            const auto byte = static_cast<unsigned char>(text[i + k]);
            if ((byte & 0xC0U) != 0x80U) return false;
            if (k == 1 && !second_byte_fits(lead, byte)) return false;
        }
        i += length;
    }
    return true;
}

bool is_plain_name(std::string_view text, bool colons) {
    const auto fits = [colons](char c) { return is_letter(c) || (colons && c == ':'); };
    return !text.empty() && fits(text.front()) &&
           std::all_of(text.begin(), text.end(), [&](char c) { return fits(c) || is_digit(c); });
}

std::optional<double> parse_exposed_value(std::string_view text) {
    std::string_view digits = text;
    if (!digits.empty() && digits.front() == '+') {
        digits.remove_prefix(1);
        if (!digits.empty() && digits.front() == '-') return std::nullopt;
    }
    if (digits.find('(') != std::string_view::npos) return std::nullopt;  // C's nan(...)
    double value = 0;
    const char* end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, value);
    if (stop != end || digits.empty() || error == std::errc::invalid_argument) return std::nullopt;
    if (error == std::errc::result_out_of_range) {
        // Too small is zero; too large is no number.
        const bool tiny = digits.find("e-") != std::string_view::npos ||
                          digits.find("E-") != std::string_view::npos;
        return tiny ? std::optional<double>(0) : std::nullopt;
    }
    return value;
}

SampleLineReader::SampleLineReader()
    : decoded_(std::make_unique_for_overwrite<char[]>(kLineMax)),
      canonical_(std::make_unique_for_overwrite<char[]>(kCanonicalMax)) {}

Complaint SampleLineReader::read(std::string_view line, ExpositionFormat format,
                                 SampleLine& sample) {
    if (line.size() > kLineMax) return {Errc::Limit, "lines of at most 64 KiB"};
    line_ = line;
    at_ = 0;
    strict_ = format == ExpositionFormat::OpenMetrics;
    labels_.clear();
    decoded_size_ = 0;
    canonical_size_ = 0;
    sample = {};

    skip_blanks();
    sample.name = identifier(true);
    const std::size_t after_name = at_;
    skip_blanks();
    if (take('{')) {
        if (const auto wrong = label_set(sample.name.empty() ? &sample.name : nullptr))
            return wrong;
    } else {
        at_ = after_name;
    }
    if (sample.name.empty()) return {Errc::Parse, "a metric name"};
    if (const auto wrong = canonical(sample.labels)) return wrong;
    return value_and_rest(sample);
}

void SampleLineReader::skip_blanks() {
    if (strict_) return;
    while (at_ < line_.size() && is_gap(line_[at_])) ++at_;
}

bool SampleLineReader::take(char c) {
    if (at_ == line_.size() || line_[at_] != c) return false;
    ++at_;
    return true;
}

// At least one blank; in OpenMetrics exactly one.
Complaint SampleLineReader::separator(std::string_view message) {
    if (at_ == line_.size() || !is_gap(line_[at_]) || (strict_ && line_[at_] != ' ')) {
        return {Errc::Parse, message};
    }
    ++at_;
    skip_blanks();
    return {};
}

std::string_view SampleLineReader::identifier(bool colons) {
    const std::size_t begin = at_;
    while (at_ < line_.size() && (is_letter(line_[at_]) || (colons && line_[at_] == ':') ||
                                  (at_ > begin && is_digit(line_[at_])))) {
        ++at_;
    }
    return line_.substr(begin, at_ - begin);
}

// REQUIRES: the opening quote is taken. An unknown escape keeps both its characters.
Complaint SampleLineReader::quoted(std::string_view& decoded) {
    const std::size_t begin = decoded_size_;
    while (at_ < line_.size() && line_[at_] != '"') {
        char c = line_[at_++];
        if (c == '\\' && at_ < line_.size()) {
            const char escaped = line_[at_];
            if (escaped == '\\' || escaped == '"' || escaped == 'n') {
                c = escaped == 'n' ? '\n' : escaped;
                ++at_;
            }
        }
        decoded_[decoded_size_++] = c;
    }
    if (!take('"')) return {Errc::Parse, "a closing quote"};
    decoded = {decoded_.get() + begin, decoded_size_ - begin};
    if (!is_utf8(decoded)) return {Errc::Parse, "UTF-8"};
    return {};
}

// REQUIRES: the brace is taken. `metric_name` is null when the line began with a name; else the
// braces hold it, quoted, as their first element.
Complaint SampleLineReader::label_set(std::string_view* metric_name) {
    skip_blanks();
    while (!take('}')) {
        if (const auto wrong = label(metric_name)) return wrong;
        skip_blanks();
        if (take(',')) {
            skip_blanks();
        } else if (at_ == line_.size() || line_[at_] != '}') {
            return {Errc::Parse, "',' or '}' after a label"};
        }
    }
    return {};
}

Complaint SampleLineReader::label(std::string_view* metric_name) {
    Label label;
    const bool is_quoted = take('"');
    if (is_quoted) {
        if (const auto wrong = quoted(label.name)) return wrong;
    } else {
        label.name = identifier(false);
    }
    if (label.name.empty()) return {Errc::Parse, "a label name"};
    skip_blanks();
    if (!take('=')) {
        const bool may_be_the_name =
            is_quoted && metric_name != nullptr && metric_name->empty() && labels_.empty();
        if (!may_be_the_name) return {Errc::Parse, "'=' after a label name"};
        *metric_name = label.name;
        return {};
    }
    skip_blanks();
    if (!take('"')) return {Errc::Parse, "a quoted label value"};
    if (const auto wrong = quoted(label.value)) return wrong;
    if (label.value.size() > ExpositionParser::kLabelValueMax) {
        return {Errc::Limit, "label values of at most 1 KiB"};
    }
    if (label.name == "__name__") return {Errc::Parse, "no label of the name __name__"};
    if (!labels_.push(label)) return {Errc::Limit, "at most 64 labels"};
    return {};
}

std::string_view SampleLineReader::word() {
    const std::size_t begin = at_;
    while (at_ < line_.size() && !is_gap(line_[at_])) ++at_;
    return line_.substr(begin, at_ - begin);
}

Complaint SampleLineReader::value_and_rest(SampleLine& sample) {
    // The text format lets the value follow the brace at once.
    if (strict_ || at_ == line_.size() || line_[at_ - 1] != '}') {
        if (const auto wrong = separator("a blank and a value")) return wrong;
    }
    skip_blanks();
    const auto value = parse_exposed_value(word());
    if (!value) return {Errc::Parse, "a number as value"};
    sample.value = *value;
    skip_blanks();
    if (at_end()) return {};
    if (strict_) {
        if (const auto wrong = separator("one blank after the value")) return wrong;
    }
    if (line_[std::min(at_, line_.size() - 1)] != '#') {
        if (const auto wrong = timestamp(word(), sample)) return wrong;
        skip_blanks();
        if (at_end()) return {};
        if (strict_) {
            if (const auto wrong = separator("one blank after the timestamp")) return wrong;
        }
    }
    if (!strict_ || !take('#')) return {Errc::Parse, "nothing after value and timestamp"};
    sample.has_exemplar = true;
    return exemplar();
}

// Milliseconds in the text format, seconds in OpenMetrics.
Complaint SampleLineReader::timestamp(std::string_view word, SampleLine& sample) const {
    if (!strict_) {
        sample.timestamp_ms = parse_i64(word);
        if (!sample.timestamp_ms) return {Errc::Parse, "a whole number of milliseconds"};
        return {};
    }
    constexpr double kMilliseconds = 1000;
    constexpr double kSecondsMax = 9e15;  // fits 64 bits in milliseconds
    const auto time = parse_exposed_value(word);
    if (!time || !(std::abs(*time) <= kSecondsMax)) {
        return {Errc::Parse, "a timestamp in seconds"};
    }
    sample.timestamp_ms = static_cast<std::int64_t>(*time * kMilliseconds);
    return {};
}

// REQUIRES: "#" is taken. Checked and dropped: " {labels} value [timestamp]".
Complaint SampleLineReader::exemplar() {
    labels_.clear();
    constexpr std::string_view kExpected = "an exemplar: '# {labels} value [timestamp]'";
    if (const auto wrong = separator(kExpected)) return wrong;
    if (!take('{')) return {Errc::Parse, kExpected};
    if (const auto wrong = label_set(nullptr)) return wrong;
    if (const auto wrong = separator(kExpected)) return wrong;
    if (!parse_exposed_value(word())) return {Errc::Parse, kExpected};
    if (at_end()) return {};
    SampleLine unused;
    if (const auto wrong = separator(kExpected)) return wrong;
    if (const auto wrong = timestamp(word(), unused)) return wrong;
    if (!at_end()) return {Errc::Parse, kExpected};
    return {};
}

bool SampleLineReader::has_label(std::string_view name) const {
    return std::any_of(labels_.begin(), labels_.end(), [&](const Label& label) {
        return label.name == name && !label.value.empty();
    });
}

void SampleLineReader::append(std::string_view text) {
    std::memcpy(canonical_.get() + canonical_size_, text.data(), text.size());
    canonical_size_ += text.size();
}

void SampleLineReader::append_escaped(std::string_view text) {
    append("\"");
    for (const char c : text) {
        if (c == '\n') {
            append("\\n");
            continue;
        }
        if (c == '\\' || c == '"') append("\\");
        append({&c, 1});
    }
    append("\"");
}

Complaint SampleLineReader::canonical(std::string_view& text) {
    std::sort(labels_.begin(), labels_.end(),
              [](const Label& a, const Label& b) { return a.name < b.name; });
    for (std::size_t i = 0; i < labels_.size(); ++i) {
        const Label& label = labels_[i];
        if (i > 0 && labels_[i - 1].name == label.name) {
            return {Errc::Parse, "each label name once"};
        }
        if (label.value.empty()) continue;  // as if absent
        if (canonical_size_ > 0) append(",");
        if (is_plain_name(label.name, false)) {
            append(label.name);
        } else {
            append_escaped(label.name);
        }
        append("=");
        const bool is_number = label.name == "le" || label.name == "quantile";
        const auto number = is_number ? parse_exposed_value(label.value) : std::nullopt;
        if (number && std::isfinite(*number)) {
            FixedString<31> shortest;  // so that "1" and "1.0" are the same series
            format_into(shortest, "\"{}\"", *number);
            append(shortest);
        } else {
            append_escaped(label.value);
        }
    }
    text = {canonical_.get(), canonical_size_};
    return {};
}

}  // namespace homeostat
