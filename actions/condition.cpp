#include "actions/condition.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <compare>
#include <optional>

namespace homeostat {
namespace {

using Literal = std::variant<bool, double, std::string>;

FieldValue value_of(const Literal& literal) {
    if (const auto* text = std::get_if<std::string>(&literal)) return std::string_view(*text);
    if (const auto* number = std::get_if<double>(&literal)) return *number;
    return std::get<bool>(literal);
}

bool equal(const FieldValue& a, const FieldValue& b) {
    return a == b;
}  // other kinds: false

// The order of two numbers or of two severities; nothing for any other pair, and for a NaN.
std::optional<std::partial_ordering> order(const FieldValue& a, const FieldValue& b,
                                           bool severities) {
    if (severities) {
        Severity left{};
        Severity right{};
        const auto* left_text = std::get_if<std::string_view>(&a);
        const auto* right_text = std::get_if<std::string_view>(&b);
        if (left_text == nullptr || right_text == nullptr || !parse_severity(*left_text, left) ||
            !parse_severity(*right_text, right)) {
            return std::nullopt;
        }
        return static_cast<int>(left) <=> static_cast<int>(right);
    }
    const auto* left = std::get_if<double>(&a);
    const auto* right = std::get_if<double>(&b);
    if (left == nullptr || right == nullptr) return std::nullopt;
    const std::partial_ordering ordering = *left <=> *right;
    if (ordering == std::partial_ordering::unordered) return std::nullopt;
    return ordering;
}

}  // namespace

RuleCondition::RuleCondition() = default;
RuleCondition::~RuleCondition() = default;
RuleCondition::RuleCondition(RuleCondition&&) noexcept = default;
RuleCondition& RuleCondition::operator=(RuleCondition&&) noexcept = default;

RuleCondition RuleCondition::join(Kind kind, std::vector<RuleCondition> parts) {
    RuleCondition whole;
    if (parts.empty()) return whole;
    whole.root_.kind = kind;
    for (RuleCondition& part : parts) whole.root_.children.push_back(std::move(part.root_));
    return whole;
}

RuleCondition RuleCondition::all_of(std::vector<RuleCondition> parts) {
    return join(Kind::And, std::move(parts));
}
RuleCondition RuleCondition::any_of(std::vector<RuleCondition> parts) {
    return join(Kind::Or, std::move(parts));
}

bool RuleCondition::holds(const Incident& incident) const {
    return evaluate(root_, incident) == Truth::True;
}

bool RuleCondition::part_holds(std::size_t part, const Incident& incident) const {
    return evaluate(root_.children[part], incident) == Truth::True;
}

// Recursive; the reader keeps the depth below kConditionDepthMax.
RuleCondition::Truth RuleCondition::evaluate(const Node& node, const Incident& incident) {
    switch (node.kind) {
        case Kind::Never: return Truth::False;
        case Kind::And: {
            Truth result = Truth::True;
            for (const Node& child : node.children) {
                result = std::min(result, evaluate(child, incident));
            }
            return result;
        }
        case Kind::Or: {
            Truth result = Truth::False;
            for (const Node& child : node.children) {
                result = std::max(result, evaluate(child, incident));
            }
            return result;
        }
        case Kind::Not: {
            const Truth inner = evaluate(node.children[0], incident);
            if (inner == Truth::Unknown) return inner;
            return inner == Truth::True ? Truth::False : Truth::True;
        }
        case Kind::Defined: {
            const bool defined = incident_field(incident, node.operands[0].field).has_value();
            return defined != node.negated ? Truth::True : Truth::False;
        }
        case Kind::Compare: return compare(node, incident);
        case Kind::In: return is_in(node, incident);
        case Kind::Matches: return matches(node, incident);
    }
    return Truth::False;
}

RuleCondition::Truth RuleCondition::compare(const Node& node, const Incident& incident) {
    const auto side = [&](const Operand& operand) -> std::optional<FieldValue> {
        if (operand.field.empty()) return value_of(operand.literal);
        return incident_field(incident, operand.field);
    };
    const auto left = side(node.operands[0]);
    const auto right = side(node.operands[1]);
    if (!left || !right) return Truth::Unknown;
    const auto truth = [](bool holds) { return holds ? Truth::True : Truth::False; };
    if (node.comparison == Comparison::Equal) return truth(equal(*left, *right));
    if (node.comparison == Comparison::NotEqual) return truth(!equal(*left, *right));
    const auto ordering = order(*left, *right, node.severity);
    if (!ordering) return Truth::Unknown;
    switch (node.comparison) {
        case Comparison::Less: return truth(*ordering < 0);
        case Comparison::LessEqual: return truth(*ordering <= 0);
        case Comparison::Greater: return truth(*ordering > 0);
        case Comparison::GreaterEqual: return truth(*ordering >= 0);
        default: return Truth::Unknown;
    }
}

RuleCondition::Truth RuleCondition::is_in(const Node& node, const Incident& incident) {
    const auto left = incident_field(incident, node.operands[0].field);
    if (!left) return Truth::Unknown;
    const bool found = std::any_of(
        node.operands.begin() + 1, node.operands.end(),
        [&](const Operand& candidate) { return equal(*left, value_of(candidate.literal)); });
    return found != node.negated ? Truth::True : Truth::False;
}

RuleCondition::Truth RuleCondition::matches(const Node& node, const Incident& incident) {
    const auto value = incident_field(incident, node.operands[0].field);
    if (!value) return Truth::Unknown;
    const auto* text = std::get_if<std::string_view>(&*value);
    if (text == nullptr) return Truth::Unknown;
    const bool found =
        re2::RE2::PartialMatch(re2::StringPiece(text->data(), text->size()), *node.pattern);
    return found != node.negated ? Truth::True : Truth::False;
}

std::vector<std::string_view> RuleCondition::texts_for(std::string_view field) const {
    std::vector<std::string_view> texts;
    collect_texts(root_, field, texts);
    return texts;
}

void RuleCondition::collect_texts(const Node& node, std::string_view field,
                                  std::vector<std::string_view>& out) {
    for (const Node& child : node.children) collect_texts(child, field, out);
    const bool names_it = std::any_of(node.operands.begin(), node.operands.end(),
                                      [&](const Operand& side) { return side.field == field; });
    if (!names_it) return;
    for (const Operand& side : node.operands) {
        const auto* text = std::get_if<std::string>(&side.literal);
        if (side.field.empty() && text != nullptr) out.push_back(*text);
    }
}

}  // namespace homeostat
