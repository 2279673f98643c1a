// OperatorWord is what a person has said about single bundles of a fleet, by digest. `homeostat
// config apply` and `rollback` write it as the file `operator` into the directory of bundles:
//
//     now DIGEST      does not wait for its turn
//     older DIGEST    is taken although its version is not the highest
//     leave DIGEST    is not to be in force: a line for each of the last kLeftMax
//
// The watcher heeds it as it finds it; the actuator only when nobody but root can have written it
// (trusted_file.hpp).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace homeostat {

inline constexpr const char* kOperatorFile = "operator";
inline constexpr std::size_t kOperatorBytesMax = 4096;
inline constexpr std::size_t kLeftMax = 16;

struct OperatorWord {
    std::string now = {};
    std::string older = {};
    std::vector<std::string> left = {};  // the last said is the last; no one is here twice

    [[nodiscard]] bool has_left(std::string_view digest) const;

    // Says that it is to be left; what was said of single others before is over.
    void leave(std::string digest);

    // Says that it is to come now, and even though its version is not the highest.
    void take(std::string digest, bool although_older);
};

// Lines that are not understood are passed over.
OperatorWord parse_operator_word(std::string_view text);
std::string to_text(const OperatorWord& word);

}  // namespace homeostat
