// ConditionReader turns the text of a condition into its tree: a recursive-descent reader with caps
// on length, depth and size. Every name and kind is checked here, so that a rule which can never
// match is an error in the file and not a silence in the night.
#pragma once

#include <string_view>

#include "actions/condition.hpp"
#include "actions/condition_lexer.hpp"
#include "core/result.hpp"

namespace homeostat {

class ConditionReader {
public:
    explicit ConditionReader(std::string_view text) : text_(text), lexer_(text) {}
    Result<RuleCondition> read();

private:
    using Node = RuleCondition::Node;
    using Operand = RuleCondition::Operand;
    using Kind = RuleCondition::Kind;
    using Comparison = RuleCondition::Comparison;
    using Token = ConditionToken;

    Status next();
    [[nodiscard]] bool is_word(std::string_view word) const;
    [[nodiscard]] bool is_symbol(std::string_view symbol) const;
    Status expect_symbol(std::string_view symbol);
    Status enter();  // one level deeper, or an error

    Result<Node> expression();
    Result<Node> negation();
    Result<Node> test();
    Result<Node> compare(Operand left, const Token& start);
    Result<Node> membership(Operand left, const Token& start, bool negated);
    Result<Node> is_test(Operand left, const Token& start);
    Result<Node> pattern_test(Node node, std::string_view kind);
    Result<Operand> operand();
    Result<Operand> field();
    Status check_kinds(const Operand& left, const Operand& right, const Token& at) const;
    Status check_order(const Operand& left, const Operand& right, const Token& at,
                       bool& severity) const;

    std::string_view text_;
    ConditionLexer lexer_;
    std::size_t depth_ = 0;
    std::size_t nodes_ = 0;
    Token token_;
};

}  // namespace homeostat
