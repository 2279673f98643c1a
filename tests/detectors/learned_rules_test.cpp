#include "detectors/learned_rules.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>

using namespace homeostat;

namespace {

Finding odd(std::string_view metric, double value, double expected) {
    Finding finding;
    finding.kind = FindingKind::LevelShift;
    finding.metric = metric;
    finding.value = value;
    finding.expected = expected;
    return finding;
}

}  // namespace

TEST_CASE("learned_rules: each metric once, with an effect and a witness") {
    std::set<std::string_view> metrics;
    for (const LearnedRule& rule : learned_rules()) {
        CAPTURE(std::string(rule.metric));
        CHECK(metrics.insert(rule.metric).second);
        CHECK(rule.effect_min > 0);
        CHECK(rule.witness.limit > 0);
        CHECK_FALSE(rule.witness.metric.empty());
        CHECK(rule.incident.starts_with("unusual_"));
    }
}

TEST_CASE("learned_rules: only a deviation that matters, in the direction that hurts, meets one") {
    struct Row {
        const char* metric;
        double value;
        double expected;
        bool meets;
    };
    for (const Row& row :
         {Row{"load1", 9, 1, true}, Row{"load1", 2, 1, false}, Row{"load1", 1, 9, false},
          Row{"memory_available_bytes", 0, 1e9, true}, Row{"memory_available_bytes", 1e9, 0, false},
          Row{"load15", 90, 1, false}, Row{"", 90, 1, false}}) {
        CAPTURE(row.metric);
        CAPTURE(row.value);
        CHECK((find_learned_rule(odd(row.metric, row.value, row.expected)) != nullptr) ==
              row.meets);
    }
}
