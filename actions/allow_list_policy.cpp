#include "actions/allow_list_policy.hpp"

#include <dirent.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>

#include "actions/built_in_refusals.hpp"
#include "actions/trusted_file.hpp"

namespace homeostat {
namespace {

constexpr std::array<std::string_view, 4> kVerbs{"start", "stop", "restart", "reload"};

bool is_at_or_beneath(std::string_view path, std::string_view root) {
    return path.starts_with(root) && (path.size() == root.size() || path[root.size()] == '/');
}

bool stays_as_it_is(char c, bool first) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ':' ||
           c == '_' || (c == '.' && !first);
}

}  // namespace

std::string mount_unit(std::string_view path) {
    std::string name;
    for (const char c : path.substr(1)) {
        if (c == '/') {
            name += '-';
        } else if (stays_as_it_is(c, name.empty())) {
            name += c;
        } else {
            name += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        }
    }
    return (name.empty() ? "-" : name) + ".mount";
}

std::string_view AllowListPolicy::root_of(std::string_view path) const {
    std::string_view longest;
    for (const std::string& root : action_.paths) {
        if (is_at_or_beneath(path, root) && root.size() > longest.size()) longest = root;
    }
    return longest;
}

Result<playbook::PathGrant> AllowListPolicy::allow_path(std::string_view path,
                                                        playbook::PathUse use) const {
    const std::string_view root = root_of(path);
    if (root.empty()) {
        return make_error(Errc::Denied, "allow.yml line {}: `paths` has nothing at or above {}",
                          action_.line, path);
    }
    playbook::PathGrant grant;
    grant.root = root;
    if (use == playbook::PathUse::Read) return grant;
    const std::string_view refusal = place_refusal(path);
    if (!refusal.empty()) return make_error(Errc::Denied, "{} is {}", path, refusal);
    if (use == playbook::PathUse::Change) return grant;
    if (path == root) {
        return make_error(Errc::Denied,
                          "{} is the allowed directory itself: only what is beneath "
                          "it may be deleted",
                          path);
    }
    if (const auto free = check_no_database(path); !free) return free.error();
    grant.age_min = action_.min_age;
    grant.regular_files_only = true;
    return grant;
}

// A directory that cannot be listed counts as one that must not be touched.
Status AllowListPolicy::check_no_database(std::string_view path) const {
    const std::string directory(path.substr(0, path.rfind('/')));
    if (directory != examined_directory_) {
        const std::unique_ptr<DIR, int (*)(DIR*)> stream(::opendir(directory.c_str()), ::closedir);
        if (stream == nullptr) {
            if (errno == ENOENT) return Ok{};  // then there is nothing to delete either
            return make_errno_error(Errc::Denied, errno, "{}", directory);
        }
        examined_directory_ = directory;
        examined_is_database_ = false;
        while (const dirent* entry = ::readdir(stream.get())) {
            if (marks_database(entry->d_name)) examined_is_database_ = true;
        }
    }
    if (!examined_is_database_) return Ok{};
    return make_error(Errc::Denied, "{} holds a database: nothing in it is ever deleted",
                      directory);
}

Status AllowListPolicy::allow_shell() const {
    if (action_.shell) return Ok{};
    return make_error(Errc::Denied, "allow.yml line {}: `shell` is not allowed", action_.line);
}

Status AllowListPolicy::allow_program(std::string_view program) const {
    if (std::find(action_.programs.begin(), action_.programs.end(), program) ==
        action_.programs.end()) {
        return make_error(Errc::Denied, "allow.yml line {}: `programs` does not have {}",
                          action_.line, program);
    }
    const std::string_view refusal = program_refusal(program);
    if (!refusal.empty()) return make_error(Errc::Denied, "{} is {}", program, refusal);
    return check_trusted_program(std::string(program));
}

Status AllowListPolicy::allow_unit(std::string_view unit, std::string_view verb) const {
    if (std::find(kVerbs.begin(), kVerbs.end(), verb) == kVerbs.end()) {
        return make_error(Errc::Denied,
                          "an action may start, stop, restart or reload a unit, not "
                          "{}",
                          verb);
    }
    if (target_.kind == SubjectKind::Mount && verb == "start" && unit == mount_unit(target_.name)) {
        return Ok{};  // of fstab, or systemd does not know it
    }
    if (target_.kind != SubjectKind::Unit || unit != target_.name) {
        return make_error(Errc::Denied, "the unit {} is not what this action is about ({})", unit,
                          target_.name);
    }
    const std::string_view refusal = unit_refusal(unit);
    if (!refusal.empty()) return make_error(Errc::Denied, "{} is {}", unit, refusal);
    return Ok{};
}

Status AllowListPolicy::allow_host(std::string_view host) const {
    return make_error(Errc::Denied, "an action reaches no network, {} least of all", host);
}

}  // namespace homeostat
