// Paths that no playbook deletes, whatever a policy says (reliability rules B6, C3).
#pragma once

#include <string_view>

namespace homeostat::playbook {

// The protected path that is `path` or lies beneath it; empty: none. (Mount points are protected
// too: the walk that deletes finds those by asking the kernel.) `path` is normal.
std::string_view protected_at_or_below(std::string_view path);

}  // namespace homeostat::playbook
