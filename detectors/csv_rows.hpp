// CsvRows reads `timestamp,NAME...` line by line: numbers only, one row at a time, fixed memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <istream>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace homeostat {

class CsvRows {
public:
    static constexpr std::size_t kColumnsMax = 200'000;
    static constexpr std::size_t kLineBytesMax = std::size_t{64} * 1024 * 1024;

    explicit CsvRows(std::istream& in) : in_(in) {}

    // Reads the header. Errc::Parse names what is wrong with it.
    Status read_header();

    // Reads the next row into timestamp() and values(). False at the end of the input. An empty
    // field and one that is not finite become NaN; blank lines are skipped.
    Result<bool> read_row();

    [[nodiscard]] const std::vector<std::string>& names() const { return names_; }
    // As it was written, without blanks: it is copied to the output.
    [[nodiscard]] std::string_view timestamp_text() const { return timestamp_text_; }
    [[nodiscard]] double timestamp() const { return timestamp_; }
    [[nodiscard]] const std::vector<double>& values() const { return values_; }

private:
    Result<bool> next_line();
    [[nodiscard]] Error error_at(std::size_t column, std::string_view expected,
                                 std::string_view got) const;

    std::istream& in_;
    std::string line_;
    std::uint64_t line_number_ = 0;
    std::vector<std::string> names_;
    std::vector<double> values_;
    std::string_view timestamp_text_;
    double timestamp_ = 0;
};

// One field as a number: empty, "nan" and infinities are NaN; nothing if it is not a number.
// `text` may have blanks around it and a leading '+'.
bool parse_csv_number(std::string_view text, double& out);

}  // namespace homeostat
