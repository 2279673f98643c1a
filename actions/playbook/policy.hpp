// Policy says what a playbook may do on this host. It is asked before every effect.
//
// Where a forbidden step can be seen in the file (a literal path, program, unit, `shell`), asking
// happens when the file is loaded and refuses it. Otherwise asking happens just before the effect;
// the task then fails, and neither ignore_errors nor rescue catch that.
//
// Two implementations: OperatorPolicy (here: a person runs `homeostat playbook`), and the
// allow-list of the actuator. Some paths are protected from every policy: see protected_paths.hpp.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "core/time.hpp"

namespace homeostat::playbook {

enum class PathUse : std::uint8_t {
    Read,    // look at it: stat, find, creates, chdir
    Change,  // create it, write it, set its attributes
    Delete,  // remove it, with all that is below
};

std::string_view name_of(PathUse use);

// Where a path may be used, and how carefully.
struct PathGrant {
    // An existing directory at or above the path, itself without links: mounts below it are not
    // entered. Empty: no such root, the path may lie anywhere.
    std::string root;

    // Nothing is deleted whose newest time (modified, read, changed) is more recent.
    Duration age_min{};

    // Remove regular files only, with one name only (no hard links): what an automatic clean-up
    // does. Directories, links and special files then stay, and say so.
    bool regular_files_only = false;
};

// A program with all that the playbook gives to it. Borrowed.
struct ProgramStart {
    std::span<const std::string> argv;  // the program's path first
    bool variables = false;             // the playbook sets variables for it
    bool input = false;                 // ... or writes to its standard input
};

class Policy {
public:
    virtual ~Policy() = default;

    // All: an error says what is forbidden and by what, for example "allow.yml: paths has no
    // /srv/data". Errc::Denied.

    // REQUIRES: `path` is absolute and has no "..", ".", "//" or trailing "/".
    virtual Result<PathGrant> allow_path(std::string_view path, PathUse use) const = 0;
    virtual Status allow_shell() const = 0;
    // May this be started with some arguments or other? Asked when the file is loaded.
    // REQUIRES: an absolute path, the one that is going to be executed.
    virtual Status allow_program(std::string_view program) const = 0;
    // The last question before a program of `command` starts.
    virtual Status allow_start(const ProgramStart& start) const {
        return allow_program(start.argv.front());
    }
    // Whether programs are looked for where the distribution puts them only, not in /usr/local.
    [[nodiscard]] virtual bool only_distribution() const { return false; }
    // Asked before the modules for units start systemctl. Errc::NotFound: it is not there.
    virtual Status trust_program(const std::string& program) const {
        static_cast<void>(program);
        return Ok{};
    }
    // `verb`: start, stop, restart, reload, enable, disable, daemon-reload (with an empty unit).
    virtual Status allow_unit(std::string_view unit, std::string_view verb) const = 0;
    // For uri and wait_for: a host name or address as written. Loopback needs no asking.
    virtual Status allow_host(std::string_view host) const = 0;

    // The last question before one file or directory is removed: `name` in the open directory.
    virtual Status allow_removal(int directory, std::string_view name) const {
        static_cast<void>(directory);
        static_cast<void>(name);
        return Ok{};
    }

    // The longest that one task may take.
    virtual Duration task_time_max() const = 0;
};

// A person with a shell on this host: everything that this person may do anyway.
class OperatorPolicy final : public Policy {
public:
    Result<PathGrant> allow_path(std::string_view path, PathUse use) const override;
    Status allow_shell() const override;
    Status allow_program(std::string_view program) const override;
    Status allow_unit(std::string_view unit, std::string_view verb) const override;
    Status allow_host(std::string_view host) const override;
    Duration task_time_max() const override;
};

}  // namespace homeostat::playbook
