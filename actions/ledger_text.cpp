// The ledger as text: a checksum, then JSON.
#include <array>
#include <nlohmann/json.hpp>

#include "actions/json_fields.hpp"
#include "actions/ledger.hpp"
#include "actions/sha256.hpp"

namespace homeostat {
namespace {

constexpr int kLedgerVersion = 2;

constexpr std::array<Outcome, 6> kOutcomes{Outcome::Started,     Outcome::Effective,
                                           Outcome::Ineffective, Outcome::Harmful,
                                           Outcome::Unknown,     Outcome::Failed};

bool take_entry(const nlohmann::json& json, LedgerApproval& approval) {
    return json.is_object() && take(json, "rule", approval.rule) &&
           take(json, "target", approval.target) && take(json, "until_ns", approval.until_ns);
}

bool take_entry(const nlohmann::json& json, LedgerRecord& record) {
    return json.is_object() && take(json, "rule", record.rule) &&
           take(json, "approved", record.approved) && take(json, "effective", record.effective) &&
           record.effective >= 0 && record.effective <= record.approved;
}

bool take_entry(const nlohmann::json& json, LedgerRun& run) {
    std::string outcome;
    if (!json.is_object() || !take(json, "rule", run.rule) || !take(json, "target", run.target) ||
        !take(json, "began_ns", run.began_ns) || !take(json, "ended_ns", run.ended_ns) ||
        !take(json, "outcome", outcome) || !take(json, "dry", run.dry) ||
        !take(json, "recommended", run.recommended)) {
        return false;
    }
    // Not in a ledger of before 0.3.
    if (json.contains("incident") && !take(json, "incident", run.incident)) return false;
    if (json.contains("by_person") && !take(json, "by_person", run.by_person)) return false;
    for (const Outcome known : kOutcomes) {
        if (outcome != name_of(known)) continue;
        run.outcome = known;
        return true;
    }
    return false;
}

bool take_entry(const nlohmann::json& json, ShareChange& change) {
    return json.is_object() && take(json, "property", change.property) &&
           take(json, "before", change.before) && take(json, "during", change.during);
}

bool take_entry(const nlohmann::json& json, LedgerUndo& undo);

// A list of entries; false when it is missing, too long, or one of them is incomplete.
template <typename Entry>
bool take_list(const nlohmann::json& json, const char* key, std::size_t count_max,
               std::vector<Entry>& out) {
    const auto list = json.find(key);
    if (list == json.end() || !list->is_array() || list->size() > count_max) return false;
    for (const auto& item : *list) {
        Entry entry;
        if (!take_entry(item, entry)) return false;
        out.push_back(std::move(entry));
    }
    return true;
}

constexpr std::size_t kChangesMax = 8;  // of one restraint

bool take_entry(const nlohmann::json& json, LedgerUndo& undo) {
    return json.is_object() && take(json, "rule", undo.rule) && take(json, "target", undo.target) &&
           take(json, "incident", undo.incident) && take(json, "playbook", undo.playbook) &&
           take(json, "until_ns", undo.until_ns) && take(json, "began_ns", undo.began_ns) &&
           take(json, "tries", undo.tries) && take_list(json, "changes", kChangesMax, undo.changes);
}

nlohmann::json json_of(const LedgerUndo& undo) {
    nlohmann::json changes = nlohmann::json::array();
    for (const ShareChange& change : undo.changes) {
        changes.push_back(
            {{"property", change.property}, {"before", change.before}, {"during", change.during}});
    }
    return {{"rule", undo.rule},         {"target", undo.target},
            {"incident", undo.incident}, {"playbook", undo.playbook},
            {"until_ns", undo.until_ns}, {"began_ns", undo.began_ns},
            {"tries", undo.tries},       {"changes", std::move(changes)}};
}

}  // namespace

// <sha256 of the rest, hexadecimal>\n<JSON>\n
std::string Ledger::to_text() const {
    nlohmann::json runs = nlohmann::json::array();
    for (const LedgerRun& run : runs_) {
        runs.push_back({{"rule", run.rule},
                        {"target", run.target},
                        {"incident", run.incident},
                        {"began_ns", run.began_ns},
                        {"ended_ns", run.ended_ns},
                        {"outcome", std::string(name_of(run.outcome))},
                        {"dry", run.dry},
                        {"recommended", run.recommended},
                        {"by_person", run.by_person}});
    }
    nlohmann::json approvals = nlohmann::json::array();
    for (const LedgerApproval& approval : approvals_) {
        approvals.push_back({{"rule", approval.rule},
                             {"target", approval.target},
                             {"until_ns", approval.until_ns}});
    }
    nlohmann::json records = nlohmann::json::array();
    for (const LedgerRecord& record : records_) {
        records.push_back({{"rule", record.rule},
                           {"approved", record.approved},
                           {"effective", record.effective}});
    }
    nlohmann::json undos = nlohmann::json::array();
    for (const LedgerUndo& undo : undos_) undos.push_back(json_of(undo));
    const nlohmann::json json{{"version", kLedgerVersion},
                              {"boot_id", boot_id_},
                              {"monotonic_ns", monotonic_ns_},
                              {"unix_ns", unix_ns_},
                              {"time_ns", time_ns_},
                              {"runs", std::move(runs)},
                              {"approvals", std::move(approvals)},
                              {"records", std::move(records)},
                              {"undos", std::move(undos)},
                              {"paused_until_ns", paused_until_ns_}};
    const std::string body =
        json.dump(1, ' ', true, nlohmann::json::error_handler_t::replace) + "\n";
    return std::string(sha256_hex(body).view()) + "\n" + body;
}

Result<Ledger> Ledger::parse(std::string_view text) {
    const auto fault = [](std::string_view what) {
        return make_error(Errc::Parse, "ledger: {}", what);
    };
    if (text.size() < kSha256HexSize + 1 || text[kSha256HexSize] != '\n') {
        return fault("cut short");
    }
    const std::string_view body = text.substr(kSha256HexSize + 1);
    if (sha256_hex(body).view() != text.substr(0, kSha256HexSize)) {
        return fault("its content does not match its checksum");
    }
    const auto json = nlohmann::json::parse(body, nullptr, false);
    if (!json.is_object()) return fault("no JSON object");
    Ledger ledger;
    std::int64_t version = 0;
    if (!take(json, "version", version) || version != kLedgerVersion) {
        return fault("made by another version");
    }
    if (!take(json, "boot_id", ledger.boot_id_) ||
        !take(json, "monotonic_ns", ledger.monotonic_ns_) ||
        !take(json, "unix_ns", ledger.unix_ns_) || !take(json, "time_ns", ledger.time_ns_) ||
        !take_list(json, "runs", kRunsMax, ledger.runs_) ||
        !take_list(json, "approvals", kApprovalsMax, ledger.approvals_) ||
        !take_list(json, "records", kRecordsMax, ledger.records_)) {
        return fault("a field is missing or wrong");
    }
    // Not in a ledger of a version without them.
    const bool undos =
        !json.contains("undos") || take_list(json, "undos", kUndosMax, ledger.undos_);
    const bool pause =
        !json.contains("paused_until_ns") || take(json, "paused_until_ns", ledger.paused_until_ns_);
    if (!undos || !pause) return fault("a field is missing or wrong");
    return ledger;
}

}  // namespace homeostat
