// Evidence answers what an incident may ask at its onset, from the collectors' and the recorder's
// memory and by a few looks at the host. Bounded work, no allocation.
#pragma once

#include "agent/incidents/flight_recorder.hpp"
#include "agent/incidents/incident_engine.hpp"
#include "collectors/grown_files.hpp"
#include "collectors/socket_users.hpp"
#include "collectors/workbench.hpp"
#include "detectors/catalogue.hpp"

namespace homeostat {

class Evidence final : public EvidenceSource {
public:
    // All of it is the caller's and outlives this.
    Evidence(Workbench& bench, const Root& root, const SeriesTable& series,
             const FlightRecorder& recorder, std::span<const Condition> conditions);

    // A tick begins.
    void begin(Instant now) { now_ = now; }

    ProcessList processes_for(const Subject& subject, std::string_view kind) override;
    Peer peer() override { return peer_; }
    std::optional<GrownPlace> grown_beneath(const Subject& mount, std::string_view kind,
                                            Instant onset) override;
    Subject beneath(const Subject& subject) override;
    Counsel counsel_for(std::string_view condition) override;
    Snippet snippet_of(std::string_view metric, const Subject& subject) override;
    std::optional<double> value_of(std::string_view metric, const Subject& subject) override;

private:
    ProcessList socket_holders(std::string_view kind);
    ProcessList memory_users(std::string_view unit);
    ProcessList starters(std::string_view unit);
    ProcessList with_parent(const ProcessList& many);
    // The tmpfs that holds most memory; `of_used` is its share of all memory in use.
    struct MemoryMount {
        FixedString<127> point;  // empty: none holds much
        double bytes = 0;
        double of_used = 0;
    };
    MemoryMount fullest_tmpfs();
    std::optional<GrownPlace> grown_in_memory(Instant onset);
    bool is_local(std::string_view mount);
    [[nodiscard]] double of_used(const GrownPlace& place, std::string_view mount,
                                 bool inodes) const;

    Workbench& bench_;
    const Root& root_;
    const SeriesTable& series_;
    const FlightRecorder& recorder_;
    std::span<const Condition> conditions_;
    Instant now_;
    Peer peer_;              // of the last processes_for()
    GrownFiles grown_;       // the search that goes on, or the last one
    Instant grown_at_;       // its last piece
    MemoryMount in_memory_;  // that the search is about, if it is about one
};

}  // namespace homeostat
