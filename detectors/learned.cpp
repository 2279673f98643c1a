#include "detectors/learned.hpp"

#include <algorithm>
#include <limits>

#include "detectors/learned_rules.hpp"
#include "detectors/onset.hpp"

namespace homeostat {
namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();
constexpr std::int64_t kWindowNs = minutes(1).ns;
// Odd things less than this apart are one report.
constexpr Duration kOneReport = minutes(30);
// A series is missed when it came every minute for an hour, and then not for so many.
constexpr std::uint16_t kSteadyWindows = 60;
constexpr std::uint16_t kMissedWindows = 5;
constexpr double kStaysOdd = 0.5;  // hysteresis: an oddity ends below this share of the flag

std::string_view name_of_learned(FindingKind kind) {
    switch (kind) {
        case FindingKind::LevelShift: return "learned_shift";
        case FindingKind::Trend: return "learned_level";
        case FindingKind::FlatLine: return "learned_flat_line";
        case FindingKind::Joint: return "learned_joint";
        case FindingKind::Missing: return "learned_missing";
        default: return "learned_spike";
    }
}

bool push_if_room(std::vector<Finding>& out, const Finding& finding) {
    if (out.size() == out.capacity()) return false;
    out.push_back(finding);
    return true;
}

}  // namespace

Learned::Learned(std::size_t series_max, double noise_per_second)
    : slots_(series_max), host_(series_max), budget_(noise_per_second) {
    values_.reserve(series_max);
    surprises_.reserve(series_max);
    news_.reserve(series_max);
    order_.reserve(series_max);
    make_room();
}

// For the slots that there are: of what is reserved no more is touched.
void Learned::make_room() {
    const std::size_t related = std::min(slots_.max(), RelationModel::kMembersMax);
    const std::size_t count = std::max(slots_.size(), related);
    if (count <= values_.size()) return;
    values_.resize(count, kMissing);
    surprises_.resize(count);
    news_.resize(count);
}

void Learned::observe(const Samples& samples, std::int64_t utc_offset_seconds) {
    const std::int64_t window = samples.at().monotonic_ns / kWindowNs;
    if (started_ && window != window_) close_window(samples, utc_offset_seconds);
    window_ = window;
    started_ = true;
    for (const Sample& sample : samples.all()) {
        if (sample.series.slot >= slots_.max()) continue;  // REQUIRES of the constructor
        Slot& slot = slots_.touch(sample.series.slot);
        const SeriesInfo& info = samples.table().info(sample.series);
        if (slot.generation != sample.series.generation) begin_slot(sample, info);
        double value = sample.value;
        if (info.kind == MetricKind::Counter) {
            const auto rate = slot.rate.observe(sample.value, samples.at());
            if (!rate) continue;  // a gap is not zero
            value = *rate;
        }
        slot.sum += value;
        ++slot.count;
    }
}

void Learned::begin_slot(const Sample& sample, const SeriesInfo& info) {
    Slot& slot = slots_[sample.series.slot];
    slot = Slot{};
    slot.generation = sample.series.generation;
    make_room();
    surprises_[sample.series.slot] = 0;
    host_.begin_series(sample.series.slot);
    if (bank_ == nullptr) return;
    const std::string_view state = bank_->find(ModelKind::Series, info);
    if (!state.empty() && read_bytes(state, slot.model)) ++models_taken_;
}

void Learned::save(const SeriesTable& table, FunctionRef<void(const SavedModel&)> take) const {
    for (std::uint32_t i = 0; i < slots_.size(); ++i) {
        const SeriesId id{i, slots_[i].generation};
        if (!table.is_current(id)) continue;
        const SeriesInfo& info = table.info(id);
        take({.kind = ModelKind::Series,
              .metric_kind = info.kind,
              .metric = info.metric,
              .subject_kind = info.subject.kind,
              .subject = info.subject.name,
              .state = bytes_of(slots_[i].model)});
    }
}

void Learned::teach(SeriesId series, std::span<const PastValue> past,
                    std::int64_t utc_offset_seconds) {
    if (series.slot >= slots_.max()) return;
    Slot& slot = slots_.touch(series.slot);
    const bool same = slot.generation == series.generation;
    if (same && slot.model.is_ready()) return;  // of a former run: it knows more than a server
    slot = Slot{};
    slot.generation = series.generation;
    for (const PastValue& value : past) {
        (void)slot.model.observe(static_cast<double>(value.unix_seconds + utc_offset_seconds),
                                 value.value);
    }
}

