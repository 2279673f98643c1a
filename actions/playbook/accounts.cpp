#include "actions/playbook/accounts.hpp"

#include <vector>

#include "core/parse.hpp"

namespace homeostat::playbook {
namespace {

constexpr std::size_t kFileBytesMax = 1UL << 20U;  // a larger passwd counts as missing

std::string read_whole(const Root& root, const char* path) {
    std::vector<char> buffer(kFileBytesMax);
    const auto text = root.read(path, buffer);
    return text ? std::string(*text) : std::string();
}

// The first line whose field `index` is `wanted`, or an empty one.
std::string_view find_line(std::string_view text, std::size_t index, std::string_view wanted) {
    std::string_view line;
    while (next_line(text, line)) {
        if (!line.empty() && account_field(line, index) == wanted) return line;
    }
    return {};
}

std::optional<std::uint32_t> find_id(std::string_view text, std::string_view name) {
    if (const auto number = parse_u64(name); number && *number < UINT32_MAX) {
        return static_cast<std::uint32_t>(*number);
    }
    const auto id = parse_u64(account_field(find_line(text, 0, name), 2));
    if (!id || *id >= UINT32_MAX) return std::nullopt;
    return static_cast<std::uint32_t>(*id);
}

}  // namespace

std::string_view account_field(std::string_view line, std::size_t index) {
    for (; index > 0; --index) {
        const auto colon = line.find(':');
        if (colon == std::string_view::npos) return {};
        line.remove_prefix(colon + 1);
    }
    return line.substr(0, line.find(':'));
}

Accounts::Accounts(const Root& root)
    : passwd_(read_whole(root, "etc/passwd")), group_(read_whole(root, "etc/group")) {}

std::optional<std::uint32_t> Accounts::uid(std::string_view user) const {
    return find_id(passwd_, user);
}
std::optional<std::uint32_t> Accounts::gid(std::string_view group) const {
    return find_id(group_, group);
}
std::string Accounts::user_name(std::uint32_t uid) const {
    return std::string(account_field(find_line(passwd_, 2, std::to_string(uid)), 0));
}
std::string Accounts::group_name(std::uint32_t gid) const {
    return std::string(account_field(find_line(group_, 2, std::to_string(gid)), 0));
}
std::string Accounts::home(std::uint32_t uid) const {
    return std::string(account_field(find_line(passwd_, 2, std::to_string(uid)), 5));
}

}  // namespace homeostat::playbook
