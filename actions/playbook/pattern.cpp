#include "actions/playbook/pattern.hpp"

namespace homeostat::playbook {
namespace {

constexpr std::string_view kWord = R"(\p{L}\p{N}_)";
constexpr std::string_view kDigit = R"(\p{Nd})";
constexpr std::string_view kBlank = R"(\t-\r\x1c-\x20\x{85}\p{Z})";

// What an escape stands for inside [ ]; nothing when RE2 reads it as Python does.
std::string_view members_of(char escape) {
    switch (escape) {
        case 'w':
        case 'W': return kWord;
        case 'd':
        case 'D': return kDigit;
        case 's':
        case 'S': return kBlank;
        default: return {};
    }
}

class Translator {
public:
    Translator(std::string_view text, Letters letters) : rest_(text), letters_(letters) {}

    Result<Pattern> read() {
        while (!rest_.empty()) {
            if (in_set_ && rest_.starts_with("[:")) {
                return make_error(Errc::Parse,
                                  "'[:' in a set of characters means something else in Python: "
                                  "write the characters, as in [a-z]");
            }
            if (rest_[0] == '\\' && rest_.size() > 1) {
                escape();
            } else if (in_set_) {
                set_member();
            } else {
                plain();
            }
        }
        return std::move(out_);
    }

private:
    void take(std::size_t count) {
        out_.text += rest_.substr(0, count);
        rest_.remove_prefix(count);
    }

    void escape() {
        const char c = rest_[1];
        const std::string_view members = members_of(c);
        const bool negated = c >= 'A' && c <= 'Z';
        set_begins_ = false;
        // "Not a letter" as one of several members cannot be written; RE2's own meaning stays.
        if (letters_ == Letters::Ascii || members.empty() || (in_set_ && negated)) return take(2);
        rest_.remove_prefix(2);
        if (!in_set_) out_.text += negated ? "[^" : "[";
        out_.text += members;
        if (!in_set_) out_.text += ']';
    }

    // A ']' that comes first is a member: []a] and [^]a].
    void set_member() {
        const char c = rest_[0];
        if (c == ']' && !set_begins_) in_set_ = false;
        set_begins_ = false;
        take(1);
    }

    void plain() {
        const char c = rest_[0];
        if (c == '$') out_.asks_for_end = true;
        if (c == '{' && is_open_count()) {
            out_.text += "{0";
            rest_.remove_prefix(1);
            return;
        }
        take(1);
        if (c != '[') return;
        in_set_ = true;
        set_begins_ = true;
        if (rest_.starts_with('^')) take(1);
    }

    // {,n}
    bool is_open_count() const {
        const auto end = rest_.find_first_not_of("0123456789", 2);
        return rest_.starts_with("{,") && end != std::string_view::npos && end > 2 &&
               rest_[end] == '}';
    }

    std::string_view rest_;
    Letters letters_;
    Pattern out_;
    bool in_set_ = false;
    bool set_begins_ = false;
};

}  // namespace

Result<Pattern> python_pattern(std::string_view text, Letters letters) {
    return Translator(text, letters).read();
}

}  // namespace homeostat::playbook
