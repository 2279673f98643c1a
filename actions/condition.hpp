// RuleCondition is the `condition:` of a rule: a question about one incident, true or false.
//
// The language is that of ansible-rulebook (its manual, "Conditions"), as far as one event can
// answer it:
//
//   event.FIELD            a field of the incident, one of incident_fields()
//   12  0.9  1e6  'text'  "text"  true  false  [1, 2, 'a']
//   == != < <= > >=        `<` and the like need two numbers, or event.severity and a severity
//   in [..]   not in [..]
//   is defined   is not defined
//   is match('re')   is search('re')   is regex('re')   and `is not ...`; RE2, ignorecase=true
//   and  or  not  ( )      `and` beside `or` needs parentheses, as in ansible-rulebook
//
// What is asked of a field that the incident does not have is neither true nor false, and `not`
// does not make it true: unknown is not failed and never triggers an action. Only `is defined` and
// `is not defined` ask for that itself.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/incident.hpp"
#include "core/result.hpp"

namespace re2 {
class RE2;
}

namespace homeostat {

// Limits that the reader of conditions keeps; beyond them the text is refused.
inline constexpr std::size_t kConditionBytesMax = 4096;
inline constexpr std::size_t kConditionNodesMax = 512;
inline constexpr std::size_t kConditionDepthMax = 32;

class RuleCondition {
public:
    RuleCondition();
    ~RuleCondition();
    RuleCondition(RuleCondition&&) noexcept;
    RuleCondition& operator=(RuleCondition&&) noexcept;
    RuleCondition(const RuleCondition&) = delete;
    RuleCondition& operator=(const RuleCondition&) = delete;

    // Errc::Parse; the message names the byte of `text`, counted from 1. Field names, severities,
    // states and the kinds of both sides of a comparison are checked here, not when an incident
    // comes.
    static Result<RuleCondition> parse(std::string_view text);

    // The conjunction (`all:`) or disjunction (`any:`) of several. An empty list holds for nothing.
    static RuleCondition all_of(std::vector<RuleCondition> parts);
    static RuleCondition any_of(std::vector<RuleCondition> parts);

    // Allocates nothing but what RE2 may need. A condition that was never parsed holds for nothing.
    [[nodiscard]] bool holds(const Incident& incident) const;

    // The parts of what all_of() or any_of() has made.
    [[nodiscard]] std::size_t parts() const { return root_.children.size(); }
    [[nodiscard]] bool part_holds(std::size_t part, const Incident& incident) const;

    // The texts that this field is compared with by ==, != or `in`: what somebody expects it to be.
    [[nodiscard]] std::vector<std::string_view> texts_for(std::string_view field) const;

private:
    friend class ConditionReader;

    enum class Truth : std::uint8_t { False, Unknown, True };  // Kleene's: and is min, or is max
    enum class Kind : std::uint8_t { Never, And, Or, Not, Compare, In, Defined, Matches };
    enum class Comparison : std::uint8_t {
        Equal,
        NotEqual,
        Less,
        LessEqual,
        Greater,
        GreaterEqual
    };

    // A literal, or the name of a field (a view into incident_fields(), which lives for ever).
    struct Operand {
        std::string_view field;  // empty: a literal
        std::variant<bool, double, std::string> literal = false;
    };

    // One node of the tree.
    struct Node {
        Kind kind = Kind::Never;
        Comparison comparison = Comparison::Equal;
        bool negated = false;           // In, Defined, Matches: the `not` form
        bool severity = false;          // Compare: both sides are severities, which have an order
        std::vector<Node> children;     // And, Or: two or more; Not: one
        std::vector<Operand> operands;  // Compare: two; In: the left side, then the list
        std::unique_ptr<re2::RE2> pattern;
    };

    static void collect_texts(const Node& node, std::string_view field,
                              std::vector<std::string_view>& out);
    static RuleCondition join(Kind kind, std::vector<RuleCondition> parts);
    static Truth evaluate(const Node& node, const Incident& incident);
    static Truth compare(const Node& node, const Incident& incident);
    static Truth is_in(const Node& node, const Incident& incident);
    static Truth matches(const Node& node, const Incident& incident);

    Node root_;
};

}  // namespace homeostat
