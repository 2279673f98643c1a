// OpampConnection is to which OpAMP server this host speaks, and how: as the owner says in
// fleet.yml, or as a server has offered, where the owner lets servers do so.
//
// An offer is tried before it counts: the next messages go the new way, and the first good answer
// there keeps it, on disk. A server that answers anything else, or three tries without an answer,
// bring back what was before, and that server is told why. A kept one that is silent for an hour is
// left for the owner's own. No offer touches TLS: certificates, checks and proxies are the owner's,
// and from https and wss there is no way to http and ws.
#pragma once

#include <string>

#include "agent/fleet/fleet_files.hpp"
#include "agent/fleet/opamp_client.hpp"

namespace homeostat {

inline constexpr const char* kConnectionFile = "connection";

class OpampConnection {
public:
    static constexpr int kTriesMax = 3;
    static constexpr Duration kSilenceMax = hours(1);

    // `owners`: fleet.yml. What was kept before is read from `files`, which is borrowed; it is left
    // when the owner has changed the endpoint meanwhile.
    OpampConnection(OpampSettings owners, FleetFiles& files);

    // What to use for the next message.
    [[nodiscard]] const OpampSettings& settings() const { return current_; }
    // The last offer that was received, in this run or a former one.
    [[nodiscard]] const std::string& hash() const { return hash_; }
    // What to tell about it.
    [[nodiscard]] const OfferReport& report() const { return report_; }

    // True: settings() is another from now on. Otherwise report() says why the offer is refused.
    bool begin(const OpampMove& move);

    // How an exchange by settings() ended: with a good answer, with another one, or with none.
    enum class End : std::uint8_t { Good, Refused, Silence };
    // True: settings() is another from now on.
    bool note(End end, const std::string& problem, Instant now);

private:
    void save() const;
    void load();

    FleetFiles& files_;
    OpampSettings owners_;
    OpampSettings current_;
    OpampSettings former_;  // while one is tried
    std::string hash_;
    OfferReport report_;
    bool trying_ = false;
    bool moved_ = false;  // current_ is a server's, and kept
    int tries_ = 0;
    bool heard_ = false;
    Instant heard_at_;
};

}  // namespace homeostat
