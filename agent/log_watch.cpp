#include "agent/log_watch.hpp"

#include <algorithm>

#include "core/format.hpp"

namespace homeostat {
namespace {

constexpr int kPriorityWarning = 4;

constexpr char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Whether `word`, in lower case, stands in the text in any case.
bool has_word(std::string_view text, std::string_view word) {
    const auto found = std::search(text.begin(), text.end(), word.begin(), word.end(),
                                   [](char a, char b) { return lower(a) == b; });
    return found != text.end();
}

Event log_event(EventKind kind, const LogLine& line) {
    Event event{.at = line.at, .kind = kind, .subject = {}, .object = line.source, .text = {}};
    if (line.source.ends_with(".service")) {
        event.subject = {.kind = SubjectKind::Unit, .name = line.source};
    } else if (line.source.starts_with('/')) {
        event.subject = {.kind = SubjectKind::Target, .name = line.source};
    }
    return event;
}

}  // namespace

bool names_trouble(std::string_view text) {
    constexpr std::size_t kLookedAt = 256;  // what matters stands at the start of a line
    const std::string_view head = text.substr(0, kLookedAt);
    for (const std::string_view word : {"error", "fail", "fatal", "panic", "exception", "denied",
                                        "refused", "timed out", "timeout", "corrupt", "critical"}) {
        if (has_word(head, word)) return true;
    }
    return false;
}

void LogWatch::take(const LogLine& line) {
    start(line.at);
    if (line.at - window_began_ >= kWindow) close_window(line.at);
    ++lines_;
    if (line.text.empty()) return;
    const LogTemplates::Match match = templates_.observe(line.text);
    Rate& rate = rate_of(match.id);
    ++rate.in_window;
    if (line.at - began_ < kFirstLook) rate.was_there = true;
    if (match.is_new && line.at - began_ >= kLearnFor) note_new(line, match);
    note_burst(line, match, rate);
}

LogWatch::Rate& LogWatch::rate_of(std::uint32_t id) {
    Rate& rate = rates_[id % rates_.size()];
    if (rate.id != id) rate = {.id = id};
    return rate;
}

void LogWatch::note_new(const LogLine& line, const LogTemplates::Match& match) {
    if (line.priority > kPriorityWarning && !names_trouble(line.text)) return;
    if (++new_in_window_ > kNewPerWindowMax) return;
    Event event = log_event(EventKind::LogPatternNew, line);
    format_into(event.object, " #{}", match.id);
    format_into(event.text, "new in the log of {}: {}", line.source, line.text);
    found_.add(event);
}

namespace {

// It was met in a window before this one.
bool has_usual_rate(const LogTemplates::Match& match, std::uint32_t in_window) {
    return match.count > in_window;
}

}  // namespace

bool LogWatch::is_burst(const LogLine& line, const LogTemplates::Match& match,
                        const Rate& rate) const {
    return rate.in_window >= kBurstLines &&
           rate.in_window >= kBurstTimes * std::max(rate.usual_max, 1U) &&
           has_usual_rate(match, rate.in_window) && line.at - began_ >= kLearnFor;
}

bool LogWatch::is_flood(const LogLine& line, const LogTemplates::Match& match, const Rate& rate) {
    if (rate.in_window < kFloodOfTroubleLines) return false;
    if (rate.in_window < kBurstTimes * std::max(rate.usual_max, 1U)) return false;
    if (!has_usual_rate(match, rate.in_window) && rate.was_there) return false;
    const bool trouble = line.priority <= kPriorityWarning || names_trouble(line.text);
    return trouble || rate.in_window >= kFloodLines;
}

void LogWatch::note_burst(const LogLine& line, const LogTemplates::Match& match, Rate& rate) {
    if (rate.flood_told) return;
    rate.flood_told = is_flood(line, match, rate);
    if (!rate.flood_told && (rate.told || !is_burst(line, match, rate))) return;
    rate.told = true;
    Event event = log_event(EventKind::LogBurst, line);
    // One and the other may come in the same tick: they are not the same fact.
    format_into(event.object, " #{}{}", match.id, rate.flood_told ? " flood" : "");
    format_into(event.text, "{}{} lines within a minute from {}, at most {} before: {}",
                rate.flood_told ? kFlood : std::string_view{}, rate.in_window, line.source,
                rate.usual_max, match.text);
    found_.add(event);
}

// The largest count fades by a tenth each window: what was usual once is not for ever.
void LogWatch::close_window(Instant now) {
    for (Rate& rate : rates_) {
        const std::uint32_t faded = rate.usual_max - (rate.usual_max + 9) / 10;
        rate.usual_max = std::max(rate.in_window, faded);
        rate.in_window = 0;
        rate.told = false;
        rate.flood_told = false;
        rate.was_there = false;
    }
    new_in_window_ = 0;
    window_began_ = now;
}

// A log may be silent for long after we began to listen.
void LogWatch::start(Instant now) {
    if (started_) return;
    started_ = true;
    began_ = now;
    window_began_ = now;
}

void LogWatch::report(Instant now, Events& out) {
    start(now);
    if (now - window_began_ >= kWindow) close_window(now);
    for (const Event& event : found_.all()) out.add(event);
    found_.begin();
}

}  // namespace homeostat
