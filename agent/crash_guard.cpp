#include "agent/crash_guard.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "core/file.hpp"
#include "core/parse.hpp"

namespace homeostat {
namespace {

constexpr std::size_t kStartsBytesMax = 256;
constexpr std::size_t kBootIdBytesMax = 64;
constexpr unsigned kCountMax = 1000;  // more says nothing more

std::string_view trimmed(std::string_view text) {
    const auto end = text.find_last_not_of(" \n");
    return end == std::string_view::npos ? std::string_view{} : text.substr(0, end + 1);
}

}  // namespace

StartRecord parse_starts(std::string_view text) {
    text = trimmed(text);
    const auto space = text.find(' ');
    if (space == 0 || space == std::string_view::npos || space > kBootIdBytesMax) return {};
    const auto count = parse_u64(text.substr(space + 1));
    if (!count) return {};
    return {std::string(text.substr(0, space)),
            static_cast<unsigned>(std::min<std::uint64_t>(*count, kCountMax))};
}

CrashGuard CrashGuard::begin(const std::string& state_directory, std::string_view boot_id) {
    CrashGuard guard(state_directory + "/" + kStartsFile, std::string(boot_id), 0);
    const auto text = read_file(guard.path_, kStartsBytesMax);
    if (text) {
        const StartRecord record = parse_starts(*text);
        if (record.boot_id == boot_id) guard.crashes_ = record.count;
    }
    if (!boot_id.empty()) {
        (void)write_file_atomically(guard.path_,
                                    fmt::format("{} {}\n", boot_id, guard.crashes_ + 1));
    }
    return guard;
}

void CrashGuard::forget() {
    forgotten_ = true;
    if (!boot_id_.empty()) (void)write_file_atomically(path_, fmt::format("{} 0\n", boot_id_));
}

std::string read_boot_id(const Root& root) {
    std::array<char, 128> buffer{};
    const auto text = root.read("proc/sys/kernel/random/boot_id", buffer);
    if (!text) return {};
    const std::string_view id = trimmed(*text);
    const bool plain =
        id.size() <= kBootIdBytesMax && id.find_first_of(" \n") == std::string_view::npos;
    return plain ? std::string(id) : std::string();
}

}  // namespace homeostat
