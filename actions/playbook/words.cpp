#include "actions/playbook/words.hpp"

#include <algorithm>
#include <array>

namespace homeostat::playbook {
namespace {

bool is_word_space(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

class Splitter {
public:
    explicit Splitter(std::string_view text) : text_(text) {}

    Result<std::vector<Word>> split() {
        for (at_ = 0; at_ < text_.size(); ++at_) {
            const char c = text_[at_];
            if (is_word_space(c)) {
                end_word();
            } else if (c == '\'' || c == '"') {
                if (!take_quoted(c)) return make_error(Errc::Parse, "a quote does not end");
            } else if (c == '\\') {
                if (++at_ == text_.size()) {
                    return make_error(Errc::Parse, "a backslash at the end");
                }
                take(text_[at_]);
            } else {
                take(c);
            }
        }
        end_word();
        return std::move(words_);
    }

private:
    void begin_word(std::size_t at) {
        if (!open_) word_.begin = at;
        open_ = true;
    }

    void take(char c) {
        begin_word(at_);
        word_.text += c;
    }

    // In double quotes a backslash only escapes itself and the quote.
    bool take_quoted(char quote) {
        begin_word(at_ + 1);
        for (++at_; at_ < text_.size(); ++at_) {
            const char c = text_[at_];
            if (c == quote) return true;
            const bool escape = c == '\\' && quote == '"' && at_ + 1 < text_.size() &&
                                (text_[at_ + 1] == '"' || text_[at_ + 1] == '\\');
            if (escape) ++at_;
            word_.text += text_[at_];
        }
        return false;
    }

    void end_word() {
        if (open_) words_.push_back(std::move(word_));
        word_ = {};
        open_ = false;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    Word word_;
    bool open_ = false;
    std::vector<Word> words_;
};

}  // namespace

Result<std::vector<Word>> split_words(std::string_view text) {
    return Splitter(text).split();
}

std::string embedded_parameter(std::string_view text) {
    static constexpr std::array<std::string_view, 8> kNames{
        "creates=", "removes=",           "chdir=",           "executable=", "warn=",
        "stdin=",   "stdin_add_newline=", "strip_empty_ends="};
    for (const std::string_view name : kNames) {
        for (auto at = text.find(name); at != std::string_view::npos;
             at = text.find(name, at + 1)) {
            if (at == 0 || is_word_space(text[at - 1])) return std::string(name);
        }
    }
    return {};
}

bool has_variable_reference(std::string_view text) {
    for (std::size_t i = 0; i + 1 < text.size(); ++i) {
        const char next = text[i + 1];
        if (text[i] == '$' && (next == '{' || next == '_' || (next >= 'a' && next <= 'z') ||
                               (next >= 'A' && next <= 'Z'))) {
            return true;
        }
    }
    return false;
}

Status check_no_option(const Word& word, const std::vector<MarkedText::Range>& outside) {
    if (!word.text.starts_with('-')) return Ok{};
    const bool from_outside = std::any_of(outside.begin(), outside.end(), [&](const auto& range) {
        return range.begin == word.begin || (range.begin < word.begin && word.begin < range.end);
    });
    if (!from_outside) return Ok{};
    return make_error(Errc::Invalid, "the argument '{}' comes from outside and begins with '-'",
                      word.text);
}

}  // namespace homeostat::playbook
