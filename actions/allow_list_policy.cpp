#include "actions/allow_list_policy.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

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
    if (const auto fixed = check_way_to(root); !fixed) return fixed.error();
    if (use == playbook::PathUse::Change) return grant;
    if (path == root) {
        return make_error(Errc::Denied,
                          "{} is the allowed directory itself: only what is beneath "
                          "it may be deleted",
                          path);
    }
    grant.age_min = std::max(action_.min_age, facts_.age_floor);
    grant.regular_files_only = true;
    return grant;
}

// Who can write above the root could put another directory in its place. One that is missing is
// found to be missing later.
Status AllowListPolicy::check_way_to(std::string_view root) const {
    if (trusted_root_ == root) return Ok{};
    root_owner_.reset();
    const auto way = check_trusted_way(std::string(root));
    if (!way && way.error().code != Errc::NotFound) return way;
    if (!way) return Ok{};
    struct stat status {};
    if (::lstat(std::string(root).c_str(), &status) != 0) {
        return make_errno_error(Errc::Denied, errno, "{}", root);
    }
    trusted_root_ = root;
    root_owner_ = status.st_uid;
    return Ok{};
}

// Asked for what is beneath the root of the last grant, after allow_path().
Status AllowListPolicy::allow_removal(int directory, std::string_view name) const {
    if (const auto free = check_no_database(directory); !free) {
        return make_error(Errc::Denied, "{}: {}", name, free.error().text);
    }
    struct stat status {};
    if (::fstatat(directory, std::string(name).c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
        return make_errno_error(Errc::Denied, errno, "{}", name);
    }
    const bool known =
        status.st_uid == 0 || status.st_uid == root_owner_ ||
        std::find(facts_.owners.begin(), facts_.owners.end(), status.st_uid) != facts_.owners.end();
    if (known) return Ok{};
    return make_error(Errc::Denied, "{} is of uid {}: allow.yml line {}: `owners` does not have it",
                      name, status.st_uid, action_.line);
}

// A directory that cannot be listed counts as one that must not be touched.
Status AllowListPolicy::check_no_database(int directory) const {
    struct stat status {};
    if (::fstat(directory, &status) != 0) return make_errno_error(Errc::Denied, errno, "fstat");
    const Examined now{.device = status.st_dev, .inode = status.st_ino, .is_database = false};
    if (!examined_ || examined_->device != now.device || examined_->inode != now.inode) {
        // Opened anew: whoever asks may be reading it.
        const int copy = ::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(copy), ::closedir);
        if (stream == nullptr) {
            const int error = errno;
            if (copy >= 0) ::close(copy);
            return make_errno_error(Errc::Denied, error, "look for a database");
        }
        examined_ = now;
        while (const dirent* entry = ::readdir(stream.get())) {
            if (marks_database(entry->d_name)) examined_->is_database = true;
        }
    }
    if (!examined_->is_database) return Ok{};
    return make_error(Errc::Denied, "a database is beside it: nothing there is ever deleted");
}

Status AllowListPolicy::allow_shell() const {
    if (facts_.whose == PlaybookOf::Fleet) {
        return make_error(Errc::Denied,
                          "a fleet's playbook has no `shell`, whatever allow.yml says");
    }
    if (action_.shell) return Ok{};
    return make_error(Errc::Denied, "allow.yml line {}: `shell` is not allowed", action_.line);
}

Status AllowListPolicy::allow_program(std::string_view program) const {
    const bool listed =
        std::find(action_.programs.begin(), action_.programs.end(), program) !=
            action_.programs.end() ||
        std::any_of(action_.commands.begin(), action_.commands.end(),
                    [&](const auto& command) { return command.front() == program; });
    if (!listed) {
        return make_error(Errc::Denied, "allow.yml line {}: `programs` does not have {}",
                          action_.line, program);
    }
    const std::string_view refusal = program_refusal(program);
    if (!refusal.empty()) return make_error(Errc::Denied, "{} is {}", program, refusal);
    return check_trusted_program(std::string(program));
}

Status AllowListPolicy::allow_start(const playbook::ProgramStart& start) const {
    const auto& argv = start.argv;
    if (auto allowed = allow_program(argv.front()); !allowed) return allowed;
    const bool owners = facts_.whose == PlaybookOf::Owner;
    const bool by_path =
        (owners || argv.size() == 1) && std::find(action_.programs.begin(), action_.programs.end(),
                                                  argv.front()) != action_.programs.end();
    const bool whole =
        std::any_of(action_.commands.begin(), action_.commands.end(), [&](const auto& command) {
            return std::equal(command.begin(), command.end(), argv.begin(), argv.end());
        });
    if (!by_path && !whole) {
        std::string line;
        for (const std::string& word : argv) line += (line.empty() ? "" : " ") + word;
        return make_error(Errc::Denied, "allow.yml line {}: `programs` does not have '{}'{}",
                          action_.line, line,
                          owners ? "" : ", and a fleet's playbook needs its whole command line");
    }
    if (!owners && (start.variables || start.input)) {
        return make_error(Errc::Denied, "a fleet's playbook gives {} no {}", argv.front(),
                          start.variables ? "`environment`" : "`stdin`");
    }
    return Ok{};
}

Status AllowListPolicy::trust_program(const std::string& program) const {
    return check_trusted_program(program);
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
