// Names of users and groups, from passwd(5) and group(5). A static program has no name service.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/root.hpp"

namespace homeostat::playbook {

class Accounts {
public:
    // A host without these files has no names: numbers still work.
    explicit Accounts(const Root& root);

    // By name or number.
    [[nodiscard]] std::optional<std::uint32_t> uid(std::string_view user) const;
    [[nodiscard]] std::optional<std::uint32_t> gid(std::string_view group) const;

    // Empty: nobody is called so.
    [[nodiscard]] std::string user_name(std::uint32_t uid) const;
    [[nodiscard]] std::string group_name(std::uint32_t gid) const;
    [[nodiscard]] std::string home(std::uint32_t uid) const;

private:
    std::string passwd_;
    std::string group_;
};

// The field with this number (from 0) of a line of passwd(5).
std::string_view account_field(std::string_view line, std::size_t index);

}  // namespace homeostat::playbook
