#include "agent/anomaly_tally.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "core/allocation_guard.hpp"
#include "core/format.hpp"

using namespace homeostat;

namespace {

Finding finding(std::string_view condition, std::string_view kind, std::string_view subject) {
    Finding out;
    out.condition = condition;
    out.incident = kind;
    out.metric = "some_ratio";
    out.subject = {SubjectKind::Mount, subject};
    return out;
}

std::uint64_t count_of(const AnomalyTally& tally, std::string_view kind) {
    for (const AnomalyCount& anomaly : tally.counts()) {
        if (anomaly.kind == kind) return anomaly.count;
    }
    return 0;
}

}  // namespace

TEST_CASE("anomaly_tally: what holds for many ticks is one anomaly, what comes back another one") {
    AnomalyTally tally;
    const std::vector<Finding> one{finding("full", "filesystem_space", "/srv")};
    const std::vector<Finding> two{finding("full", "filesystem_space", "/srv"),
                                   finding("full", "filesystem_space", "/var")};
    for (int tick = 0; tick < 100; ++tick) tally.note(one);
    CHECK(count_of(tally, "filesystem_space") == 1);
    for (int tick = 0; tick < 100; ++tick) tally.note(two);
    CHECK(count_of(tally, "filesystem_space") == 2);
    tally.note({});
    tally.note(one);
    CHECK(count_of(tally, "filesystem_space") == 3);
    CHECK(tally.counts().size() == 1);
}

TEST_CASE("anomaly_tally: what opens no incident is notable, kinds beyond the table are other") {
    AnomalyTally tally;
    const std::vector<Finding> odd{finding("learned_spike", "", "/srv")};
    tally.note(odd);
    CHECK(count_of(tally, "notable") == 1);
    std::vector<Finding> many;
    for (int i = 0; i < 100; ++i) {
        many.push_back(finding("full", fmt::format("kind_{}", i), "/srv"));
        many.back().condition.assign(fmt::format("condition_{}", i));
    }
    tally.note(many);
    CHECK(tally.counts().size() == kAnomalyKindsMax);
    CHECK(count_of(tally, "other") == 100 - (kAnomalyKindsMax - 2));
}

TEST_CASE("anomaly_tally: it allocates nothing, and more than a tick may have does no harm") {
    AnomalyTally tally;
    std::vector<Finding> flood;
    for (std::size_t i = 0; i < AnomalyTally::kFindingsMax + 50; ++i) {
        flood.push_back(finding("full", "filesystem_space", fmt::format("/{}", i)));
    }
    const AllocationGuard guard;
    tally.note(flood);
    tally.note(flood);
    CHECK(guard.count() == 0);
    CHECK(count_of(tally, "filesystem_space") == AnomalyTally::kFindingsMax);
}
