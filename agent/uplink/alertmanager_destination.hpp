// AlertmanagerDestination keeps every member of a cluster told of what is wrong now.
//
// Alertmanager forgets an alert that is not repeated, and keeps nothing across a restart. So this
// is not a queue but a table of alerts: an open incident is posted to each member every minute with
// an end four minutes ahead, a resolved one for a quarter of an hour with its end in the past, and
// until at least one member has heard of it. After a restart of the agent the table is made anew
// from the local store (restore).
//
// An alert starts when it is first posted, and says in an annotation since when the fault was
// there: Alertmanager does not wait to group an alert that is older than its group_wait, so that of
// 500 hosts the first would be a notification of its own.
//
// When the severity changes, the old label set is resolved and the new one fires in one post. The
// cause that names an alert is the one it was opened with; a later one shows in its annotations.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "agent/uplink/alertmanager.hpp"
#include "agent/uplink/backoff.hpp"
#include "agent/uplink/destination.hpp"
#include "agent/uplink/settings.hpp"
#include "core/fetcher.hpp"

namespace homeostat {

class AlertmanagerDestination final : public Destination {
public:
    static constexpr std::size_t kAlertsMax = 256;  // the oldest resolved one gives way
    static constexpr std::size_t kAlertsPerPost = 64;
    static constexpr Duration kProbeInterval = minutes(5);  // after 401, 403, 404

    AlertmanagerDestination(AlertmanagerSettings settings, AgentIdentity identity, Fetcher& fetcher,
                            Duration first_send_spread, std::uint64_t seed, Instant start);

    void accept(const Incident& incident, Instant now) override;
    void restore(const Incident& incident, Instant now) override;
    void step(Instant now) override;
    [[nodiscard]] Instant next_due() const override;
    [[nodiscard]] DestinationStatus status() const override;

private:
    struct Entry {
        IncidentId id;
        Alert alert;
        Severity severity = Severity::Info;
        bool resolved = false;
        bool untold = true;    // no member has taken its newest form yet
        bool posted = false;   // some member has been asked to take it
        bool refused = false;  // a member said that it is no valid alert
        Instant resolved_at;
        // Grows with each change: the order of age, and the name under which a request remembers
        // what it told. The table may change while a request is in flight.
        std::uint64_t turn = 0;
    };
    struct Member {
        std::string url;
        Instant due;
        bool reachable = true;
    };

    void take(const Incident& incident, Instant now);
    Entry* firing_entry(const IncidentId& id);
    void fire(const Incident& incident);
    void resolve(Entry& entry, std::int64_t ended_unix_ns, Instant at);
    void make_room();
    void forget_old(Instant now);
    Entry* entry_of(std::uint64_t turn);
    std::vector<std::uint64_t> newest_of_each_alert();
    void tell(Member& member, Instant now);
    int post(Member& member, std::span<const std::uint64_t> turns, Instant now);
    void post_one_by_one(Member& member, std::span<const std::uint64_t> turns, Instant now);
    std::string body_of(std::span<const std::uint64_t> turns, Instant now);
    void note_told(std::span<const std::uint64_t> turns, Instant now);
    void note_failure(std::string_view why, DestinationState state);

    AlertmanagerSettings settings_;
    AgentIdentity identity_;
    Fetcher& fetcher_;
    std::vector<Entry> entries_;
    std::vector<Member> members_;
    std::uint64_t turns_ = 0;
    DestinationStatus status_;
};

}  // namespace homeostat
