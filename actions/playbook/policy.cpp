#include "actions/playbook/policy.hpp"

#include "actions/playbook/protected_paths.hpp"

namespace homeostat::playbook {

std::string_view name_of(PathUse use) {
    switch (use) {
        case PathUse::Read: return "read";
        case PathUse::Change: return "change";
        case PathUse::Delete: return "delete";
    }
    return "unknown";
}

Result<PathGrant> OperatorPolicy::allow_path(std::string_view path, PathUse use) const {
    if (use == PathUse::Delete) {
        if (const auto place = protected_at_or_below(path); !place.empty()) {
            return make_error(Errc::Denied, "{} is protected and never deleted{}{}", place,
                              place == path ? "" : ", so neither is ", place == path ? "" : path);
        }
    }
    return PathGrant{};
}

Status OperatorPolicy::allow_shell() const {
    return Ok{};
}
Status OperatorPolicy::allow_program(std::string_view) const {
    return Ok{};
}
Status OperatorPolicy::allow_unit(std::string_view, std::string_view) const {
    return Ok{};
}
Status OperatorPolicy::allow_host(std::string_view) const {
    return Ok{};
}

// Long enough for a repair that a person watches; a hung task ends within the shift.
Duration OperatorPolicy::task_time_max() const {
    return hours(1);
}

}  // namespace homeostat::playbook
