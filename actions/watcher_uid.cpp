#include "actions/watcher_uid.hpp"

#include <vector>

#include "core/parse.hpp"

namespace homeostat {

Result<std::uint32_t> find_uid(std::string_view user, std::string_view passwd) {
    if (const auto number = parse_u64(user); number && *number < UINT32_MAX) {
        return static_cast<std::uint32_t>(*number);
    }
    std::string_view line;
    while (next_line(passwd, line)) {
        const auto colon = line.find(':');
        if (colon == std::string_view::npos || line.substr(0, colon) != user) continue;
        line.remove_prefix(colon + 1);
        const auto second = line.find(':');
        if (second == std::string_view::npos) break;
        line.remove_prefix(second + 1);
        const auto uid = parse_u64(line.substr(0, line.find(':')));
        if (!uid || *uid >= UINT32_MAX) break;
        return static_cast<std::uint32_t>(*uid);
    }
    return make_error(Errc::NotFound, "there is no user '{}' on this host", user);
}

Result<std::uint32_t> find_watcher_uid(std::string_view user, const Root& root) {
    static constexpr std::size_t kPasswdMax = 256UL * 1024;
    std::vector<char> buffer(kPasswdMax);
    const auto passwd = root.read("etc/passwd", buffer);
    return find_uid(user, passwd ? *passwd : std::string_view{});
}

}  // namespace homeostat