void Learned::close_window(const Samples& samples, std::int64_t utc_offset_seconds) {
    const double local_seconds =
        Duration{samples.at().unix_ns}.seconds() + static_cast<double>(utc_offset_seconds);
    const Instant now = samples.at();
    if (last_closed_.monotonic_ns != 0) budget_.pass((now - last_closed_).seconds());
    last_closed_ = now;
    series_flag_ = budget_.series_flag(watched_);
    host_flag_ = budget_.host_flag();
    watched_ = 0;
    make_room();
    bool begins = false;
    bool any_odd = false;
    for (std::size_t i = 0; i < slots_.size(); ++i) {
        const bool before = slots_[i].odd;
        const auto slot = static_cast<std::uint32_t>(i);
        if (samples.table().is_current({slot, slots_[i].generation})) {
            mind_hold(slots_[i], samples.table().slots()[i].subject, now, local_seconds);
        }
        judge(slots_[i], now, local_seconds);
        begins = begins || (slots_[i].odd && !before && !slots_[i].planned);
        any_odd = any_odd || slots_[i].odd;
        if (slots_[i].verdict.judged) ++watched_;
        values_[i] = slots_[i].judged ? slots_[i].value : kMissing;
        surprises_[i] = slots_[i].verdict.surprise;
        news_[i] = slots_[i].verdict.news;
    }
    const LearningHold* host_hold = holds_.of(Subject{});
    const bool learns = host_hold == nullptr || now >= host_hold->until;
    host_surprise_ =
        host_.observe(Duration{samples.at().monotonic_ns}.seconds(), values_, news_, learns);
    const bool odd = host_surprise_ >= (host_odd_ ? kStaysOdd : 1) * host_flag_;
    if (odd && !host_odd_) host_odd_since_ = now;
    const bool planned = host_hold != nullptr && host_hold->planned;
    begins = begins || (odd && !host_odd_ && !planned);
    host_odd_ = odd;
    spend_budget(now, begins);
    if (odd || any_odd) {
        last_odd_ = now;
        was_odd_ = true;
    }
}

// One report is what begins while nothing was odd for a while; the rest belongs to it.
void Learned::spend_budget(Instant now, bool begins) {
    if (begins && (!was_odd_ || now - last_odd_ >= kOneReport)) budget_.spend();
}

// A baseline stands still while its subject is known to be wrong or worked on, and takes what is
// there for normal at the end of the time that was set.
void Learned::mind_hold(Slot& slot, const Subject& subject, Instant now,
                        double local_seconds) const {
    const LearningHold* hold = holds_.of(subject);
    slot.planned = hold != nullptr && hold->planned;
    if (hold == nullptr) {
        slot.model.resume_learning();
    } else if (now < hold->until) {
        slot.model.hold_learning(local_seconds + (hold->until - now).seconds());
    } else {
        slot.model.accept_as_normal();
    }
}

void Learned::count_silence(Slot& slot) {
    if (!slot.judged) {
        if (slot.silent <= kMissedWindows) ++slot.silent;
        return;
    }
    if (slot.silent > 0) slot.steady = 0;
    slot.silent = 0;
    if (slot.steady < kSteadyWindows) ++slot.steady;
}

bool Learned::is_missing(const Slot& slot) {
    return slot.steady >= kSteadyWindows && slot.silent >= kMissedWindows;
}

void Learned::judge(Slot& slot, Instant now, double local_seconds) {
    slot.judged = slot.count > 0;
    count_silence(slot);
    if (!slot.judged) {  // silent, or no such series: nothing to say of it
        slot.verdict = {};
        slot.odd = false;
        return;
    }
    slot.value = slot.sum / slot.count;
    slot.sum = 0;
    slot.count = 0;
    slot.verdict = slot.model.observe(local_seconds, slot.value);
    const bool odd = slot.verdict.surprise >= (slot.odd ? kStaysOdd : 1) * series_flag_;
    if (odd && !slot.odd) slot.odd_since = now;
    slot.odd = odd;
    slot.harms = slot.harms && odd;
}

Finding Learned::describe(const Slot& slot, const SeriesInfo& info) const {
    Finding finding;
    finding.kind = slot.verdict.kind;
    finding.severity = Severity::Info;
    finding.condition = name_of_learned(slot.verdict.kind);
    finding.subject = info.subject;
    finding.metric = info.metric;
    finding.unit = info.unit;
    finding.since = slot.odd_since;
    finding.value = slot.value;
    finding.expected = slot.verdict.expected;
    finding.worse_below = !slot.verdict.rising;
    finding.limit = slot.verdict.expected + (slot.verdict.rising ? 1 : -1) * slot.verdict.spread;
    finding.score = score_of(slot.verdict.surprise);
    return finding;
}

