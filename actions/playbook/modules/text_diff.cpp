#include "actions/playbook/modules/text_diff.hpp"

#include <algorithm>
#include <vector>

#include "core/format.hpp"
#include "core/parse.hpp"

namespace homeostat::playbook {
namespace {

constexpr std::size_t kContext = 3;

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    std::string_view line;
    while (next_line(text, line)) lines.push_back(line);
    return lines;
}

void append(std::string& out, char sign, std::string_view line) {
    out += sign;
    out += line;
    out += '\n';
}

}  // namespace

std::string text_diff(std::string_view before, std::string_view after) {
    if (before == after) return {};
    const auto old_lines = lines_of(before);
    const auto new_lines = lines_of(after);
    if (old_lines.size() + new_lines.size() > kDiffLinesMax) {
        return fmt::format(" {} lines become {} lines\n", old_lines.size(), new_lines.size());
    }
    // One changed stretch between an equal head and an equal tail: plain, and never wrong.
    std::size_t head = 0;
    const std::size_t shorter = std::min(old_lines.size(), new_lines.size());
    while (head < shorter && old_lines[head] == new_lines[head]) ++head;
    std::size_t tail = 0;
    while (tail < shorter - head &&
           old_lines[old_lines.size() - 1 - tail] == new_lines[new_lines.size() - 1 - tail]) {
        ++tail;
    }
    std::string out;
    for (std::size_t i = head > kContext ? head - kContext : 0; i < head; ++i) {
        append(out, ' ', old_lines[i]);
    }
    for (std::size_t i = head; i < old_lines.size() - tail; ++i) append(out, '-', old_lines[i]);
    for (std::size_t i = head; i < new_lines.size() - tail; ++i) append(out, '+', new_lines[i]);
    for (std::size_t i = 0; i < std::min(tail, kContext); ++i) {
        append(out, ' ', old_lines[old_lines.size() - tail + i]);
    }
    return out;
}

}  // namespace homeostat::playbook
