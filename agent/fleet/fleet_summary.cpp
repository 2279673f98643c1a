#include "agent/fleet/fleet_summary.hpp"

#include <nlohmann/json.hpp>

#include "actions/minisign.hpp"
#include "core/file.hpp"
#include "core/format.hpp"

namespace homeostat {
namespace {

constexpr std::string_view kFrom = "from ";
constexpr std::string_view kSourceEnd = "; ";

std::string text_of(std::int64_t unix_ns) {
    return std::string(rfc3339(unix_ns).view().substr(0, 19)) + "Z";
}

std::optional<Bundle> read_bundle(const std::string& directory, const BundleRef& ref) {
    if (!ref.known()) return std::nullopt;
    const auto text = read_file(directory + "/" + ref.file(), kBundleBytesMax);
    if (!text) return std::nullopt;
    const auto parts = split_signed(*text);
    if (!parts) return std::nullopt;
    auto bundle = parse_bundle("bundle", parts->body);
    if (!bundle || bundle->digest.view() != ref.digest) return std::nullopt;
    return std::move(*bundle);
}

}  // namespace

std::string with_source(std::string_view source, std::string_view text) {
    if (source.empty()) return std::string(text);
    return fmt::format("{}{}{}{}", kFrom, source, kSourceEnd, text);
}

std::string source_of(std::string_view text) {
    const auto end = text.find(kSourceEnd);
    if (!text.starts_with(kFrom) || end == std::string_view::npos) return {};
    return std::string(text.substr(kFrom.size(), end - kFrom.size()));
}

FleetSummary summarise(const RolloutRecord& record, const Bundle* in_force,
                       std::string_view machine_id, std::int64_t now_unix_ns) {
    FleetSummary out;
    out.channel = record.channel;
    out.bundle = record.in_force();
    out.waiting = record.waiting;
    out.state = !out.bundle.known() ? "none" : record.trial.known() ? "probation" : "kept";
    for (const RolloutEvent& event : record.history) {
        out.last = event;
        if (!out.bundle.known() || !(event.bundle == out.bundle)) continue;
        if (event.what == "waiting") out.source = source_of(event.text);
        if (event.what == "trial") out.since_unix_ns = event.unix_ns;
    }
    if (in_force == nullptr) return out;
    out.expires_unix_ns = in_force->header.expires_unix_ns;
    out.ring = ring_delay(in_force->header.rollout, machine_id, out.bundle.digest);
    if (now_unix_ns >= out.expires_unix_ns) out.state = "stale";
    return out;
}

std::string to_line(const FleetSummary& summary) {
    std::string out = summary.channel;
    if (!summary.bundle.known()) {
        out += ": no bundle";
    } else {
        out += fmt::format(" {} {}", summary.bundle.version,
                           summary.state == "probation" ? "on probation" : summary.state);
        if (summary.since_unix_ns > 0) out += " since " + text_of(summary.since_unix_ns);
        if (!summary.source.empty()) out += " from " + summary.source;
        if (summary.ring) {
            out += summary.ring->ns == 0
                       ? ", canary"
                       : fmt::format(", ring +{}", human_duration(summary.ring->seconds()).view());
        }
    }
    if (summary.state == "stale") {
        out += fmt::format("; it ended {}: actions are only observed",
                           text_of(summary.expires_unix_ns));
    }
    if (summary.waiting.known()) out += fmt::format("; {} waits", summary.waiting.version);
    if (!summary.last.what.empty()) {
        out += fmt::format("; last: {} {}", summary.last.bundle.version, summary.last.what);
        const bool bad = summary.last.what == "refused" || summary.last.what == "rolled-back";
        if (bad) out += ": " + summary.last.text;
    }
    return out;
}

nlohmann::ordered_json to_json(const FleetSummary& summary) {
    nlohmann::ordered_json out{{"channel", summary.channel},
                               {"version", summary.bundle.version},
                               {"sha256", summary.bundle.digest},
                               {"state", summary.state},
                               {"source", summary.source}};
    if (summary.since_unix_ns > 0) out["since"] = text_of(summary.since_unix_ns);
    if (summary.expires_unix_ns > 0) out["expires"] = text_of(summary.expires_unix_ns);
    if (summary.ring) out["ring_delay_seconds"] = summary.ring->seconds();
    if (summary.waiting.known()) out["waiting"] = summary.waiting.version;
    if (!summary.last.what.empty()) {
        out["last"] = {{"time", text_of(summary.last.unix_ns)},
                       {"version", summary.last.bundle.version},
                       {"what", summary.last.what},
                       {"text", summary.last.text}};
    }
    return out;
}

std::optional<FleetSummary> read_fleet_summary(const std::string& state,
                                               std::string_view machine_id,
                                               std::int64_t now_unix_ns) {
    const std::string directory = state + "/" + kFleetDirectory;
    const auto text = read_file(directory + "/" + kRecordFile, kRecordBytesMax);
    if (!text) return std::nullopt;
    const auto record = parse_rollout_record(*text);
    if (!record || record->channel.empty()) return std::nullopt;
    const auto bundle = read_bundle(directory, record->in_force());
    return summarise(*record, bundle ? &*bundle : nullptr, machine_id, now_unix_ns);
}

}  // namespace homeostat
