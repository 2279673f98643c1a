#include "detectors/log_words.hpp"

#include <algorithm>
#include <array>

namespace homeostat {
namespace {

constexpr std::string_view kMarks = "=:,;()[]{}\"'|@<>#?&";
constexpr std::string_view kJoiners = ",:@#=-*&?|";  // between two values: both are one
constexpr std::string_view kPathEnds = "\"')]}>;,";
constexpr std::size_t kHexDigitsMin = 8;  // fewer could be a word: "dead", "facade"
constexpr std::array<std::string_view, 19> kDateWords{
    "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun", "Jan", "Feb", "Mar",
    "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 18> kUnits{
    "B",     "KB",  "MB",   "GB",      "TB",     "kB", "KiB", "MiB",  "GiB",
    "bytes", "sec", "secs", "seconds", "second", "ms", "us",  "msec", "s"};

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (static_cast<unsigned>(c) & 0x80U);
}

bool is_lower_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_hex(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool is_space(char c) {
    return static_cast<unsigned char>(c) <= ' ' || c == '\x7f';
}

bool is_one_of(char c, std::string_view set) {
    return set.find(c) != std::string_view::npos;
}

template <typename Words>
bool is_listed(std::string_view text, const Words& words) {
    return std::find(words.begin(), words.end(), text) != words.end();
}

// "www.example.org": labels without capitals, at least so many dots between them.
bool is_host_name(std::string_view text, std::size_t dots_min) {
    std::size_t dots = 0;
    char before = '.';
    for (const char c : text) {
        if (c == '.' && before == '.') return false;
        if (c == '.') ++dots;
        if (c != '.' && c != '-' && !is_lower_or_digit(c)) return false;
        before = c;
    }
    return dots >= dots_min && before != '.';
}

bool looks_like_a_value(std::string_view text) {
    if (std::any_of(text.begin(), text.end(), is_digit)) return true;
    if (text.size() >= kHexDigitsMin && std::all_of(text.begin(), text.end(), is_hex)) return true;
    constexpr std::size_t kDotsMin = 2;  // with one it could be a method or a file
    return is_listed(text, kDateWords) || is_host_name(text, kDotsMin);
}

// Letters, with dots and underscores within: a word of the sentence. The rest may be a name.
WordKind kind_of(std::string_view text) {
    const auto plain = [](char c) { return is_letter(c) || c == '.' || c == '_'; };
    const bool any_letter = std::any_of(text.begin(), text.end(), is_letter);
    const bool dashes = text.find_first_not_of("-+.*") == std::string_view::npos;
    const bool sentence = any_letter && std::all_of(text.begin(), text.end(), plain);
    return sentence || dashes ? WordKind::Plain : WordKind::Soft;
}

// Takes words one by one and melts what belongs together.
class Melter {
public:
    explicit Melter(LogWords& words) : words_(words) {}

    void blank() { spaced_ = true; }
    // False when there is no room for more.
    bool value();
    bool mark(char c, std::string_view text);
    bool word(std::string_view text);

private:
    [[nodiscard]] bool ends_with(WordKind kind, std::size_t back = 1) const {
        return words_.size() >= back && words_[words_.size() - back].kind == kind;
    }
    [[nodiscard]] bool ends_with(char mark, std::size_t back = 1) const {
        return ends_with(WordKind::Mark, back) && words_[words_.size() - back].text.front() == mark;
    }
    void drop(std::size_t count) { words_.shrink(words_.size() - count); }
    [[nodiscard]] bool is_named_value(std::string_view text) const;
    bool close_parenthesis();
    bool push(std::string_view text, WordKind kind);

    LogWords& words_;
    bool spaced_ = false;
};

bool Melter::push(std::string_view text, WordKind kind) {
    const bool room = words_.push({text, kind, spaced_ && !words_.empty()});
    spaced_ = false;
    return room;
}

bool Melter::value() {
    if (ends_with('<')) drop(1);  // "lifetime <1 sec"
    const bool after_host = !spaced_ && ends_with(':') && words_.size() >= 2 &&
                            words_[words_.size() - 2].text.find('.') != std::string_view::npos;
    if (after_host) drop(2);  // "example.org:443"
    if (ends_with(WordKind::Value)) return true;
    const bool joined = ends_with(WordKind::Value, 2) && !words_.back().text.empty() &&
                        is_one_of(words_.back().text.front(), kJoiners) &&
                        words_.back().text.size() == 1;
    if (joined) {
        drop(1);
        return true;
    }
    return push({}, WordKind::Value);
}

// What stands before tells: "session closed for user root", "rhost=example.org".
bool Melter::is_named_value(std::string_view text) const {
    if (words_.empty()) return false;
    if (words_.back().text == "user") return is_letter(text.front());
    return (ends_with('=') || ends_with('@')) && is_host_name(text, 1);
}

// Parentheses around values alone say nothing that tells events apart: "()", "(4.9 KB)".
bool Melter::close_parenthesis() {
    std::size_t back = 1;
    while (ends_with(WordKind::Value, back) || ends_with(',', back) || ends_with(':', back)) {
        ++back;
    }
    if (!ends_with('(', back)) return false;
    drop(back);
    return true;
}

bool Melter::mark(char c, std::string_view text) {
    if (c == ')' && close_parenthesis()) return true;
    if (c == '"' && ends_with('"', 2)) {  // one quoted word
        drop(2);
        return ends_with(WordKind::Value) || push({}, WordKind::Value);
    }
    return push(text, WordKind::Mark);
}

bool Melter::word(std::string_view text) {
    if (looks_like_a_value(text) || is_named_value(text)) return value();
    const bool after_value = ends_with(WordKind::Value);
    if (after_value && is_listed(text, kUnits)) return true;
    // A byte of a hardware address that holds no digit: "00:0D:EA:5f".
    const bool byte = text.size() == 2 && is_hex(text[0]) && is_hex(text[1]);
    if (byte && !spaced_ && ends_with(':')) return value();
    return push(text, kind_of(text));
}

std::size_t end_of_path(std::string_view line, std::size_t begin) {
    std::size_t end = begin;
    while (end < line.size() && !is_space(line[end]) && !is_one_of(line[end], kPathEnds)) ++end;
    return end;
}

std::size_t end_of_word(std::string_view line, std::size_t begin) {
    std::size_t end = begin;
    while (end < line.size() && !is_space(line[end]) && !is_one_of(line[end], kMarks)) ++end;
    return end;
}

}  // namespace

LogWords log_words(std::string_view line) {
    LogWords words;
    Melter melter(words);
    std::size_t at = 0;
    bool room = true;
    while (room && at < line.size()) {
        const char c = line[at];
        if (is_space(c)) {
            melter.blank();
            ++at;
        } else if (const auto path = end_of_path(line, at); c == '/' && path > at + 1) {
            room = melter.value();
            at = path;
        } else if (is_one_of(c, kMarks)) {
            room = melter.mark(c, line.substr(at, 1));
            ++at;
        } else {
            const std::size_t end = end_of_word(line, at);
            room = melter.word(line.substr(at, end - at));
            at = end;
        }
    }
    return words;
}

}  // namespace homeostat
