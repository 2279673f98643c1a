#include "actions/operator_word.hpp"

#include <algorithm>

#include "core/parse.hpp"

namespace homeostat {

bool OperatorWord::has_left(std::string_view digest) const {
    return std::find(left.begin(), left.end(), digest) != left.end();
}

void OperatorWord::leave(std::string digest) {
    std::erase(left, digest);
    if (left.size() == kLeftMax) left.erase(left.begin());
    left.push_back(std::move(digest));
    now.clear();
    older.clear();
}

void OperatorWord::take(std::string digest, bool although_older) {
    std::erase(left, digest);
    older = although_older ? digest : std::string();
    now = std::move(digest);
}

OperatorWord parse_operator_word(std::string_view text) {
    OperatorWord word;
    std::string_view line;
    while (next_line(text, line)) {
        const std::string_view key = next_word(line);
        const std::string digest(next_word(line));
        if (key == "now") word.now = digest;
        if (key == "older") word.older = digest;
        if (key != "leave" || digest.empty()) continue;
        std::erase(word.left, digest);
        word.left.push_back(digest);
    }
    if (word.left.size() > kLeftMax) {
        word.left.erase(word.left.begin(), word.left.end() - kLeftMax);
    }
    return word;
}

std::string to_text(const OperatorWord& word) {
    std::string out;
    if (!word.now.empty()) out += "now " + word.now + "\n";
    if (!word.older.empty()) out += "older " + word.older + "\n";
    for (const std::string& digest : word.left) out += "leave " + digest + "\n";
    return out;
}

}  // namespace homeostat