Finding Learned::describe_missing(const Slot& slot, const SeriesInfo& info) {
    Finding finding;
    finding.kind = FindingKind::Missing;
    finding.severity = Severity::Info;
    finding.condition = name_of_learned(FindingKind::Missing);
    finding.subject = info.subject;
    finding.metric = info.metric;
    finding.unit = info.unit;
    finding.since = info.last_seen;
    finding.value = slot.value;  // the last that came
    finding.expected = slot.model.last_verdict().expected;
    finding.score = 0.5;
    return finding;
}

// What always came and comes no more is told until its slot is given back.
std::size_t Learned::report_missing(const Samples& samples, std::vector<Finding>& out) const {
    std::size_t refused = 0;
    std::size_t told = 0;
    for (std::uint32_t i = 0; i < slots_.size() && told < kFindingsMax; ++i) {
        const SeriesId id{i, slots_[i].generation};
        if (!is_missing(slots_[i]) || !samples.table().is_current(id)) continue;
        ++told;
        if (!push_if_room(out, describe_missing(slots_[i], samples.table().info(id)))) ++refused;
    }
    return refused;
}

// Once somebody has suffered from it, it stays a fault until it is usual again.
void Learned::weigh(Slot& slot, Finding& finding, Instant now, Testimony testimony) {
    const LearnedRule* rule = find_learned_rule(finding);
    if (rule == nullptr) return;
    const bool witnessed =
        now - slot.odd_since >= kLearnedConfirm && is_witnessed(*rule, finding.subject, testimony);
    slot.harms = slot.harms || witnessed;
    if (!slot.harms) return;
    finding.incident = rule->incident;
    finding.severity = Severity::Warning;
}

std::size_t Learned::report(const Samples& samples, std::vector<Finding>& out,
                            Testimony testimony) {
    order_.clear();
    for (std::uint32_t i = 0; i < slots_.size(); ++i) {
        const SeriesId id{i, slots_[i].generation};
        if (slots_[i].odd && samples.table().is_current(id)) order_.push_back(i);
    }
    const std::size_t count = std::min(order_.size(), kFindingsMax);
    std::partial_sort(order_.begin(), order_.begin() + static_cast<std::ptrdiff_t>(count),
                      order_.end(), [this](std::uint32_t a, std::uint32_t b) {
                          if (surprises_[a] != surprises_[b]) return surprises_[a] > surprises_[b];
                          return a < b;
                      });
    std::size_t refused = 0;
    if (host_odd_) {
        Finding joint;
        joint.kind = FindingKind::Joint;
        joint.severity = Severity::Info;
        joint.condition = name_of_learned(FindingKind::Joint);
        joint.since = host_odd_since_;
        joint.value = host_surprise_;
        joint.limit = host_flag_;
        joint.score = score_of(host_surprise_);
        if (!push_if_room(out, joint)) ++refused;
    }
    for (std::size_t i = 0; i < count; ++i) {
        const SeriesId id{order_[i], slots_[order_[i]].generation};
        Slot& slot = slots_[order_[i]];
        Finding finding = describe(slot, samples.table().info(id));
        weigh(slot, finding, samples.at(), testimony);
        if (!push_if_room(out, finding)) ++refused;
    }
    return refused + report_missing(samples, out);
}

std::size_t Learned::memory_bytes() const {
    return slots_.memory_bytes() + order_.capacity() * sizeof(std::uint32_t) +
           (values_.capacity() + surprises_.capacity()) * sizeof(double) +
           news_.capacity() * sizeof(SeriesNews) + host_.memory_bytes();
}

std::size_t Learned::series() const {
    std::size_t count = 0;
    for (const Slot& slot : slots_) count += slot.generation != 0 && slot.judged ? 1 : 0;
    return count;
}

std::size_t Learned::series_held() const {
    std::size_t count = 0;
    for (const Slot& slot : slots_) count += slot.judged && slot.model.is_held() ? 1 : 0;
    return count;
}

std::size_t Learned::series_ready() const {
    std::size_t count = 0;
    for (const Slot& slot : slots_) count += slot.judged && slot.model.is_ready() ? 1 : 0;
    return count;
}

}  // namespace homeostat
