#include "actions/playbook/task_values.hpp"

#include <utility>

#include "actions/playbook/filters.hpp"
#include "actions/playbook/modules/program.hpp"

namespace homeostat::playbook {

Result<Parameters> TaskValues::parameters(const Task& task) {
    Parameters parameters;
    for (const TaskParameter& source : task.parameters) {
        auto one = parameter(source);
        if (!one) return one.error();
        if (one->value.is_omit()) continue;
        // An empty value from an expression counts as not given, as it does in the file.
        if (source.spec != nullptr && one->value.is_none() && one->expressions == nullptr &&
            source.spec->type != ParameterType::Any) {
            continue;
        }
        parameters.all.push_back(std::move(*one));
    }
    return parameters;
}

Result<Parameter> TaskValues::parameter(const TaskParameter& source) {
    Parameter parameter;
    parameter.name = source.spec == nullptr ? std::string_view(source.name) : source.spec->name;
    parameter.mark = source.mark;
    if (!source.expressions.empty()) {
        parameter.expressions = &source.expressions;
        return parameter;
    }
    auto rendered = value(source.value);
    if (!rendered) {
        return make_error(rendered.error().code, "{}: {}", source.name, rendered.error().text);
    }
    if (source.spec == nullptr || rendered->is_omit() || rendered->is_none()) {
        parameter.value = std::move(*rendered);
        return parameter;
    }
    auto converted = convert_parameter(*source.spec, *rendered);
    if (!converted) {
        return make_error(Errc::Invalid, "{}: {}", source.name, converted.error().text);
    }
    parameter.value = std::move(*converted);
    const bool is_list = source.spec->type == ParameterType::Argv;
    if (!is_list && source.spec->name != "cmd") return parameter;
    // Constant lists have no items left to mark: nothing in them is from outside.
    if (is_list && source.value.is_constant()) {
        for (const Value& item : parameter.value.list()) {
            parameter.marked.push_back({to_str(item), {}});
        }
        return parameter;
    }
    const std::size_t count = is_list ? source.value.items.size() : 1;
    for (std::size_t i = 0; i < count; ++i) {
        variables_.begin_evaluation();
        auto marked = render_marked(is_list ? source.value.items[i] : source.value, variables_);
        if (!marked) return marked.error();
        parameter.marked.push_back(std::move(*marked));
    }
    return parameter;
}

Result<std::vector<std::string>> TaskValues::environment(const Task& task) {
    Map merged;
    for (const auto& layer : task.environment) {
        const auto rendered = value(*layer);
        if (!rendered) return rendered.error();
        if (!rendered->is_map()) {
            return make_error(Errc::Invalid, "'environment' must be a mapping, not {}",
                              name_of(rendered->kind()));
        }
        merged.merge(rendered->map());
    }
    std::vector<std::string> variables;
    for (const auto& [name, item] : merged.entries()) {
        if (auto allowed = check_variable(name); !allowed) return allowed.error();
        const auto text = to_text(item);
        if (!text) return text.error();
        if (text->find('\0') != std::string::npos) {
            return make_error(Errc::Invalid, "the variable {} holds a zero byte", name);
        }
        variables.push_back(name + "=" + *text);
    }
    return variables;
}

Result<Duration> TaskValues::time_max(const Task& task) {
    const Duration allowed = policy_.task_time_max();
    const auto asked = integer(task.timeout, 0, 0, "timeout");
    if (!asked) return asked.error();
    if (*asked == 0 || *asked > allowed.ns / seconds(1).ns) return allowed;
    return seconds(*asked);
}

Result<Value> TaskValues::value(const Template& source) {
    variables_.begin_evaluation();
    return render(source, variables_);
}

Result<std::int64_t> TaskValues::integer(const std::optional<Template>& source,
                                         std::int64_t fallback, std::int64_t min,
                                         std::string_view what) {
    if (!source) return fallback;
    const auto rendered = value(*source);
    if (!rendered) return rendered.error();
    const auto number = rendered->is_int()    ? std::optional(rendered->integer())
                        : rendered->is_text() ? read_int(rendered->text())
                                              : std::nullopt;
    if (number && *number >= min) return *number;
    return make_error(Errc::Invalid, "'{}' needs a whole number of at least {}, not {}", what, min,
                      to_repr(*rendered));
}

Result<bool> TaskValues::holds(const std::vector<Expr>& conditions) {
    for (const Expr& condition : conditions) {
        variables_.begin_evaluation();
        const auto value = evaluate(condition, variables_);
        if (!value) return value.error();
        if (value->is_undefined()) return make_error(Errc::NotFound, "{}", value->why_undefined());
        if (!value->is_bool()) {
            return make_error(Errc::Invalid,
                              "a condition must give true or false, not {}: compare, or cast "
                              "with bool",
                              name_of(value->kind()));
        }
        if (!value->boolean()) return false;
    }
    return true;
}

Result<bool> TaskValues::flag(const std::optional<Template>& setting, bool fallback) {
    if (!setting) return fallback;
    static constexpr ParameterSpec kBool{"", ParameterType::Bool};
    const auto rendered = value(*setting);
    if (!rendered) return rendered.error();
    const auto converted = convert_parameter(kBool, *rendered);
    if (!converted) return converted.error();
    return converted->boolean();
}

}  // namespace homeostat::playbook
