#include "agent/anomaly_tally.hpp"

#include <algorithm>

#include "core/hash.hpp"

namespace homeostat {
namespace {

constexpr std::string_view kNotable = "notable";
constexpr std::string_view kOther = "other";

std::uint64_t key_of(const Finding& finding) {
    const std::uint64_t what = fnv1a(finding.metric, fnv1a(finding.condition));
    return fnv1a(finding.subject.name,
                 mix(what + static_cast<std::uint64_t>(finding.subject.kind)));
}

}  // namespace

void AnomalyTally::note(std::span<const Finding> findings) {
    Keys now;
    for (const Finding& finding : findings) {
        const std::uint64_t key = key_of(finding);
        if (!now.push(key)) break;
        if (std::binary_search(before_.begin(), before_.end(), key)) continue;
        count(finding.incident.empty() ? kNotable : finding.incident.view());
    }
    std::sort(now.begin(), now.end());
    before_ = now;
}

void AnomalyTally::count(std::string_view kind) {
    const auto is_it = [&kind](const AnomalyCount& known) { return known.kind == kind; };
    auto found = std::find_if(counts_.begin(), counts_.end(), is_it);
    if (found == counts_.end()) {
        AnomalyCount fresh;
        fresh.kind = counts_.size() + 1 < kAnomalyKindsMax ? kind : kOther;
        (void)counts_.push(fresh);  // refused: the last one is "other" already
        found = counts_.end() - 1;
    }
    ++found->count;
}

}  // namespace homeostat
