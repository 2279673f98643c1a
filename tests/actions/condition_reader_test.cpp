#include "actions/condition_reader.hpp"

#include <doctest/doctest.h>

#include <string>

namespace homeostat {
namespace {

std::string refusal(std::string_view text) {
    const auto condition = ConditionReader(text).read();
    return condition ? "" : std::string(condition.error().text.view());
}

TEST_CASE("condition reader: what is not understood is refused with its place and what is") {
    struct Row {
        std::string_view text;
        std::string_view says;
    };
    for (const Row& row : {
             Row{"", "character 1: expected event.FIELD"},
             Row{"   ", "character 4: expected event.FIELD"},
             Row{"event.severty == 'error'",
                 "character 1: an incident has no 'severty' (did you "
                 "mean 'severity'?)"},
             Row{"event.banana == 1", "fields: kind state"},
             Row{"event. == 1", "an incident has no ''"},
             Row{"event == 1", "expected event.FIELD"},
             Row{"filesystem_space == 1", "expected event.FIELD, or text in quotes"},
             Row{"event.kind == filesystem", "'filesystem': expected event.FIELD"},
             Row{"event.kind", "expected == != < <= > >= in, not in, or is, got 'the end'"},
             Row{"event.kind ==", "character 14: expected event.FIELD"},
             Row{"event.kind = 'a'", "character 12: expected =="},
             Row{"event.kind == 'a", "character 15: text without its closing '"},
             Row{"event.kind == 'a' garbage", "character 19: expected the end"},
             Row{"event.kind == 'a' and", "character 22"},
             Row{"event.kind == 'a' and event.value > 1 or event.limit > 1",
                 "put parentheses around the parts"},
             Row{"(event.kind == 'a'", "expected ')'"},
             Row{"event.kind == 'a')", "expected the end"},
             Row{"event.kind == 1", "text is compared with a number"},
             Row{"event.value == 'a'", "a number is compared with text"},
             Row{"event.value == true", "a number is compared with true or false"},
             Row{"event.kind < 'b'", "event.kind is text"},
             Row{"event.severity == 'crit'", "never 'crit', only info, warning, error, critical"},
             Row{"event.severity >= 'criticla'", "did you mean 'critical'"},
             Row{"event.state in ['closed']", "event.state is never 'closed'"},
             Row{"1 == 1", "this one is always the same"},
             Row{"event.value + 1 > 2", "arithmetic"},
             Row{"event.kind contains 'a'", "`contains`"},
             Row{"event.value in []", "an empty list matches nothing"},
             Row{"event.value in [1 2]", "expected ','"},
             Row{"event.value in [event.limit]", "lists hold literals only"},
             Row{"event.value in 1", "expected '['"},
             Row{"1 in [1]", "the left side of `in` must be an event.FIELD"},
             Row{"event.kind not 'a'", "expected `not in`"},
             Row{"event.kind is", "expected `defined`"},
             Row{"event.kind is empty", "got 'empty'"},
             Row{"'a' is defined", "the left side of `is` must be an event.FIELD"},
             Row{"event.value is search('a')", "patterns need text"},
             Row{"event.kind is search(a)", "expected a pattern in quotes"},
             Row{"event.kind is search('(')", "not a regular expression of RE2"},
             Row{"event.kind is search('(?=a)')", "not a regular expression of RE2"},
             Row{"event.kind is search('a', case=true)", "expected ignorecase=true or false"},
             Row{"event.value > 1.2.3", "'1.2.3' is not a number"},
             Row{"event.value > 0x10", "'0x10' is not a number"},
             Row{"event.value > 1e999", "is not a number"},
             Row{"{{ event.kind }} == 'a'", "got '{{'"},
             Row{"events.first << event.kind == 'a'", "not events"},
             Row{"fact.x == 1", "not fact"},
             Row{"vars.x == event.value", "not vars"},
             Row{"event.kind == null", "'null': expected event.FIELD"},
             Row{"\x01\xff\xfe", "character 1"},
         }) {
        CAPTURE(row.text);
        const std::string text = refusal(row.text);
        CAPTURE(text);
        CHECK(text.find(row.says) != std::string::npos);
    }
}

TEST_CASE("condition reader: length, depth and number of tests have a limit") {
    CHECK(refusal(std::string(kConditionBytesMax + 1, ' ')).find("4097 bytes") !=
          std::string::npos);
    const std::string deep = std::string(40, '(') + "event.value > 1" + std::string(40, ')');
    CHECK(refusal(deep).find("nested deeper than 32 levels") != std::string::npos);
    std::string negations;
    for (int i = 0; i < 40; ++i) negations += "not ";
    CHECK(refusal(negations + "event.value > 1").find("nested deeper") != std::string::npos);
    std::string list = "event.value in [0";
    for (int i = 0; i < 600; ++i) list += ",1";
    CHECK(refusal(list + "]").find("more than 512 list items") != std::string::npos);
    const std::string deepest = std::string(31, '(') + "event.value > 1" + std::string(31, ')');
    CHECK(refusal(deepest).empty());
}

TEST_CASE("condition reader: every cut of a good condition is read or refused, never worse") {
    const std::string whole =
        "not (event.kind in ['a', \"b\"] or event.subject is not match('^/srv', ignorecase=true)) "
        "and event.value >= -1.5e-3 and event.cause is not defined";
    CHECK(refusal(whole).empty());
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const std::string text = refusal(std::string_view(whole).substr(0, size));
        // The only whole conditions among the cuts end before an `and` or inside a number.
        if (text.empty()) CHECK(size >= std::string_view(whole).find("))"));
    }
}

}  // namespace
}  // namespace homeostat
