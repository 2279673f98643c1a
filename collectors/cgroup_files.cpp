#include "collectors/cgroup_files.hpp"

#include "collectors/source.hpp"

namespace homeostat {
namespace {

// The number of a "key=number" word, if it is that key.
std::optional<std::uint64_t> assigned(std::string_view word, std::string_view key) {
    if (word.size() <= key.size() || word.substr(0, key.size()) != key) return std::nullopt;
    return parse_u64(word.substr(key.size()));
}

}  // namespace

std::optional<std::uint64_t> keyed_number(std::string_view text, std::string_view key) {
    for (std::string_view line; next_line(text, line);) {
        if (next_word(line) == key) return next_u64(line);
    }
    return std::nullopt;
}

std::optional<std::uint64_t> parse_limit(std::string_view text) {
    return parse_u64(trim(text));
}

Result<CgroupIo> parse_io_stat(std::string_view text) {
    CgroupIo io;
    for (std::string_view line; next_line(text, line);) {
        std::string_view words = line;
        if (next_word(words).find(':') == std::string_view::npos) {
            return make_error(Errc::Parse, "io.stat: expected 'major:minor rbytes=...', got '{}'",
                              excerpt(line));
        }
        for (auto word = next_word(words); !word.empty(); word = next_word(words)) {
            io.read_bytes += assigned(word, "rbytes=").value_or(0);
            io.written_bytes += assigned(word, "wbytes=").value_or(0);
        }
    }
    return io;
}

std::optional<CgroupIo> parse_blkio_bytes(std::string_view text) {
    CgroupIo io;
    bool any = false;
    for (std::string_view line; next_line(text, line);) {
        if (next_word(line).find(':') == std::string_view::npos) continue;  // "Total N"
        const std::string_view kind = next_word(line);
        const auto bytes = next_u64(line);
        if (!bytes) return std::nullopt;
        if (kind == "Read") io.read_bytes += *bytes;
        if (kind == "Write") io.written_bytes += *bytes;
        any = true;
    }
    if (!any) return std::nullopt;
    return io;
}

}  // namespace homeostat
