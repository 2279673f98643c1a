#include "collectors/unit_news.hpp"

#include <algorithm>
#include <array>

namespace homeostat {
namespace {

constexpr std::string_view kStarted = "39f53479d3a045ac8e11786248231fbf";
constexpr std::string_view kStopped = "9d1aaa27d60140bd96365438aad20286";
constexpr std::string_view kRestartScheduled = "5eb03494b6584870a536b337290809b3";
constexpr std::string_view kFailed = "d9b373ed55a64feb8242e02dbe79a49c";
constexpr std::string_view kStartFailed = "be02cf6855d2428ba40df7e9d022f03d";

constexpr Duration kFailureWaits = seconds(2);

constexpr std::array<std::string_view, 2> kUnitDirectories{"etc/systemd/system/",
                                                           "lib/systemd/system/"};

Event unit_event(EventKind kind, std::string_view unit, std::string_view text, Instant at) {
    return {.at = at,
            .kind = kind,
            .subject = {.kind = SubjectKind::Unit, .name = unit},
            .object = unit,
            .text = text};
}

}  // namespace

bool has_timer(const Files& files, std::string_view unit) {
    constexpr std::string_view kService = ".service";
    if (!unit.ends_with(kService)) return false;
    std::string_view stem = unit.substr(0, unit.size() - kService.size());
    const auto at = stem.find('@');
    if (at != std::string_view::npos) stem = stem.substr(0, at + 1);
    for (const std::string_view directory : kUnitDirectories) {
        FixedString<127> path(directory);
        path.append(stem);
        path.append(".timer");
        if (!path.truncated() && files.stamp(path.c_str(), Links::Follow)) return true;
    }
    return false;
}

bool is_notable_unit(std::string_view name) {
    constexpr std::array<std::string_view, 4> kKinds{".service", ".mount", ".socket", ".swap"};
    return std::any_of(kKinds.begin(), kKinds.end(),
                       [name](std::string_view kind) { return name.ends_with(kind); }) &&
           !name.starts_with("user@") && !name.starts_with("user-runtime-dir@");
}

void UnitNews::read(const JournalEntry& entry, const Files& files, Instant now, Events& events) {
    const std::string_view unit = entry.about_unit;
    if (entry.pid != 1 || !is_notable_unit(unit)) return;
    const std::string_view id = entry.message_id;
    if (id == kStarted) {
        const auto kind = has_timer(files, unit) ? EventKind::TimerRan : EventKind::UnitStarted;
        events.add(unit_event(kind, unit, entry.message, now));
    } else if (id == kStopped) {
        events.add(unit_event(EventKind::UnitStopped, unit, entry.message, now));
    } else if (id == kRestartScheduled) {
        ++restarts_;
        forget_failure(unit);
        events.add(unit_event(EventKind::UnitRestarted, unit, entry.message, now));
    } else if (id == kFailed || id == kStartFailed) {
        note_failure(entry, now, events);
    }
}

// What happens with a full table is told at once: better twice than never.
void UnitNews::note_failure(const JournalEntry& entry, Instant now, Events& events) {
    for (Failure& known : pending_) {
        if (known.unit == entry.about_unit.view()) return;
    }
    const Failure failure{.unit = entry.about_unit, .text = entry.message.view(), .at = now};
    if (pending_.push(failure)) return;
    ++failures_;
    events.add(unit_event(EventKind::UnitFailed, failure.unit, failure.text, now));
}

void UnitNews::forget_failure(std::string_view unit) {
    for (std::size_t i = 0; i < pending_.size(); ++i) {
        if (!(pending_[i].unit == unit)) continue;
        pending_[i] = pending_.back();
        pending_.shrink(pending_.size() - 1);
        return;
    }
}

void UnitNews::settle(Instant now, Events& events) {
    for (std::size_t i = pending_.size(); i > 0; --i) {
        const Failure failure = pending_[i - 1];
        if (now - failure.at < kFailureWaits) continue;
        ++failures_;
        events.add(unit_event(EventKind::UnitFailed, failure.unit, failure.text, failure.at));
        forget_failure(failure.unit);
    }
}

}  // namespace homeostat
