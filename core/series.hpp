// Series: what is measured, of what, and under which number it is known.
//
// Collectors describe a metric once (a constant) and add values for subjects; the table gives each
// (metric, subject) a slot. Slots are allocated at start: a full table refuses new series and
// counts them, and a series not seen for a while gives its slot back. Who is not to be trusted with
// all slots (an exporter whose labels churn) is an owner with a share of its own, and so is a kind
// of subject that may come and go by the thousand (units and interfaces of containers).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/lazy_array.hpp"
#include "core/subject.hpp"
#include "core/time.hpp"

namespace homeostat {

enum class MetricKind : std::uint8_t {
    Gauge,    // goes up and down
    Counter,  // only grows, but for resets; detectors look at its rate per second
    Ratio,    // a gauge between 0 and 1
    State,    // a gauge that is 0 or 1
};

enum class Unit : std::uint8_t { None, Bytes, Seconds, Celsius, Count, PerSecond };

// The USE method's words, plus traffic (SRE) and capacity (things that can run full).
enum class Aspect : std::uint8_t { Utilisation, Saturation, Errors, Traffic, Capacity, Other };

std::string_view name_of(MetricKind kind);
std::string_view name_of(Unit unit);
std::string_view name_of(Aspect aspect);

// Constants of static storage: a series keeps the name as a view.
struct Metric {
    std::string_view name;  // snake_case, unit last: "disk_read_bytes"
    Unit unit = Unit::None;
    MetricKind kind = MetricKind::Gauge;
    Aspect aspect = Aspect::Other;
};

// A slot in the table. The generation tells a reused slot from its former series.
struct SeriesId {
    std::uint32_t slot = 0;
    std::uint32_t generation = 0;

    friend bool operator==(SeriesId, SeriesId) = default;
};

// Whose series it is. 0: this program's own collectors, which have no share and need none.
using SeriesOwner = std::uint8_t;
inline constexpr std::size_t kSeriesOwnersMax = 32;

struct SeriesInfo {
    FixedString<63> metric;  // copied, so that a scraped metric needs no constant
    Unit unit = Unit::None;
    MetricKind kind = MetricKind::Gauge;
    Aspect aspect = Aspect::Other;
    Subject subject;
    Instant last_seen;
    std::uint32_t generation = 0;
    SeriesOwner owner = 0;
    bool in_use = false;
};

class SeriesTable {
public:
    // Sets all slots aside now: about 300 bytes each.
    explicit SeriesTable(std::size_t slots_max);

    // From now on `owner` holds at most so many series at a time.
    // REQUIRES: 0 < owner < kSeriesOwnersMax.
    void set_share(SeriesOwner owner, std::size_t series_max) {
        shares_.at(owner).series_max = series_max;
    }

    // The same for all subjects of a kind, whoever owns their series.
    void set_share(SubjectKind kind, std::size_t series_max) {
        of_kind(kind).series_max = series_max;
    }

    // The series of this metric and subject, made if it is new. Nothing when the table or a share
    // is full: counted in refused(). A series stays with its first owner.
    std::optional<SeriesId> find_or_add(const Metric& metric, const Subject& subject, Instant now,
                                        SeriesOwner owner = 0);

    // The series if there is one; never adds.
    [[nodiscard]] std::optional<SeriesId> find(std::string_view metric,
                                               const Subject& subject) const;

    // Gives back the slots of series last seen before now - age. Where a kind's share is used up,
    // its own are given back after `crowded_age` already: the dead make room for the living.
    void evict_older_than(Duration age, Instant now, Duration crowded_age);
    void evict_older_than(Duration age, Instant now) { evict_older_than(age, now, age); }

    void touch(SeriesId id, Instant now) { slots_[id.slot].last_seen = now; }

    // False for an id whose slot was given back or reused.
    [[nodiscard]] bool is_current(SeriesId id) const {
        return id.slot < slots_.size() && slots_[id.slot].in_use &&
               slots_[id.slot].generation == id.generation;
    }
    // REQUIRES: the id was given by this table.
    [[nodiscard]] const SeriesInfo& info(SeriesId id) const { return slots_[id.slot]; }
    // Those that were ever in use.
    [[nodiscard]] std::span<const SeriesInfo> slots() const { return slots_; }

    [[nodiscard]] std::size_t size() const { return used_; }
    [[nodiscard]] std::size_t slots_max() const { return slots_.max(); }
    [[nodiscard]] std::uint64_t refused() const { return refused_; }
    [[nodiscard]] std::uint64_t refused(SeriesOwner owner) const {
        return shares_.at(owner).refused;
    }
    [[nodiscard]] std::size_t used(SeriesOwner owner) const { return shares_.at(owner).used; }
    [[nodiscard]] std::size_t used(SubjectKind kind) const {
        return kinds_.at(static_cast<std::size_t>(kind)).used;
    }
    [[nodiscard]] std::uint64_t evicted() const { return evicted_; }

private:
    struct Share {
        std::size_t series_max = SIZE_MAX;
        std::size_t used = 0;
        std::uint64_t refused = 0;

        [[nodiscard]] bool is_full() const { return used >= series_max; }
    };

    [[nodiscard]] Share& of_kind(SubjectKind kind) {
        return kinds_.at(static_cast<std::size_t>(kind));
    }

    [[nodiscard]] std::size_t probe(std::string_view metric, const Subject& subject) const;
    void rebuild_index();

    LazyArray<SeriesInfo> slots_;
    std::vector<std::uint32_t> index_;  // open addressing, slot + 1, 0 is empty
    std::vector<std::uint32_t> free_;   // the last one is next: those never used, lowest first
    std::array<Share, kSeriesOwnersMax> shares_{};
    std::array<Share, kSubjectKinds> kinds_{};
    std::size_t used_ = 0;
    std::uint64_t refused_ = 0;
    std::uint64_t evicted_ = 0;
};

struct Sample {
    SeriesId series;
    double value = 0;  // finite
};

// Samples is what one tick has seen: a fixed buffer that collectors append to.
class Samples {
public:
    Samples(SeriesTable& table, std::size_t samples_max);

    // Forgets the previous tick.
    void begin(Instant now);

    // Appends. A value that is not finite, or that finds no room, is dropped and counted.
    void add(const Metric& metric, const Subject& subject, double value, SeriesOwner owner = 0);
    void add(const Metric& metric, double value) { add(metric, Subject{}, value); }

    [[nodiscard]] std::span<const Sample> all() const { return {samples_.data(), size_}; }
    [[nodiscard]] Instant at() const { return at_; }
    [[nodiscard]] const SeriesTable& table() const { return table_; }
    [[nodiscard]] std::uint64_t dropped() const { return dropped_; }

    // The newest value of a series within this tick, for collectors' tests and conditions.
    [[nodiscard]] std::optional<double> value(std::string_view metric,
                                              const Subject& subject = {}) const;

private:
    SeriesTable& table_;
    std::vector<Sample> samples_;
    std::size_t size_ = 0;
    std::uint64_t dropped_ = 0;
    Instant at_;
};

}  // namespace homeostat
