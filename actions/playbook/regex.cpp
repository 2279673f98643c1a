#include "actions/playbook/regex.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <vector>

#include "actions/playbook/pattern.hpp"
#include "actions/playbook/utf8.hpp"
#include "actions/playbook/value.hpp"
#include "core/parse.hpp"

namespace homeostat::playbook {
namespace {

constexpr std::int64_t kRegexMemoryMax = 1 << 20U;  // RE2 then refuses a pattern that needs more
constexpr std::size_t kGroupsMax = 20;

RE2::Options options() {
    RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(kRegexMemoryMax);
    return options;
}

re2::StringPiece piece(std::string_view text) {
    return {text.data(), text.size()};
}

Error pattern_error(const RE2& regex) {
    return make_error(Errc::Parse, "'{}' is not a regular expression that is accepted: {}",
                      regex.pattern(), regex.error());
}

// A replacement, taken apart: text, then a group, then text ...
struct Part {
    std::string text;
    int group = -1;  // none
};

class ReplacementReader {
public:
    ReplacementReader(std::string_view text, const RE2& regex) : rest_(text), regex_(regex) {}

    Result<std::vector<Part>> read() {
        std::vector<Part> parts(1);
        while (!rest_.empty()) {
            const char c = rest_[0];
            rest_.remove_prefix(1);
            if (c != '\\' || rest_.empty()) {
                parts.back().text += c;
                continue;
            }
            int group = -1;
            if (auto done = read_escape(parts.back().text, group); !done) return done.error();
            if (group >= 0) {
                parts.back().group = group;
                parts.emplace_back();
            }
        }
        return parts;
    }

private:
    Status read_escape(std::string& text, int& group) {
        const char c = rest_[0];
        if (c >= '1' && c <= '9') return read_number(group);
        rest_.remove_prefix(1);
        switch (c) {
            case 'g': return read_name(group);
            case 'n': text += '\n'; break;
            case 't': text += '\t'; break;
            case 'r': text += '\r'; break;
            case '\\': text += '\\'; break;
            default:
                if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '0') {
                    return make_error(Errc::Parse, "'\\{}' is not accepted in a replacement", c);
                }
                text += '\\';
                text += c;
        }
        return Ok{};
    }

    Status read_number(int& group) {
        std::size_t digits = 1;
        if (rest_.size() > 1 && rest_[1] >= '0' && rest_[1] <= '9') digits = 2;
        group = static_cast<int>(*parse_u64(rest_.substr(0, digits)));
        rest_.remove_prefix(digits);
        return check(group);
    }

    Status read_name(int& group) {
        const auto end = rest_.find('>');
        if (rest_.empty() || rest_[0] != '<' || end == std::string_view::npos) {
            return make_error(Errc::Parse, "'\\g' in a replacement needs <name>");
        }
        const std::string name(rest_.substr(1, end - 1));
        rest_.remove_prefix(end + 1);
        if (const auto number = parse_u64(name); number && *number < kGroupsMax) {
            group = static_cast<int>(*number);
            return check(group);
        }
        const auto& groups = regex_.NamedCapturingGroups();
        const auto found = groups.find(name);
        if (found == groups.end()) return make_error(Errc::Parse, "no group is called '{}'", name);
        group = found->second;
        return Ok{};
    }

    Status check(int group) const {
        if (group <= regex_.NumberOfCapturingGroups()) return Ok{};
        return make_error(Errc::Parse, "the pattern has no group {}", group);
    }

    std::string_view rest_;
    const RE2& regex_;
};

bool is_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// Tables of Unicode are large: only a text that needs them pays for them.
Letters letters_of(std::string_view text) {
    return is_ascii(text) ? Letters::Ascii : Letters::Unicode;
}

using Groups = std::array<re2::StringPiece, kGroupsMax>;

// One search, with Python's '$': the end, and before a newline that ends the text. RE2 knows the
// first only, so it looks twice; what begins earlier is the match.
bool search(const RE2& regex, bool asks_for_end, std::string_view text, std::size_t from,
            RE2::Anchor anchor, Groups& groups) {
    const int count = regex.NumberOfCapturingGroups() + 1;
    const bool found = regex.Match(piece(text), from, text.size(), anchor, groups.data(), count);
    if (!asks_for_end || !text.ends_with('\n') || from == text.size()) return found;
    Groups shorter;
    text.remove_suffix(1);
    if (!regex.Match(piece(text), from, text.size(), anchor, shorter.data(), count)) return found;
    if (!found || shorter[0].data() < groups[0].data()) groups = shorter;
    return true;
}

Status check_compiled(const RE2& regex) {
    if (!regex.ok()) return pattern_error(regex);
    if (regex.NumberOfCapturingGroups() >= static_cast<int>(kGroupsMax)) {
        return make_error(Errc::Limit, "'{}' has too many groups", regex.pattern());
    }
    return Ok{};
}

}  // namespace

Status check_pattern(std::string_view pattern) {
    const auto translated = python_pattern(pattern, Letters::Ascii);
    if (!translated) return translated.error();
    return check_compiled(RE2(piece(translated->text), options()));
}

Result<std::optional<std::string>> find_match(std::string_view text, std::string_view pattern,
                                              Anchor anchor) {
    const auto translated = python_pattern(pattern, letters_of(text));
    if (!translated) return translated.error();
    const RE2 regex(piece(translated->text), options());
    if (auto usable = check_compiled(regex); !usable) return usable.error();
    const auto where = anchor == Anchor::Start ? RE2::ANCHOR_START : RE2::UNANCHORED;
    Groups match;
    if (!search(regex, translated->asks_for_end, text, 0, where, match)) {
        return std::optional<std::string>();
    }
    return std::optional<std::string>(std::string(match[0].data(), match[0].size()));
}

Result<std::string> replace_all(std::string_view text, std::string_view pattern,
                                std::string_view replacement) {
    const auto translated = python_pattern(pattern, letters_of(text));
    if (!translated) return translated.error();
    const RE2 regex(piece(translated->text), options());
    if (auto usable = check_compiled(regex); !usable) return usable.error();
    const auto parts = ReplacementReader(replacement, regex).read();
    if (!parts) return parts.error();
    Groups match;
    std::string out;
    std::size_t at = 0;
    while (at <= text.size() &&
           search(regex, translated->asks_for_end, text, at, RE2::UNANCHORED, match)) {
        const auto begin = static_cast<std::size_t>(match[0].data() - text.data());
        out += text.substr(at, begin - at);
        for (const Part& part : *parts) {
            out += part.text;
            if (part.group >= 0) {
                const auto& group = match[static_cast<std::size_t>(part.group)];
                out.append(group.data() == nullptr ? "" : group.data(), group.size());
            }
        }
        if (out.size() > kTextBytesMax) return make_error(Errc::Limit, "a text grew too large");
        at = begin + match[0].size();
        if (match[0].empty()) {  // go on behind the next character
            const std::size_t step = at < text.size() ? next_utf8(text.substr(at)).size : 1;
            out += text.substr(std::min(at, text.size()), step);
            at += step;
        }
    }
    if (at < text.size()) out += text.substr(at);
    return out;
}

}  // namespace homeostat::playbook
