#include "collectors/source.hpp"

namespace homeostat {
namespace {

Result<std::string_view> missing_is_not_available(Result<std::string_view> text) {
    if (text || text.error().code != Errc::NotFound) return text;
    Error error = text.error();
    error.code = Errc::NotAvailable;
    return error;
}

}  // namespace

Result<std::string_view> read_source(const Root& root, KeptFile& file, std::span<char> buffer) {
    return missing_is_not_available(root.read(file, buffer));
}

Result<std::string_view> read_source(const Root& root, const char* path, std::span<char> buffer) {
    return missing_is_not_available(root.read(path, buffer));
}

Result<std::uint64_t> read_number(const Root& root, const char* path, std::span<char> buffer) {
    const auto text = root.read(path, buffer);
    if (!text) return text.error();
    const auto number = parse_u64(trim(*text));
    if (!number) {
        return make_error(Errc::Parse, "{}: expected a number, got '{}'", path, excerpt(*text));
    }
    return *number;
}

}  // namespace homeostat
