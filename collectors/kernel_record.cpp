#include "collectors/kernel_record.hpp"

#include "collectors/source.hpp"

namespace homeostat {
namespace {

// Cuts the number before `end` off `rest`.
std::optional<std::uint64_t> number_before(std::string_view& rest, std::string_view ends) {
    const auto end = rest.find_first_of(ends);
    if (end == std::string_view::npos) return std::nullopt;
    const auto value = parse_u64(rest.substr(0, end));
    rest.remove_prefix(end + 1);
    return value;
}

}  // namespace

Result<KernelRecord> parse_kernel_record(std::string_view text) {
    const auto bad = [text] {
        return make_error(Errc::Parse,
                          "kmsg: expected 'level,number,microseconds,flags;message', got '{}'",
                          excerpt(text));
    };
    std::string_view rest = text;
    const auto level = number_before(rest, ",");
    const auto sequence = number_before(rest, ",");
    const auto microseconds = number_before(rest, ",;");
    if (!level || !sequence || !microseconds || *level > 0xFFFF) return bad();
    // Flags and whatever later kernels add stand between the time and the semicolon.
    if (text[text.size() - rest.size() - 1] != ';') {
        const auto flags = rest.find(';');
        const auto line = rest.find('\n');
        if (flags == std::string_view::npos || line < flags) return bad();
        rest.remove_prefix(flags + 1);
    }
    return KernelRecord{.priority = static_cast<std::uint32_t>(*level & 7U),
                        .facility = static_cast<std::uint32_t>(*level >> 3U),
                        .sequence = *sequence,
                        .microseconds = *microseconds,
                        .message = rest.substr(0, rest.find('\n'))};
}

}  // namespace homeostat
