// The owner's files: a rulebook, an allow-list, a condition. Whatever they hold is read or refused.
#include <cstdint>
#include <string_view>
#include <vector>

#include "actions/allow_list.hpp"
#include "actions/rulebook.hpp"

using namespace homeostat;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    Incident incident;
    incident.kind = "filesystem_space";
    std::vector<Rule> rules;
    if (parse_rulebook("f.yml", text, rules)) {
        for (const Rule& rule : rules) (void)rule.condition.holds(incident);
    }
    (void)parse_allow_list("f.yml", text);
    if (const auto condition = RuleCondition::parse(text)) (void)condition->holds(incident);
    return 0;
}
