// JournaldExporter writes incidents into the systemd journal, by its native protocol.
//
// One datagram an incident record: "KEY=value\n", or for a value with a line break
// "KEY\n" + its length as 64 bits little-endian + value + "\n" (systemd, "Native Journal
// Protocol"). A message too large for a datagram goes as a sealed memfd.
//
//     journalctl -t homeostat MESSAGE_ID=d1a5f7a1c6f04c5d9f6f8a3b0e7c2b41
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/uplink/exporter.hpp"
#include "agent/uplink/settings.hpp"
#include "core/result.hpp"

namespace homeostat {

// One constant for each kind of event, drawn at random once and for all.
inline constexpr const char* kJournalIncidentOpened = "d1a5f7a1c6f04c5d9f6f8a3b0e7c2b41";
inline constexpr const char* kJournalIncidentUpdated = "5b8e0e3d7a9f4f2c8c1d6f4e2a7b9035";
inline constexpr const char* kJournalIncidentResolved = "e94c2f6b31d84a0fb57a9d0c4f8e6127";
inline constexpr const char* kJournalRecordsLost = "7f30c8d95e2b4416a1b8e6d2093c5fa4";

// Appends one field. A key that the journal would not take ([A-Z0-9_], at most 64, no '_' first)
// is left out.
void append_journal_field(std::string_view key, std::string_view value, std::string& out);

// The datagram of one record.
std::string journal_message(const Incident& incident);
std::string journal_message(const Gap& gap);

// syslog's: critical 2, error 3, warning 4, info 6; the end of an incident is 5, notice.
int journal_priority(const Incident& incident);

class JournaldExporter final : public Exporter {
public:
    explicit JournaldExporter(JournaldSettings settings);

    void begin() override { messages_.clear(); }
    bool add(const Incident& incident, const Gap& gap, Instant now) override;
    Outcome send(Instant now) override;
    [[nodiscard]] std::size_t records_max() const override;
    [[nodiscard]] bool is_remote() const override { return false; }

private:
    JournaldSettings settings_;
    std::vector<std::string> messages_;
};

}  // namespace homeostat
