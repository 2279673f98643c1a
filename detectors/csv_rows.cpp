#include "detectors/csv_rows.hpp"

#include <cmath>
#include <limits>

#include "core/parse.hpp"

namespace homeostat {
namespace {

constexpr std::size_t kQuotedMax = 60;  // characters of a bad field that an error repeats

// Cuts the next field off `rest`. False when nothing is left; `more` tells whether a comma
// followed.
std::string_view next_field(std::string_view& rest, bool& more) {
    const auto comma = rest.find(',');
    const std::string_view field = rest.substr(0, comma);
    more = comma != std::string_view::npos;
    rest = more ? rest.substr(comma + 1) : std::string_view{};
    return trim(field);
}

}  // namespace

bool parse_csv_number(std::string_view text, double& out) {
    text = trim(text);
    out = std::numeric_limits<double>::quiet_NaN();
    if (text.empty()) return true;
    if (text.front() == '+' && text.size() > 1 && text[1] != '-') text.remove_prefix(1);
    double value = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (stop != end || error == std::errc::invalid_argument) return false;
    // Out of range (1e999) is a number that we cannot hold: missing, like infinity.
    if (error == std::errc{} && std::isfinite(value)) out = value;
    return true;
}

Error CsvRows::error_at(std::size_t column, std::string_view expected, std::string_view got) const {
    return make_error(Errc::Parse, "line {}, column {}: expected {}, got '{}'", line_number_,
                      column, expected, got.substr(0, kQuotedMax));
}

Result<bool> CsvRows::next_line() {
    for (;;) {
        line_.clear();
        if (!std::getline(in_, line_)) {
            if (in_.bad()) return make_error(Errc::Io, "line {}: cannot read", line_number_ + 1);
            return false;
        }
        ++line_number_;
        if (line_.size() > kLineBytesMax) {
            return make_error(Errc::Limit, "line {}: longer than {} bytes", line_number_,
                              kLineBytesMax);
        }
        if (!trim(line_).empty()) return true;
    }
}

Status CsvRows::read_header() {
    const auto more_lines = next_line();
    if (!more_lines) return more_lines.error();
    if (!*more_lines) {
        return make_error(Errc::Parse, "line 1: expected a header 'timestamp,NAME', got nothing");
    }
    std::string_view rest = trim(line_);
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    if (rest.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
        rest.remove_prefix(kByteOrderMark.size());
    }
    bool more = false;
    const std::string_view first = next_field(rest, more);
    if (first != "timestamp") return error_at(1, "the column 'timestamp'", first);
    while (more) {
        const std::string_view name = next_field(rest, more);
        if (name.empty()) return error_at(names_.size() + 2, "the name of a column", name);
        if (names_.size() == kColumnsMax) {
            return make_error(Errc::Limit, "line {}: more than {} columns", line_number_,
                              kColumnsMax);
        }
        names_.emplace_back(name);
    }
    if (names_.empty()) return error_at(2, "at least one value column", "");
    values_.resize(names_.size());
    return Ok{};
}

Result<bool> CsvRows::read_row() {
    const auto more_lines = next_line();
    if (!more_lines) return more_lines.error();
    if (!*more_lines) return false;
    std::string_view rest = line_;
    bool more = false;
    timestamp_text_ = next_field(rest, more);
    if (!parse_csv_number(timestamp_text_, timestamp_) || !std::isfinite(timestamp_)) {
        return error_at(1, "a time in epoch seconds", timestamp_text_);
    }
    std::size_t count = 0;
    while (more) {
        const std::string_view field = next_field(rest, more);
        if (count == values_.size()) {
            return make_error(Errc::Parse, "line {}: more columns than the header's {}",
                              line_number_, names_.size() + 1);
        }
        if (!parse_csv_number(field, values_[count])) {
            return error_at(count + 2, "a number", field);
        }
        ++count;
    }
    if (count != values_.size()) {
        return make_error(Errc::Parse, "line {}: expected {} columns, got {}", line_number_,
                          names_.size() + 1, count + 1);
    }
    return true;
}

}  // namespace homeostat
