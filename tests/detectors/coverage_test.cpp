#include "detectors/coverage.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "core/parse.hpp"

using namespace homeostat;

namespace {

bool exists(std::string_view name) {
    if (find_stock_condition(name) != nullptr) return true;
    for (const ForecastRule& rule : stock_forecasts()) {
        if (rule.name == name) return true;
    }
    return false;
}

}  // namespace

TEST_CASE("coverage: every topic has a condition that exists, or a reason why there is none") {
    CHECK(topics().size() == 124);
    std::set<std::string_view> names;
    for (const Topic& topic : topics()) {
        CAPTURE(std::string(topic.name));
        CHECK(names.insert(topic.name).second);
        CHECK_FALSE((topic.conditions.empty() && topic.reason.empty()));
        std::string_view rest = topic.conditions;
        for (auto name = next_word(rest); !name.empty(); name = next_word(rest)) {
            CAPTURE(std::string(name));
            CHECK(exists(name));
        }
    }
}

TEST_CASE("coverage: every condition is the answer to some topic") {
    for (const Condition& condition : stock_conditions()) {
        bool found = false;
        for (const Topic& topic : topics()) {
            std::string_view rest = topic.conditions;
            for (auto name = next_word(rest); !name.empty(); name = next_word(rest)) {
                found = found || name == condition.name;
            }
            found = found || topic.reason.find(condition.name) != std::string_view::npos;
        }
        CHECK_MESSAGE(
            (found || condition.incident.empty() || condition.incident == "login_failures" ||
             condition.incident == "security_change" || condition.incident == "traffic_fan_out"),
            std::string(condition.name));
    }
}

TEST_CASE("coverage: docs/conditions.md is what the catalogue says") {
    if (std::getenv("HOMEOSTAT_UPDATE_GOLDEN") != nullptr) {
        std::ofstream("docs/conditions.md") << conditions_manual(stock_conditions());
    }
    std::ifstream file("docs/conditions.md");
    std::stringstream text;
    text << file.rdbuf();
    CHECK_MESSAGE(text.str() == conditions_manual(stock_conditions()),
                  "write it anew: homeostat conditions --markdown >docs/conditions.md");
}

TEST_CASE("coverage: a condition in words") {
    const Condition& full = *find_stock_condition("filesystem_full");
    CHECK(signal_text(full) == "filesystem_used_ratio");
    CHECK(limits_text(full) ==
          "at_least 0.9 warning with 20.0 GiB left, 0.95 error with 10.0 GiB left, 0.98 critical "
          "with 5.0 GiB left; for 10s");
    CHECK(witness_text(full) == "-");
    const Condition& loop = *find_stock_condition("unit_restarts");
    CHECK(signal_text(loop) == "event unit_restarted, 3 in 2m");
    CHECK(witness_text(*find_stock_condition("memory_low")) ==
          "pressure_memory_some_seconds >= 0.05 or vm_direct_scanned_bytes >= 4.1943e+06");
}
