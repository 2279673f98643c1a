#include "actions/condition_reader.hpp"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "core/nearest.hpp"
#include "core/parse.hpp"

namespace homeostat {
namespace {

constexpr std::int64_t kPatternMemoryMax = 1 << 20;  // RE2's own budget; beyond it does not compile

std::vector<std::string_view> field_names() {
    std::vector<std::string_view> names;
    for (const IncidentField& field : incident_fields()) names.push_back(field.name);
    return names;
}

// An incident that has every field, to learn each field's kind from the one place that knows it.
const Incident& incident_with_everything() {
    static const Incident kSample = [] {
        Incident incident;
        Finding finding;
        finding.kind = FindingKind::Forecast;
        finding.seconds_to_limit = 1;
        if (!incident.findings.push(finding) || !incident.causes.push(Cause{})) return Incident{};
        return incident;
    }();
    return kSample;
}

using Literal = std::variant<bool, double, std::string>;
enum class ValueKind : std::uint8_t { Boolean, Number, Text };

ValueKind kind_of_field(std::string_view field) {
    const auto value = incident_field(incident_with_everything(), field);
    return value ? static_cast<ValueKind>(value->index()) : ValueKind::Text;
}

std::string_view name_of(ValueKind kind) {
    static constexpr std::array<std::string_view, 3> kNames{"true or false", "a number", "text"};
    return kNames[static_cast<std::size_t>(kind)];
}

// The only words a field can be, for those that have a fixed set.
std::vector<std::string_view> words_of_field(std::string_view field) {
    std::vector<std::string_view> words;
    if (field == "severity") {
        for (const auto severity :
             {Severity::Info, Severity::Warning, Severity::Error, Severity::Critical}) {
            words.push_back(homeostat::name_of(severity));
        }
    } else if (field == "state") {
        for (const auto state : {IncidentState::Open, IncidentState::Acting,
                                 IncidentState::Resolved, IncidentState::GivenUp}) {
            words.push_back(homeostat::name_of(state));
        }
    }
    return words;
}

}  // namespace

Result<RuleCondition> RuleCondition::parse(std::string_view text) {
    return ConditionReader(text).read();
}

Result<RuleCondition> ConditionReader::read() {
    if (text_.size() > kConditionBytesMax) {
        return make_error(Errc::Limit, "condition: {} bytes, at most {} are allowed", text_.size(),
                          kConditionBytesMax);
    }
    if (const auto first = next(); !first) return first.error();
    auto root = expression();
    if (!root) return root.error();
    if (token_.kind != Token::Kind::End) {
        return condition_error(token_.at, "expected the end, `and` or `or`, got '{}'", token_.text);
    }
    RuleCondition condition;
    condition.root_ = std::move(*root);
    return condition;
}

Status ConditionReader::next() {
    const auto token = lexer_.next();
    if (!token) return token.error();
    token_ = *token;
    return Ok{};
}

bool ConditionReader::is_word(std::string_view word) const {
    return token_.kind == Token::Kind::Word && token_.text == word;
}
bool ConditionReader::is_symbol(std::string_view symbol) const {
    return token_.kind == Token::Kind::Symbol && token_.text == symbol;
}

Status ConditionReader::expect_symbol(std::string_view symbol) {
    if (!is_symbol(symbol))
        return condition_error(token_.at, "expected '{}', got '{}'", symbol, token_.text);
    return next();
}

Status ConditionReader::enter() {
    if (++depth_ <= kConditionDepthMax) return Ok{};
    return condition_error(token_.at, "nested deeper than {} levels", kConditionDepthMax);
}

// test, or tests joined by one kind of word: `a and b or c` is refused, since ansible-rulebook
// gives both the same rank and most people do not.
Result<ConditionReader::Node> ConditionReader::expression() {
    if (const auto entered = enter(); !entered) return entered.error();
    auto first = negation();
    if (!first) return first;
    Node joined;
    while (is_word("and") || is_word("or")) {
        const Kind kind = is_word("and") ? Kind::And : Kind::Or;
        if (joined.kind != Kind::Never && joined.kind != kind) {
            return condition_error(token_.at,
                                   "`and` beside `or`: put parentheses around the parts");
        }
        if (joined.kind == Kind::Never) joined.children.push_back(std::move(*first));
        joined.kind = kind;
        if (const auto moved = next(); !moved) return moved.error();
        auto other = negation();
        if (!other) return other;
        joined.children.push_back(std::move(*other));
    }
    --depth_;
    if (joined.kind == Kind::Never) return first;
    return joined;
}

Result<ConditionReader::Node> ConditionReader::negation() {
    if (++nodes_ > kConditionNodesMax) {
        return condition_error(token_.at, "more than {} tests", kConditionNodesMax);
    }
    if (is_word("not")) {
        if (const auto entered = enter(); !entered) return entered.error();
        if (const auto moved = next(); !moved) return moved.error();
        auto inner = negation();
        if (!inner) return inner;
        --depth_;
        Node node;
        node.kind = Kind::Not;
        node.children.push_back(std::move(*inner));
        return node;
    }
    if (!is_symbol("(")) return test();
    if (const auto moved = next(); !moved) return moved.error();
    auto inner = expression();
    if (!inner) return inner;
    if (const auto closed = expect_symbol(")"); !closed) return closed.error();
    return inner;
}

Result<ConditionReader::Node> ConditionReader::test() {
    const Token start = token_;
    auto left = operand();
    if (!left) return left.error();
    if (is_word("in")) return membership(std::move(*left), start, false);
    if (is_word("is")) return is_test(std::move(*left), start);
    if (is_word("not")) {
        if (const auto moved = next(); !moved) return moved.error();
        if (!is_word("in"))
            return condition_error(token_.at, "expected `not in`, got 'not {}'", token_.text);
        return membership(std::move(*left), start, true);
    }
    return compare(std::move(*left), start);
}

Result<ConditionReader::Node> ConditionReader::compare(Operand left, const Token& start) {
    static constexpr std::array<std::string_view, 6> kSymbols{"==", "!=", "<", "<=", ">", ">="};
    const auto* symbol = std::find(kSymbols.begin(), kSymbols.end(), token_.text);
    if (token_.kind != Token::Kind::Symbol || symbol == kSymbols.end()) {
        return condition_error(token_.at,
                               "expected == != < <= > >= in, not in, or is, got '{}' (arithmetic, "
                               "`contains`, `select` and `<<` are not supported)",
                               token_.text);
    }
    Node node;
    node.kind = Kind::Compare;
    node.comparison = static_cast<Comparison>(symbol - kSymbols.begin());
    if (const auto moved = next(); !moved) return moved.error();
    auto right = operand();
    if (!right) return right.error();
    if (left.field.empty() && right->field.empty()) {
        return condition_error(start.at,
                               "a comparison needs an event.FIELD, this one is always the same");
    }
    if (const auto same = check_kinds(left, *right, start); !same) return same.error();
    if (node.comparison >= Comparison::Less) {
        const auto ordered = check_order(left, *right, start, node.severity);
        if (!ordered) return ordered.error();
    }
    node.operands.push_back(std::move(left));
    node.operands.push_back(std::move(*right));
    return node;
}

Status ConditionReader::check_kinds(const Operand& left, const Operand& right,
                                    const Token& at) const {
    const auto kind_of = [](const Operand& operand) {
        if (!operand.field.empty()) return kind_of_field(operand.field);
        return static_cast<ValueKind>(operand.literal.index());
    };
    if (kind_of(left) != kind_of(right)) {
        return condition_error(at.at, "{} is compared with {}", name_of(kind_of(left)),
                               name_of(kind_of(right)));
    }
    for (const auto& [field, literal] : {std::pair(&left, &right), std::pair(&right, &left)}) {
        if (field->field.empty() || !literal->field.empty()) continue;
        const auto words = words_of_field(field->field);
        const auto* text = std::get_if<std::string>(&literal->literal);
        if (words.empty() || text == nullptr) continue;
        if (std::find(words.begin(), words.end(), *text) == words.end()) {
            return condition_error(at.at, "event.{} is never '{}', only {}{}", field->field, *text,
                                   fmt::join(words, ", "), did_you_mean(*text, words));
        }
    }
    return Ok{};
}

Status ConditionReader::check_order(const Operand& left, const Operand& right, const Token& at,
                                    bool& severity) const {
    severity = left.field == "severity" || right.field == "severity";
    const std::string_view field = left.field.empty() ? right.field : left.field;
    if (severity || kind_of_field(field) == ValueKind::Number) return Ok{};
    return condition_error(at.at, "< <= > >= compare numbers and severities, event.{} is {}", field,
                           name_of(kind_of_field(field)));
}

Result<ConditionReader::Node> ConditionReader::membership(Operand left, const Token& start,
                                                          bool negated) {
    if (left.field.empty())
        return condition_error(start.at, "the left side of `in` must be an event.FIELD");
    if (const auto moved = next(); !moved) return moved.error();
    if (const auto opened = expect_symbol("["); !opened) return opened.error();
    Node node;
    node.kind = Kind::In;
    node.negated = negated;
    node.operands.push_back(std::move(left));
    while (!is_symbol("]")) {
        if (node.operands.size() > 1) {
            if (const auto comma = expect_symbol(","); !comma) return comma.error();
        }
        if (++nodes_ > kConditionNodesMax) {
            return condition_error(token_.at, "more than {} list items", kConditionNodesMax);
        }
        const Token item_start = token_;
        auto item = operand();
        if (!item) return item.error();
        if (!item->field.empty()) return condition_error(item_start.at, "lists hold literals only");
        const auto same = check_kinds(node.operands[0], *item, item_start);
        if (!same) return same.error();
        node.operands.push_back(std::move(*item));
    }
    if (node.operands.size() == 1)
        return condition_error(token_.at, "an empty list matches nothing");
    if (const auto closed = next(); !closed) return closed.error();
    return node;
}

Result<ConditionReader::Node> ConditionReader::is_test(Operand left, const Token& start) {
    if (left.field.empty())
        return condition_error(start.at, "the left side of `is` must be an event.FIELD");
    if (const auto moved = next(); !moved) return moved.error();
    Node node;
    node.operands.push_back(std::move(left));
    if (is_word("not")) {
        node.negated = true;
        if (const auto moved = next(); !moved) return moved.error();
    }
    if (is_word("defined")) {
        node.kind = Kind::Defined;
        if (const auto moved = next(); !moved) return moved.error();
        return node;
    }
    if (is_word("match") || is_word("search") || is_word("regex")) {
        if (kind_of_field(node.operands[0].field) != ValueKind::Text) {
            return condition_error(start.at, "event.{} is {}, patterns need text",
                                   node.operands[0].field,
                                   name_of(kind_of_field(node.operands[0].field)));
        }
        const std::string_view kind = token_.text;
        return pattern_test(std::move(node), kind);
    }
    return condition_error(token_.at,
                           "expected `defined`, `match(..)`, `search(..)` or `regex(..)`, got '{}'",
                           token_.text);
}

// ('pattern') or ('pattern', ignorecase=true); the word before it is the current token.
Result<ConditionReader::Node> ConditionReader::pattern_test(Node node, std::string_view kind) {
    if (const auto moved = next(); !moved) return moved.error();
    if (const auto opened = expect_symbol("("); !opened) return opened.error();
    if (token_.kind != Token::Kind::Text) {
        return condition_error(token_.at, "expected a pattern in quotes, got '{}'", token_.text);
    }
    const Token pattern = token_;
    if (const auto moved = next(); !moved) return moved.error();
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(kPatternMemoryMax);
    if (is_symbol(",")) {
        if (const auto moved = next(); !moved) return moved.error();
        if (!is_word("ignorecase")) {
            return condition_error(token_.at, "expected ignorecase=true or false, got '{}'",
                                   token_.text);
        }
        if (const auto moved = next(); !moved) return moved.error();
        if (const auto sign = expect_symbol("="); !sign) return sign.error();
        if (!is_word("true") && !is_word("false")) {
            return condition_error(token_.at, "expected true or false, got '{}'", token_.text);
        }
        options.set_case_sensitive(is_word("false"));
        if (const auto moved = next(); !moved) return moved.error();
    }
    if (const auto closed = expect_symbol(")"); !closed) return closed.error();
    node.kind = Kind::Matches;
    const std::string anchored =
        (kind == "match" ? "\\A(?:" : "(?:") + std::string(pattern.text) + ")";
    node.pattern = std::make_unique<re2::RE2>(anchored, options);
    if (!node.pattern->ok()) {
        return condition_error(pattern.at, "not a regular expression of RE2: {}",
                               node.pattern->error());
    }
    return node;
}

Result<ConditionReader::Operand> ConditionReader::operand() {
    Operand operand;
    if (token_.kind == Token::Kind::Text) {
        operand.literal = std::string(token_.text);
    } else if (token_.kind == Token::Kind::Number) {
        const auto number = parse_double(token_.text);
        if (!number) return condition_error(token_.at, "'{}' is not a number", token_.text);
        operand.literal = *number;
    } else if (is_word("true") || is_word("True") || is_word("false") || is_word("False")) {
        operand.literal =
            token_.text.back() == 'e' && (token_.text[0] == 't' || token_.text[0] == 'T');
    } else if (token_.kind == Token::Kind::Word) {
        return field();
    } else {
        return condition_error(
            token_.at, "expected event.FIELD, a number or text in quotes, got '{}'", token_.text);
    }
    if (const auto moved = next(); !moved) return moved.error();
    return operand;
}

Result<ConditionReader::Operand> ConditionReader::field() {
    static constexpr std::string_view kPrefix = "event.";
    const Token word = token_;
    if (word.text.substr(0, kPrefix.size()) != kPrefix) {
        const std::string_view root = word.text.substr(0, word.text.find('.'));
        for (const std::string_view other : {"events", "fact", "facts", "vars"}) {
            if (root != other) continue;
            return condition_error(word.at,
                                   "'{}': only event.FIELD of one incident is supported, not {}",
                                   word.text, other);
        }
        return condition_error(word.at, "'{}': expected event.FIELD, or text in quotes", word.text);
    }
    const std::string_view name = word.text.substr(kPrefix.size());
    const auto names = field_names();
    const auto known = std::find(names.begin(), names.end(), name);
    if (known == names.end()) {
        return condition_error(word.at, "an incident has no '{}'{}; fields: {}", name,
                               did_you_mean(name, names), fmt::join(names, " "));
    }
    if (const auto moved = next(); !moved) return moved.error();
    Operand operand;
    operand.field = *known;
    return operand;
}

}  // namespace homeostat
