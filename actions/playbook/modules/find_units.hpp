// The `age` and `size` of `find`: numbers with a unit.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/result.hpp"

namespace homeostat::playbook {

// Seconds: N, Ns, Nm, Nh, Nd or Nw, perhaps negative.
Result<std::int64_t> parse_age(std::string_view text);

// Bytes: N, Nb, Nk, Nm, Ng or Nt, powers of 1024, perhaps negative.
Result<std::int64_t> parse_size(std::string_view text);

}  // namespace homeostat::playbook
