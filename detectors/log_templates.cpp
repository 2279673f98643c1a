#include "detectors/log_templates.hpp"

#include <algorithm>
#include <cassert>
#include <limits>

#include "core/hash.hpp"

namespace homeostat {
namespace {

constexpr std::string_view kValue = "<*>";
constexpr double kSameShare = 0.6;  // of the words that must agree; Drain takes 0.4 to 0.7

}  // namespace

// What filing needs to know of a line.
struct LogTemplates::Line {
    explicit Line(std::string_view text) : words(log_words(text)) {
        for (const LogWord& word : words) {
            const auto kind = static_cast<std::uint64_t>(word.kind);
            const bool printed = word.kind == WordKind::Plain || word.kind == WordKind::Mark;
            if (word.kind != WordKind::Mark) ++told;
            if (!printed && holes < kHolesMax) {
                const auto hash = static_cast<std::uint32_t>(fnv1a(word.text)) | 1U;
                names[holes] = word.kind == WordKind::Soft ? hash : 0;
                ++holes;
            }
            skeleton = printed ? mix(fnv1a(word.text, skeleton) + kind) : mix(skeleton + 1);
        }
    }

    LogWords words;
    std::uint64_t skeleton = 0x5851F42D4C957F2DULL;
    std::array<std::uint32_t, kHolesMax> names{};  // 0: a value
    std::size_t holes = 0;
    std::size_t told = 0;  // words that are no marks
};

LogTemplates::LogTemplates(std::size_t templates_max)
    : templates_(templates_max), met_at_(templates_max), drawers_(2 * templates_max, kNone) {
    assert(templates_max > 0 && templates_max <= kTemplatesMax);
}

std::uint16_t& LogTemplates::drawer_of(std::uint64_t skeleton) {
    return drawers_[skeleton % drawers_.size()];
}

LogTemplates::Match LogTemplates::observe(std::string_view text) {
    if (lines_ == std::numeric_limits<std::uint32_t>::max()) {  // keeps the order, roughly
        for (std::uint32_t& at : met_at_) at /= 2;
        lines_ /= 2;
    }
    ++lines_;
    const Line line(text);
    std::uint16_t place = find(line);
    const bool is_new = place == kNone;
    if (is_new) {
        place = add(line);
    } else {
        join(templates_[place], line);
    }
    Template& known = templates_[place];
    met_at_[place] = lines_;
    ++known.count;
    return {known.id, is_new, known.count, known.text.view()};
}

// The template of the line's drawer that shares most names with it, if that is enough of them.
std::uint16_t LogTemplates::find(const Line& line) {
    std::uint16_t best = kNone;
    std::size_t best_misses = line.holes + 1;
    for (std::uint16_t i = drawer_of(line.skeleton); i != kNone; i = templates_[i].next) {
        const Template& known = templates_[i];
        if (known.skeleton != line.skeleton) continue;
        std::size_t misses = 0;
        for (std::size_t k = 0; k < line.holes; ++k) {
            if (known.names[k] != 0 && known.names[k] != line.names[k]) ++misses;
        }
        if (misses < best_misses) {
            best = i;
            best_misses = misses;
        }
    }
    const auto agreeing = static_cast<double>(line.told) - static_cast<double>(best_misses);
    return agreeing >= kSameShare * static_cast<double>(line.told) ? best : kNone;
}

void LogTemplates::join(Template& known, const Line& line) {
    bool changed = false;
    for (std::size_t k = 0; k < line.holes; ++k) {
        if (known.names[k] == 0 || known.names[k] == line.names[k]) continue;
        known.names[k] = 0;
        changed = true;
    }
    if (changed) write_text(known, line);
}

std::uint16_t LogTemplates::add(const Line& line) {
    const std::uint16_t place = free_place();
    Template& known = templates_[place];
    std::uint16_t& drawer = drawer_of(line.skeleton);
    known.skeleton = line.skeleton;
    known.count = 0;
    known.id = ++last_id_;
    known.names = line.names;
    known.next = drawer;
    drawer = place;
    write_text(known, line);
    return place;
}

std::uint16_t LogTemplates::free_place() {
    if (used_ < templates_.max()) {
        templates_.touch(used_);
        return static_cast<std::uint16_t>(used_++);
    }
    const auto oldest = std::min_element(met_at_.begin(), met_at_.end()) - met_at_.begin();
    const auto place = static_cast<std::uint16_t>(oldest);
    unlink(place);
    ++forgotten_;
    return place;
}

void LogTemplates::unlink(std::uint16_t place) {
    std::uint16_t* link = &drawer_of(templates_[place].skeleton);
    while (*link != place) link = &templates_[*link].next;
    *link = templates_[place].next;
}

void LogTemplates::write_text(Template& known, const Line& line) {
    known.text.clear();
    std::size_t hole = 0;
    for (const LogWord& word : line.words) {
        if (word.spaced) known.text.append(" ");
        bool value = word.kind == WordKind::Value;
        const bool printed = word.kind == WordKind::Plain || word.kind == WordKind::Mark;
        if (!printed && hole < kHolesMax) value = known.names[hole++] == 0;
        known.text.append(value ? kValue : word.text);
    }
}

std::vector<LogTemplates::Summary> LogTemplates::by_count() const {
    std::vector<Summary> all;
    for (std::size_t i = 0; i < used_; ++i) {
        const Template& known = templates_[i];
        all.push_back({known.id, known.count, known.text.view()});
    }
    std::sort(all.begin(), all.end(), [](const Summary& a, const Summary& b) {
        return a.count != b.count ? a.count > b.count : a.id < b.id;
    });
    return all;
}

std::size_t LogTemplates::memory_bytes() const {
    return templates_.memory_bytes() + met_at_.capacity() * sizeof(std::uint32_t) +
           drawers_.capacity() * sizeof(std::uint16_t);
}

}  // namespace homeostat
