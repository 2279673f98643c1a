#include "agent/config/reader_rights.hpp"

#include <fmt/core.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "core/parse.hpp"

namespace homeostat {
namespace {

constexpr std::size_t kAccountsBytesMax = 256UL * 1024;

// "a:b:c" one part after another.
std::string_view next_part(std::string_view& line) {
    const auto end = std::min(line.find(':'), line.size());
    const std::string_view part = line.substr(0, end);
    line.remove_prefix(std::min(end + 1, line.size()));
    return part;
}

std::optional<gid_t> parse_id(std::string_view text) {
    const auto id = parse_u64(text);
    if (!id || *id >= UINT32_MAX) return std::nullopt;
    return static_cast<gid_t>(*id);
}

bool has_word(std::string_view list, std::string_view word) {
    while (!list.empty()) {
        const auto end = std::min(list.find(','), list.size());
        if (list.substr(0, end) == word) return true;
        list.remove_prefix(std::min(end + 1, list.size()));
    }
    return false;
}

bool may(const ReaderRights& reader, const struct stat& info, mode_t other) {
    const bool in_group =
        std::find(reader.groups.begin(), reader.groups.end(), info.st_gid) != reader.groups.end();
    const mode_t bit = info.st_uid == reader.uid ? other << 6U : in_group ? other << 3U : other;
    return (info.st_mode & bit) != 0;
}

}  // namespace

std::optional<ReaderRights> find_reader(std::string_view user, std::string_view passwd,
                                        std::string_view group) {
    ReaderRights reader;
    reader.user = user;
    std::string_view line;
    while (reader.groups.empty() && next_line(passwd, line)) {
        if (next_part(line) != user) continue;
        next_part(line);
        const auto uid = parse_id(next_part(line));
        const auto gid = parse_id(next_part(line));
        if (!uid || !gid) return std::nullopt;
        reader.uid = *uid;
        reader.groups.push_back(*gid);
    }
    if (reader.groups.empty()) return std::nullopt;
    while (next_line(group, line)) {
        const std::string_view name = next_part(line);
        next_part(line);
        const auto gid = parse_id(next_part(line));
        if (!gid) continue;
        if (*gid == reader.groups[0]) reader.group = name;
        if (has_word(line, user)) reader.groups.push_back(*gid);
    }
    return reader;
}

std::optional<ReaderRights> find_reader(std::string_view user, const Root& root) {
    std::vector<char> passwd_buffer(kAccountsBytesMax);
    std::vector<char> group_buffer(kAccountsBytesMax);
    const auto passwd = root.read("etc/passwd", passwd_buffer);
    const auto group = root.read("etc/group", group_buffer);
    if (!passwd) return std::nullopt;
    return find_reader(user, *passwd, group ? *group : std::string_view{});
}

std::string hindrance(const ReaderRights& reader, const std::string& path) {
    std::error_code error;
    const std::filesystem::path whole = std::filesystem::absolute(path, error).lexically_normal();
    if (error) return {};
    std::filesystem::path part;
    for (const auto& name : whole) {
        part /= name;
        struct stat info {};
        if (::stat(part.c_str(), &info) != 0) return {};
        if (part == whole) {
            if (may(reader, info, S_IROTH)) return {};
            return fmt::format(
                "{}: the service, which runs as {}, cannot read it: chgrp {} {}; "
                "chmod 640 {}",
                whole.string(), reader.user, reader.group.empty() ? reader.user : reader.group,
                whole.string(), whole.string());
        }
        if (S_ISDIR(info.st_mode) && !may(reader, info, S_IXOTH)) {
            return fmt::format(
                "{}: the service, which runs as {}, cannot pass {}: chmod o+x {}, or "
                "put the file elsewhere",
                whole.string(), reader.user, part.string(), part.string());
        }
    }
    return {};
}

}  // namespace homeostat
