#include "detectors/template_rows.hpp"

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "detectors/log_templates.hpp"
#include "detectors/row_writer.hpp"

namespace homeostat {
namespace {

constexpr std::size_t kLineBytesMax = 65536;

// Reads the next line, at most `buffer.size()` bytes of it, in fixed memory however long it is.
class LineReader {
public:
    explicit LineReader(std::istream& in) : in_(in), buffer_(kLineBytesMax + 1) {}

    bool next(std::string_view& line) {
        in_.getline(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
        if (in_.bad()) return false;
        auto size = static_cast<std::size_t>(in_.gcount());
        if (in_.eof()) {
            if (size == 0) return false;
        } else if (in_.fail()) {  // the buffer is full: the rest of the line is not wanted
            in_.clear();
            in_.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
        } else {
            --size;  // the line feed is counted
        }
        line = {buffer_.data(), size};
        return true;
    }

private:
    std::istream& in_;
    std::vector<char> buffer_;
};

// A CSV field (RFC 4180): in quotes, quotes doubled.
void append_quoted(std::string& field, std::string_view text) {
    field += '"';
    for (const char c : text) {
        if (c == '"') field += '"';
        field += c;
    }
    field += '"';
}

std::string_view quoted(std::string& scratch, std::string_view text) {
    scratch.clear();
    append_quoted(scratch, text);
    return scratch;
}

}  // namespace

Status templates_csv(std::istream& in, std::ostream& out) {
    LineReader lines(in);
    RowWriter writer(out);
    LogTemplates templates;
    std::string scratch;
    std::string_view line;
    std::uint64_t number = 0;
    writer.add("line,template_id,template\n");
    while (lines.next(line)) {
        const auto match = templates.observe(line);
        writer.add("{},{},{}\n", ++number, match.id, quoted(scratch, match.text));
    }
    return writer.finish();
}

Status template_counts_csv(std::istream& in, std::ostream& out) {
    LineReader lines(in);
    RowWriter writer(out);
    LogTemplates templates;
    std::string scratch;
    std::string_view line;
    writer.add("count,template_id,template\n");
    while (lines.next(line)) templates.observe(line);
    for (const auto& known : templates.by_count()) {
        writer.add("{},{},{}\n", known.count, known.id, quoted(scratch, known.text));
    }
    return writer.finish();
}

}  // namespace homeostat
