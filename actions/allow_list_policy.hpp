// AllowListPolicy lets a playbook do what one entry of the allow-list grants, on one target.
//
// Files: read and changed only at or beneath the entry's `paths`; deleted only beneath them,
// regular files only, not younger than `min_age`, never beside a database. Units: the target itself
// and no other, or the mount unit of the target; nothing that outlives a reboot (enable, disable).
// Programs: the entry's `programs`, each owned by root with all above it. No network. What
// built_in_refusals.hpp refuses stays so.
#pragma once

#include <string>

#include "actions/allow_list.hpp"
#include "actions/playbook/policy.hpp"

namespace homeostat {

// The unit that systemd makes of a mount point, as systemd-escape(1) writes it: "srv-data.mount".
// REQUIRES: an absolute path without a slash at its end.
std::string mount_unit(std::string_view path);

class AllowListPolicy final : public playbook::Policy {
public:
    // Borrows both.
    AllowListPolicy(const AllowedAction& action, const AllowedTarget& target)
        : action_(action), target_(target) {}

    Result<playbook::PathGrant> allow_path(std::string_view path,
                                           playbook::PathUse use) const override;
    Status allow_shell() const override;
    Status allow_program(std::string_view program) const override;
    Status allow_unit(std::string_view unit, std::string_view verb) const override;
    Status allow_host(std::string_view host) const override;
    Duration task_time_max() const override { return action_.time_limit; }

private:
    // The longest of the entry's `paths` at or above this path; empty: none.
    [[nodiscard]] std::string_view root_of(std::string_view path) const;
    [[nodiscard]] Status check_no_database(std::string_view path) const;

    const AllowedAction& action_;
    const AllowedTarget& target_;
    // A clean-up deletes many files of one directory: it is looked through once.
    mutable std::string examined_directory_;
    mutable bool examined_is_database_ = false;
};

}  // namespace homeostat
