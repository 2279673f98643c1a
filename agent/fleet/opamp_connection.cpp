#include "agent/fleet/opamp_connection.hpp"

#include "agent/fleet/connection_file.hpp"
#include "agent/uplink/settings.hpp"

namespace homeostat {
namespace {

// Empty: nothing is wrong with it.
std::string fault_of(const OpampMove& move, const OpampSettings& owners) {
    if (move.brings_tls) return "certificates, TLS and proxies are set by the owner of the host";
    if (std::string fault = fault_of_headers(move.headers); !fault.empty()) return fault;
    if (move.endpoint.empty()) return {};
    if (const auto usable = check_endpoint(move.endpoint); !usable) {
        return "endpoint: " + std::string(usable.error().text.view());
    }
    if (is_encrypted(owners.endpoint) && !is_encrypted(move.endpoint)) {
        return "endpoint: from https and wss there is no way to http and ws";
    }
    return {};
}

}  // namespace

OpampConnection::OpampConnection(OpampSettings owners, FleetFiles& files)
    : files_(files), owners_(std::move(owners)), current_(owners_) {
    if (owners_.accept_connection) load();
}

bool OpampConnection::begin(const OpampMove& move) {
    hash_ = move.hash;
    if (std::string fault = fault_of(move, owners_); !fault.empty()) {
        report_ = {move.hash, OfferState::Failed, std::move(fault)};
        return false;
    }
    if (!trying_) former_ = current_;
    OpampSettings next = former_;
    if (!move.endpoint.empty()) next.endpoint = move.endpoint;
    if (move.has_headers) next.headers = move.headers;
    current_ = std::move(next);
    trying_ = true;
    tries_ = 0;
    report_ = {move.hash, OfferState::Applying, ""};
    return true;
}

bool OpampConnection::note(End end, const std::string& problem, Instant now) {
    if (end == End::Good || !heard_) {  // silence counts from the first try
        heard_ = true;
        heard_at_ = now;
    }
    if (end == End::Good) {
        if (!trying_) return false;
        trying_ = false;
        moved_ = true;
        report_ = {hash_, OfferState::Applied, ""};
        save();
        return false;
    }
    if (trying_) {
        ++tries_;
        if (end == End::Silence && tries_ < kTriesMax) return false;
        current_ = former_;
        trying_ = false;
        report_ = {hash_, OfferState::Failed, "the offered connection: " + problem};
        if (moved_) save();
        return true;
    }
    if (!moved_ || now - heard_at_ < kSilenceMax) return false;
    current_ = owners_;
    moved_ = false;
    heard_at_ = now;
    report_ = {hash_, OfferState::Failed, "no good answer for an hour: back to the owner's server"};
    files_.remove(kConnectionFile);
    return true;
}

// On a disk that takes no writes the offer holds for this run.
void OpampConnection::save() const {
    (void)files_.write(
        kConnectionFile,
        to_text(ConnectionFile{hash_, owners_.endpoint, current_.endpoint, current_.headers}));
}

void OpampConnection::load() {
    const auto text = files_.read(kConnectionFile, kConnectionBytesMax);
    if (!text) return;
    auto file = parse_connection(*text);
    if (!file || file->owners != owners_.endpoint) return;  // the owner's newer word counts
    OpampSettings kept = owners_;
    kept.endpoint = std::move(file->endpoint);
    kept.headers = std::move(file->headers);
    const OpampMove move{file->hash, kept.endpoint, kept.headers, true, false};
    if (!fault_of(move, owners_).empty()) return;
    hash_ = std::move(file->hash);
    current_ = std::move(kept);
    moved_ = true;
    report_ = {hash_, OfferState::Applied, ""};
}

}  // namespace homeostat
