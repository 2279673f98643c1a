#include "detectors/learned_rules.hpp"

#include <doctest/doctest.h>

#include <optional>
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
        // RHEL 8 and 9 come with PSI off.
        const bool stall = rule.witness.metric.find("pressure_") != std::string_view::npos;
        CHECK(stall == !rule.stands_in.metric.empty());
        CHECK(rule.stands_in.metric.find("pressure_") == std::string_view::npos);
    }
}

TEST_CASE("learned_rules: who suffers is told by either witness, by another where none is known") {
    const LearnedRule rule{"m", "unusual_cpu", 1, true, {"a", 1}, {"b", 1}, {"c", 1}};
    struct Row {
        std::optional<bool> a;
        std::optional<bool> b;
        std::optional<bool> c;
        bool suffers;
    };
    for (const Row& row :
         {Row{true, false, {}, true}, Row{false, true, {}, true}, Row{{}, true, {}, true},
          Row{false, {}, true, false}, Row{{}, false, true, false}, Row{{}, {}, true, true},
          Row{{}, {}, false, false}, Row{{}, {}, {}, false}}) {
        CHECK(is_witnessed(rule, {}, [&](const Witness& witness, const Subject&) {
                  return witness.metric == "a" ? row.a : witness.metric == "b" ? row.b : row.c;
              }) == row.suffers);
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
