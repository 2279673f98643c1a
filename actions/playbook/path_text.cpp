#include "actions/playbook/path_text.hpp"

#include <climits>

namespace homeostat::playbook {

Result<std::string> normal_path(std::string_view path, bool may_be_relative) {
    if (path.empty()) return make_error(Errc::Invalid, "an empty path");
    if (path[0] != '/' && !may_be_relative) {
        return make_error(Errc::Invalid, "an absolute path was expected, not '{}'", path);
    }
    if (path.size() >= PATH_MAX) return make_error(Errc::Limit, "a path of {} bytes", path.size());
    if (path.find('\0') != std::string_view::npos) {
        return make_error(Errc::Invalid, "a path with a zero byte");
    }
    const bool absolute = path[0] == '/';
    std::string out;
    while (!path.empty()) {
        const auto slash = path.find('/');
        const std::string_view name = path.substr(0, slash);
        path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
        if (name.empty() || name == ".") continue;
        if (name == "..") return make_error(Errc::Invalid, "'..' is not accepted in a path");
        if (absolute || !out.empty()) out += '/';
        out += name;
    }
    if (out.empty()) out.push_back(absolute ? '/' : '.');
    return out;
}

std::string_view parent_of(std::string_view path) {
    const auto slash = path.rfind('/');
    return slash == 0 || slash == std::string_view::npos ? "/" : path.substr(0, slash);
}

std::string_view last_name_of(std::string_view path) {
    return path.substr(path.rfind('/') + 1);
}

bool is_at_or_below(std::string_view path, std::string_view place) {
    if (place == "/") return true;
    return path.starts_with(place) && (path.size() == place.size() || path[place.size()] == '/');
}

bool has_pattern(std::string_view path) {
    return path.find_first_of("*?[") != std::string_view::npos;
}

}  // namespace homeostat::playbook
