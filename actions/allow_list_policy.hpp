// AllowListPolicy lets a playbook do what one entry of the allow-list grants, on one target.
//
// Files: read and changed only at or beneath the entry's `paths`, which nobody but root can move or
// replace; deleted only beneath them,
// regular files only, not younger than `min_age` and an hour, of root, of the owner of the path or
// of one of `owners`, never beside a database. Units: the target itself and no other, or the mount
// unit of the target; nothing that outlives a reboot (enable, disable). Programs: the entry's
// `programs`, each owned by root with all above it; in a fleet's playbook only whole command lines
// of the entry, with no variables and no input, and never the shell. No network. What
// built_in_refusals.hpp refuses stays so.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "actions/allow_list.hpp"
#include "actions/playbook/policy.hpp"

namespace homeostat {

// The unit that systemd makes of a mount point, as systemd-escape(1) writes it: "srv-data.mount".
// REQUIRES: an absolute path without a slash at its end.
std::string mount_unit(std::string_view path);

// Whose words a playbook is in: the host's owner has read his own, and nobody here has read what a
// fleet's bundle brings.
enum class PlaybookOf : std::uint8_t { Owner, Fleet };

struct PolicyFacts {
    PlaybookOf whose = PlaybookOf::Owner;
    std::vector<uid_t> owners{};     // the entry's `owners`, by number
    Duration age_floor = kAgeFloor;  // nothing younger is deleted, whatever the entry says
};

class AllowListPolicy final : public playbook::Policy {
public:
    // Borrows both.
    AllowListPolicy(const AllowedAction& action, const AllowedTarget& target,
                    PolicyFacts facts = {})
        : action_(action), target_(target), facts_(std::move(facts)) {}

    Result<playbook::PathGrant> allow_path(std::string_view path,
                                           playbook::PathUse use) const override;
    Status allow_shell() const override;
    Status allow_program(std::string_view program) const override;
    Status allow_start(const playbook::ProgramStart& start) const override;
    Status trust_program(const std::string& program) const override;
    [[nodiscard]] bool only_distribution() const override { return true; }
    Status allow_unit(std::string_view unit, std::string_view verb) const override;
    Status allow_removal(int directory, std::string_view name) const override;
    Status allow_host(std::string_view host) const override;
    Duration task_time_max() const override { return action_.time_limit; }

private:
    // The longest of the entry's `paths` at or above this path; empty: none.
    [[nodiscard]] std::string_view root_of(std::string_view path) const;
    [[nodiscard]] Status check_way_to(std::string_view root) const;
    [[nodiscard]] Status check_no_database(int directory) const;

    struct Examined {
        dev_t device;
        ino_t inode;
        bool is_database;
    };

    const AllowedAction& action_;
    const AllowedTarget& target_;
    PolicyFacts facts_;
    // Nobody but root can change these, so they are looked at once.
    mutable std::string trusted_root_;
    mutable std::optional<uid_t> root_owner_;
    // A clean-up deletes many files of one directory: it is looked through once.
    mutable std::optional<Examined> examined_;
};

}  // namespace homeostat
