#include "agent/uplink/alertmanager_destination.hpp"

#include <algorithm>

#include "agent/uplink/status_code.hpp"
#include "agent/uplink/utf8.hpp"

namespace homeostat {
namespace {

constexpr Instant kNever{.monotonic_ns = INT64_MAX, .unix_ns = 0};
constexpr std::size_t kShownBytesMax = 200;
constexpr std::size_t kResponseMax = 64U << 10U;
// An alert ends by itself after so many resends that did not come. Two would flap.
constexpr std::int64_t kEndsAfterResends = 4;

std::string alerts_url(std::string_view base) {
    while (!base.empty() && base.back() == '/') base.remove_suffix(1);
    return std::string(base) + "/api/v2/alerts";
}

bool is_success(int status) {
    return status >= 200 && status < 300;
}

}  // namespace

AlertmanagerDestination::AlertmanagerDestination(AlertmanagerSettings settings,
                                                 AgentIdentity identity, Fetcher& fetcher,
                                                 Duration first_send_spread, std::uint64_t seed,
                                                 Instant start)
    : settings_(std::move(settings)), identity_(std::move(identity)), fetcher_(fetcher) {
    status_.name = settings_.name;
    Instant due = start;
    if (first_send_spread.ns > 0) due = start + JitterRandom(~seed).below(first_send_spread);
    for (const std::string& url : settings_.urls) {
        members_.push_back({.url = alerts_url(url), .due = due});
    }
}

// ---- The table
// -----------------------------------------------------------------------------------

void AlertmanagerDestination::accept(const Incident& incident, Instant now) {
    const std::uint64_t turns = turns_;
    take(incident, now);
    if (turns == turns_) return;
    for (Member& member : members_) {
        // A change is told at once, but for the spread after start and to who is out of reach.
        if (member.reachable && status_.requests > 0) member.due = std::min(member.due, now);
    }
}

void AlertmanagerDestination::restore(const Incident& incident, Instant now) {
    const Duration age{now.unix_ns - incident.ended.unix_ns};
    if (incident.is_over() && age > settings_.resolved_resend_for) return;
    take(incident, now);
}

void AlertmanagerDestination::take(const Incident& incident, Instant now) {
    if (std::max(incident.severity, incident.peak_severity) < settings_.severity_min) return;
    Entry* entry = firing_entry(incident.id);
    if (incident.is_over()) {
        if (entry == nullptr) {
            fire(incident);
            entry = &entries_.back();
        }
        entry->alert.annotations = alert_annotations(incident);
        resolve(*entry, incident.ended.unix_ns, now);
        return;
    }
    if (entry != nullptr && entry->severity == incident.severity) {
        entry->alert.annotations = alert_annotations(incident);
        entry->untold = true;
        entry->turn = ++turns_;
        return;
    }
    if (entry != nullptr) resolve(*entry, now.unix_ns, now);
    fire(incident);
}

AlertmanagerDestination::Entry* AlertmanagerDestination::firing_entry(const IncidentId& id) {
    for (Entry& entry : entries_) {
        if (entry.id == id && !entry.resolved) return &entry;
    }
    return nullptr;
}

void AlertmanagerDestination::fire(const Incident& incident) {
    make_room();
    Entry entry{.id = incident.id, .alert = {}, .severity = incident.severity, .resolved_at = {}};
    if (incident.is_over()) entry.severity = incident.peak_severity;
    entry.alert.labels = alert_labels(incident, entry.severity, settings_, identity_);
    entry.alert.annotations = alert_annotations(incident);
    entry.alert.starts_unix_ns = incident.opened.unix_ns;
    entry.turn = ++turns_;
    entries_.push_back(std::move(entry));
}

void AlertmanagerDestination::resolve(Entry& entry, std::int64_t ended_unix_ns, Instant at) {
    entry.resolved = true;
    entry.untold = true;
    entry.resolved_at = at;
    // An end before the start is refused; a wall clock that was set may give one.
    entry.alert.ends_unix_ns = std::max(ended_unix_ns, entry.alert.starts_unix_ns);
    entry.turn = ++turns_;
}

void AlertmanagerDestination::make_room() {
    if (entries_.size() < kAlertsMax) return;
    const auto first =
        std::min_element(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
            if (a.resolved != b.resolved) return a.resolved;
            return a.turn < b.turn;
        });
    if (first->untold) ++status_.dropped;
    entries_.erase(first);
}

void AlertmanagerDestination::forget_old(Instant now) {
    std::erase_if(entries_, [&](const Entry& entry) {
        const bool told_long_enough = entry.resolved && !entry.untold &&
                                      now - entry.resolved_at > settings_.resolved_resend_for;
        return told_long_enough || (entry.refused && entry.resolved);
    });
}

// ---- The members
// ---------------------------------------------------------------------------------

void AlertmanagerDestination::step(Instant now) {
    forget_old(now);
    if (entries_.empty()) return;
    for (Member& member : members_) {
        if (now >= member.due) tell(member, now);
    }
}

void AlertmanagerDestination::tell(Member& member, Instant now) {
    member.due = now + settings_.resend;
    const std::vector<std::uint64_t> turns = newest_of_each_alert();
    std::span<const std::uint64_t> rest(turns);
    while (!rest.empty()) {
        const auto some = rest.first(std::min(kAlertsPerPost, rest.size()));
        rest = rest.subspan(some.size());
        const int status = post(member, some, now);
        if (status == 400 || status == 422) {
            post_one_by_one(member, some, now);
        } else if (!is_success(status)) {
            return;  // the next resend covers it
        }
    }
}

