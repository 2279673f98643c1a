#include "actions/playbook/variables.hpp"

#include <algorithm>
#include <array>

namespace homeostat::playbook {
namespace {

const Template* find_in(const VariableLayer& layer, const std::string& name) {
    const auto found = std::find_if(layer.begin(), layer.end(), [&](const Variable& variable) {
        return variable.name == name;
    });
    return found == layer.end() ? nullptr : &found->value;
}

}  // namespace

void Variables::set_facts(const Map& facts) {
    constexpr std::string_view kPrefix = "ansible_";
    facts_.merge(facts);
    Map plain;
    for (const auto& [name, value] : facts.entries()) {
        const std::string_view whole = name;
        plain.set(whole.starts_with(kPrefix) ? whole.substr(kPrefix.size()) : whole, value);
    }
    facts_.set("ansible_facts", std::move(plain));
}

void Variables::enter_task(const Task* task) {
    task_ = task;
    loop_ = {};
    current_ = {};
}

void Variables::set_current_result(std::string_view name, Value value) {
    if (!name.empty()) current_.set(name, std::move(value));
}

Result<Value> Variables::find(const std::string& name) {
    if (++steps_ > kEvaluationStepsMax) {
        return make_error(Errc::Limit, "this needs more than {} steps", kEvaluationStepsMax);
    }
    const std::array<const Map*, 5> maps{&loop_, &current_, &magic_, &extra_, &set_};
    for (const Map* map : maps) {
        if (const Value* value = map->find(name)) return *value;
    }
    if (task_ != nullptr) {
        const auto& layers = task_->variables;
        for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer) {
            if (const Template* value = find_in(**layer, name)) {
                return render_variable(name, *value);
            }
        }
    }
    if (const Template* value = find_in(play_.variables, name))
        return render_variable(name, *value);
    if (const Value* value = facts_.find(name)) return *value;
    return Value::undefined(fmt::format("'{}' is undefined", name));
}

// A variable whose own value needs something undefined is undefined itself.
Result<Value> Variables::render_variable(const std::string& name, const Template& value) {
    if (value.is_constant()) return value.constant;
    if (depth_ >= kValueDepthMax) {
        return make_error(Errc::Limit, "'{}' is more than {} variables deep", name, kValueDepthMax);
    }
    ++depth_;
    auto rendered = render(value, *this);
    --depth_;
    if (!rendered && rendered.error().code == Errc::NotFound) {
        return Value::undefined(fmt::format("'{}': {}", name, rendered.error().text));
    }
    return rendered;
}

}  // namespace homeostat::playbook
