// Words of a command line, split as a POSIX shell splits them: quotes and backslash, nothing else.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "actions/playbook/template.hpp"
#include "core/result.hpp"

namespace homeostat::playbook {

struct Word {
    std::string text;
    std::size_t begin = 0;  // offset of its first character, past an open quote
};

// As Python's shlex.split(): errors are a quote that does not end and a backslash at the end.
Result<std::vector<Word>> split_words(std::string_view text);

// A word of a free-form text that Ansible would take for a parameter ("chdir=/srv"), or empty.
std::string embedded_parameter(std::string_view text);

// Ansible expands `$NAME`, `${NAME}` and a leading `~` in the words of `command`; we refuse them.
bool has_variable_reference(std::string_view text);

// An argument that comes from outside must not turn into an option: Errc::Invalid when `word`
// begins with an outside value and with '-'.
Status check_no_option(const Word& word, const std::vector<MarkedText::Range>& outside);

}  // namespace homeostat::playbook
