#include "tests/support/memory_root.hpp"

#include <cstring>

namespace homeostat::test {
namespace {

std::string_view relative(std::string_view path) {
    while (!path.empty() && path.front() == '/') path.remove_prefix(1);
    return path;
}

Result<std::string_view> copy_out(std::string_view text, const char* path, std::span<char> buffer) {
    if (text.size() >= buffer.size()) {
        return make_error(Errc::Limit, "{}: larger than the {} bytes expected", path,
                          buffer.size());
    }
    std::memcpy(buffer.data(), text.data(), text.size());
    return std::string_view(buffer.data(), text.size());
}

// Calls visit with the names directly below `directory`. The maps are sorted, so repeats adjoin.
template <typename Map>
bool list_names(const Map& map, std::string_view directory,
                FunctionRef<bool(std::string_view)> visit, bool& found) {
    std::string_view last;
    for (const auto& [key, value] : map) {
        const std::string_view path = key;
        if (path.size() <= directory.size() || path.substr(0, directory.size()) != directory ||
            path[directory.size()] != '/') {
            continue;
        }
        found = true;
        std::string_view name = path.substr(directory.size() + 1);
        name = name.substr(0, name.find('/'));
        if (name == last) continue;
        last = name;
        if (!visit(name)) return false;
    }
    return true;
}

// Whether the map has directory/name or anything below it.
template <typename Map>
bool holds_below(const Map& map, std::string_view directory, std::string_view name) {
    FixedString<1023> path(directory);
    path.append("/");
    path.append(name);
    if (map.find(path.view()) != map.end()) return true;
    path.append("/");
    const auto first = map.lower_bound(path.view());
    return first != map.end() && first->first.compare(0, path.size(), path.view()) == 0;
}

}  // namespace

void MemoryRoot::remove(const std::string& path) {
    files_.erase(path);
    links_.erase(path);
    failures_.erase(path);
}

Result<std::string_view> MemoryRoot::read(const char* path, std::span<char> buffer) const {
    const std::string_view key = relative(path);
    if (const auto failure = failures_.find(key); failure != failures_.end()) {
        return make_error(failure->second, "read {}: scripted failure", path);
    }
    const auto file = files_.find(key);
    if (file == files_.end()) {
        return make_error(Errc::NotFound, "open {}: No such file or directory", path);
    }
    return copy_out(file->second, path, buffer);
}

Result<std::string_view> MemoryRoot::read_link(const char* path, std::span<char> buffer) const {
    const auto link = links_.find(relative(path));
    if (link == links_.end()) {
        return make_error(Errc::NotFound, "readlink {}: No such file or directory", path);
    }
    return copy_out(link->second, path, buffer);
}

Status MemoryRoot::list(const char* directory, FunctionRef<bool(std::string_view)> visit) const {
    bool found = false;
    const std::string_view key = relative(directory);
    if (const auto failure = failures_.find(key); failure != failures_.end()) {
        return make_error(failure->second, "open directory {}: it was told to fail", directory);
    }
    const auto visit_new = [&](std::string_view name) {
        return holds_below(files_, key, name) || visit(name);  // a directory may have both
    };
    if (list_names(files_, key, visit, found)) list_names(links_, key, visit_new, found);
    if (found) return Ok{};
    return make_error(Errc::NotFound, "open directory {}: No such file or directory", directory);
}

Result<FilesystemUsage> MemoryRoot::filesystem_usage(const char* path) const {
    const auto usage = usages_.find(relative(path));
    if (usage == usages_.end()) {
        return make_error(Errc::NotFound, "open mount {}: No such file or directory", path);
    }
    return usage->second;
}

}  // namespace homeostat::test