// The end of one incident must not end the alert of another one with the same labels.
std::vector<std::uint64_t> AlertmanagerDestination::newest_of_each_alert() {
    std::vector<std::uint64_t> turns;
    for (Entry& entry : entries_) {
        const bool superseded = std::any_of(entries_.begin(), entries_.end(), [&](const Entry& e) {
            const bool newer = e.resolved == entry.resolved ? e.turn > entry.turn : entry.resolved;
            return newer && !e.refused && e.alert.labels == entry.alert.labels;
        });
        if (superseded) entry.untold = false;
        if (!superseded && !entry.refused) turns.push_back(entry.turn);
    }
    return turns;
}

// Null when it has changed since.
AlertmanagerDestination::Entry* AlertmanagerDestination::entry_of(std::uint64_t turn) {
    const auto found = std::find_if(entries_.begin(), entries_.end(),
                                    [turn](const Entry& entry) { return entry.turn == turn; });
    return found == entries_.end() ? nullptr : &*found;
}

// One alert that is not valid makes Alertmanager refuse the post, in part or as a whole: find it.
void AlertmanagerDestination::post_one_by_one(Member& member, std::span<const std::uint64_t> turns,
                                              Instant now) {
    for (const std::uint64_t& turn : turns) {
        const int status = post(member, {&turn, 1}, now);
        if (status == 400 || status == 422) {
            Entry* entry = entry_of(turn);
            if (entry == nullptr) continue;
            entry->refused = true;
            ++status_.dropped;
        } else if (!is_success(status)) {
            return;
        }
    }
}

std::string AlertmanagerDestination::body_of(std::span<const std::uint64_t> turns, Instant now) {
    std::string body = "[";
    for (const std::uint64_t turn : turns) {
        Entry* entry = entry_of(turn);
        if (entry == nullptr) continue;
        Alert& alert = entry->alert;
        if (!entry->posted) alert.starts_unix_ns = std::max(alert.starts_unix_ns, now.unix_ns);
        entry->posted = true;
        alert.ends_unix_ns = std::max(alert.ends_unix_ns, alert.starts_unix_ns);
        if (!entry->resolved) {
            entry->alert.ends_unix_ns = (now + settings_.resend * kEndsAfterResends).unix_ns;
        }
        if (body.size() > 1) body += ',';
        body += alert_json(entry->alert, settings_.generator_url);
    }
    return body + ']';
}

void AlertmanagerDestination::note_told(std::span<const std::uint64_t> turns, Instant now) {
    for (const std::uint64_t turn : turns) {
        Entry* entry = entry_of(turn);
        if (entry == nullptr) continue;
        if (entry->untold) ++status_.sent;
        entry->untold = false;
    }
    status_.state = DestinationState::Ok;
    status_.last_error.clear();
    status_.last_success_ns = now.unix_ns;
}

// The HTTP status; 0 when there was no answer.
int AlertmanagerDestination::post(Member& member, std::span<const std::uint64_t> turns,
                                  Instant now) {
    HttpRequest request{.method = "POST",
                        .url = member.url,
                        .headers = {{"Content-Type", "application/json"},
                                    {"User-Agent", "homeostat/" + identity_.version}},
                        .body = body_of(turns, now),
                        .tls = settings_.tls,
                        .connect_timeout = settings_.connect_timeout,
                        .timeout = settings_.timeout,
                        .response_max = kResponseMax};
    for (const HttpHeader& header : settings_.headers) request.headers.push_back(header);
    ++status_.requests;  // before: what comes while it is in flight is told at once, too
    const auto answer = fetcher_.fetch(request);
    status_.bytes_raw += request.body.size();
    status_.bytes_wire += request.body.size();
    const int status = answer ? answer->status : 0;
    ++status_.codes[counted_status(status)];
    member.reachable = is_success(status);
    if (is_success(status)) {
        note_told(turns, now);
        return status;
    }
    if (!answer) {
        note_failure(answer.error().text, DestinationState::Waiting);
        return 0;
    }
    const std::string why =
        fmt::format("HTTP {}: {}", status, to_printable(answer->body, kShownBytesMax));
    const bool holds = status == 401 || status == 403 || status == 404;
    if (holds) member.due = now + kProbeInterval;
    const auto asked = parse_retry_after(answer->retry_after, now.unix_ns);
    if (asked) member.due = std::max(member.due, now + *asked);
    const bool refused = status >= 400 && status < 500 && status != 429 && !holds;
    note_failure(why, holds     ? DestinationState::Holding
                      : refused ? DestinationState::Failing
                                : DestinationState::Waiting);
    return status;
}

void AlertmanagerDestination::note_failure(std::string_view why, DestinationState state) {
    ++status_.failures;
    status_.state = state;
    status_.last_error = why;
}

Instant AlertmanagerDestination::next_due() const {
    Instant due = kNever;
    if (entries_.empty()) return due;
    for (const Member& member : members_) due = std::min(due, member.due);
    return due;
}

DestinationStatus AlertmanagerDestination::status() const {
    DestinationStatus status = status_;
    for (const Entry& entry : entries_) status.queued += entry.untold && !entry.refused ? 1 : 0;
    return status;
}

}  // namespace homeostat
