// Module is one kind of task: its parameters, what it may not be told, and what it does.
//
// Adding a module: modules/NAME.cpp with a ModuleSpec, a row in modules/registry.cpp, a word in
// CMakeLists.txt, a test. Modules are pure but for what the Environment and safe_path hand them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "actions/playbook/environment.hpp"
#include "actions/playbook/expression.hpp"
#include "actions/playbook/template.hpp"
#include "actions/playbook/value.hpp"
#include "core/result.hpp"

namespace homeostat::playbook {

enum class ParameterType : std::uint8_t {
    Text,         // numbers and booleans become text
    Content,      // Text; a list or mapping that an expression gives becomes JSON
    Bool,         // also the texts yes/no, true/false, on/off, 1/0
    Int,          // also as text
    Choice,       // one word of ParameterSpec::choices
    Path,         // absolute, without "..": normalised
    PathOrBelow,  // the same, or relative where `chdir` is given
    Mode,         // 0644: an Int of permission bits
    TextList,     // a list of texts, or one text with commas
    PathList,
    IntList,
    Argv,     // a list whose parts keep their marks
    Mapping,  // from text to scalars
    Any,
    Expression,   // parsed when the file is loaded
    Expressions,  // one or a list
};

struct ParameterSpec {
    std::string_view name;
    ParameterType type = ParameterType::Text;
    std::string_view choices = {};  // Choice: separated by blanks
    std::string_view aliases = {};  // separated by blanks
};

// A source text and its expression, for `assert` and `debug: var`.
struct SourcedExpr {
    std::string source;
    Expr expr;
};

struct Parameter {
    std::string_view name;  // of its ParameterSpec, or of the task's for set_fact
    YamlMark mark;
    Value value;                     // undefined: known only when the task runs
    std::vector<MarkedText> marked;  // cmd (one) and argv (each), when the task runs
    const std::vector<SourcedExpr>* expressions = nullptr;
};

class Parameters {
public:
    std::vector<Parameter> all;

    [[nodiscard]] const Parameter* find(std::string_view name) const;
    [[nodiscard]] bool has(std::string_view name) const { return find(name) != nullptr; }
    // Given, and already known.
    [[nodiscard]] bool knows(std::string_view name) const;

    // The fallback when it was not given or is not yet known.
    [[nodiscard]] std::string text(std::string_view name, std::string_view fallback = {}) const;
    [[nodiscard]] bool flag(std::string_view name, bool fallback) const;
    [[nodiscard]] std::int64_t integer(std::string_view name, std::int64_t fallback) const;
    // The known texts of a list.
    [[nodiscard]] std::vector<std::string> texts(std::string_view name) const;
};

// Brings a value to the type of its parameter. Undefined parts of lists stay. The error says what
// was expected, without the parameter's name.
Result<Value> convert_parameter(const ParameterSpec& spec, const Value& value);

// Splits off the parameter with this name or alias, or nullptr.
const ParameterSpec* find_parameter(std::span<const ParameterSpec> specs, std::string_view name);

struct ModuleCall {
    const Parameters& parameters;
    const Environment& environment;
    Scope& scope;
    bool check = false;
    bool diff = false;
    Duration time_max;                   // from now
    std::vector<std::string> variables;  // NAME=value, for programs
    unsigned creation_mask = 022;
    std::string_view playbook_directory;
};

struct ModuleResult {
    Map fields;           // `changed`, `failed`, `msg` and what the manual says
    bool denied = false;  // the policy forbade it: nothing catches that
    std::string diff;
};

ModuleResult failure(std::string_view message);
ModuleResult failure(const Error& error);
ModuleResult denial(const Error& error);

struct ModuleSpec {
    std::string_view name;  // as in results
    std::span<const ParameterSpec> parameters;
    ModuleResult (*run)(const ModuleCall& call) = nullptr;
    // Both are called twice: when the file is loaded, with what is known then, and before the task
    // runs. The first time an error refuses the file.
    Status (*validate)(const Parameters& parameters) = nullptr;
    Status (*authorise)(const Parameters& parameters, const Environment& environment) = nullptr;
    bool free_form = false;  // the text itself is `cmd`
    bool any_name = false;   // set_fact
    bool skipped_when_checking = false;
};

}  // namespace homeostat::playbook
