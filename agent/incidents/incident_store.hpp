// IncidentStore keeps incidents on this host: one small file each, in STATE/incidents.
//
//     STATE/incidents/019ab3c4-....pb     homeostat.v1.Incident (proto/homeostat/v1/incident.proto)
//
//     STATE/incidents/019ab3c4-....processes   what the processes did at its onset, as text
//
// A file is replaced as a whole at each change, so kill -9 and a full disk leave the old or the new
// one. Names are UUIDv7 and sort by birth. At most `kept_max` are kept: the oldest that are over go
// first. A file that cannot be read is skipped and counted, never in the way.
//
// What is to be shipped as well comes in two steps, with the spool between them:
//
//     019ab3c4-....next   staged: durable, and nobody sees it yet
//     019ab3c4-....pb     published
//
// So whatever anybody was shown is in the spool, too, and what a crash leaves staged is put there
// by the next start: once more at most, the same record.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/incident.hpp"
#include "core/result.hpp"

namespace homeostat {

class IncidentStore {
public:
    explicit IncidentStore(std::string state_directory, std::size_t kept_max = 500);

    // Makes its directories if they are missing. Durable when it returns Ok.
    Status stage(const Incident& incident);

    // All that was staged. The first error; the others are published all the same. The kernel
    // writes the new names when it likes: after a power cut they may be staged again.
    Status publish();

    // What a former process has staged and not published. What is not whole or not the newest goes.
    std::vector<Incident> unfinished();

    // What the processes did when it opened. Kept as long as the incident is; Errc::NotFound when
    // that is not there, because nothing would take it away.
    Status save_processes(const IncidentId& id, std::string_view text);

    // The file of it, where there is one, and what it says. Errc::NotFound without.
    struct Processes {
        std::string path;
        std::string text;
    };
    [[nodiscard]] Result<Processes> processes(const IncidentId& id) const;

    // Whether load() sees what there is: an error when the state directory is not there or cannot
    // be read. No incidents directory in it is fine: there was none yet.
    [[nodiscard]] Status check() const;

    // All that can be read, oldest first. `damaged` counts the files that could not.
    std::vector<Incident> load(std::size_t& damaged) const;

    // The incident whose id begins with `prefix` (at least 4 characters). Errc::NotFound for none,
    // Errc::Invalid when more than one fits.
    Result<Incident> find(std::string_view prefix) const;

private:
    void drop_oldest();
    [[nodiscard]] std::string path_of(std::string_view id, std::string_view suffix) const;
    [[nodiscard]] std::vector<std::string> names(std::string_view suffix) const;
    [[nodiscard]] Result<Incident> read(const std::string& name) const;

    std::string state_directory_;
    std::string directory_;
    std::size_t kept_max_;
};

}  // namespace homeostat
