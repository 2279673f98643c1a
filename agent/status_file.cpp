#include "agent/status_file.hpp"

#include <array>
#include <nlohmann/json.hpp>

#include "agent/incidents/preferences.hpp"
#include "core/printable.hpp"

namespace homeostat {
namespace {

using Json = nlohmann::ordered_json;

// Silent for longer than this, the agent is stuck or gone.
constexpr Duration kStaleAfter = seconds(30);

Json collectors_json(const AgentStatus& status) {
    Json out = Json::array();
    for (const CollectorLine& line : status.collectors) {
        out.push_back({{"name", std::string(line.name)},
                       {"state", std::string(name_of(line.state))},
                       {"reason", std::string(line.reason)},
                       {"errors", line.errors},
                       {"samples", line.samples_last},
                       {"slowed", line.slowed}});
    }
    return out;
}

// In seconds; 0: not paused, -1: until resumed.
std::int64_t paused_json(std::int64_t until_unix_ns) {
    return until_unix_ns == kPausedForGoodUnixNs ? -1 : until_unix_ns / 1'000'000'000;
}

std::string pause_line(std::int64_t until_unix_ns, std::int64_t now_unix_ns) {
    if (until_unix_ns <= now_unix_ns) return {};
    if (until_unix_ns == kPausedForGoodUnixNs) {
        return "  PAUSED     nothing is done until `homeostat resume`\n";
    }
    return fmt::format("  PAUSED     nothing is done until {}, or `homeostat resume`\n",
                       rfc3339(until_unix_ns));
}

Json events_json(const AgentStatus& status) {
    Json out = Json::array();
    for (const Event& event : status.events_newest) {
        out.push_back({{"at_unix", event.at.unix_ns / 1'000'000'000},
                       {"kind", std::string(name_of(event.kind))},
                       {"subject_kind", std::string(name_of(event.subject.kind))},
                       {"subject", std::string(event.subject.name)},
                       {"object", std::string(event.object)},
                       {"text", std::string(event.text)}});
    }
    return out;
}

Json destinations_json(const Shipper& shipper) {
    Json out = Json::array();
    for (const DestinationStatus& destination : shipper.status()) {
        out.push_back({{"name", destination.name},
                       {"state", std::string(name_of(destination.state))},
                       {"queued", destination.queued},
                       {"sent", destination.sent},
                       {"rejected", destination.rejected},
                       {"dropped", destination.dropped},
                       {"lost", destination.lost},
                       {"overtaken", destination.overtaken},
                       {"requests", destination.requests},
                       {"failures", destination.failures},
                       {"bytes_raw", destination.bytes_raw},
                       {"bytes_wire", destination.bytes_wire},
                       {"last_error", destination.last_error},
                       {"last_success_unix", destination.last_success_ns / 1'000'000'000}});
    }
    return out;
}

Json spool_json(const SpoolStatus& spool) {
    return {{"degraded", spool.degraded},
            {"last_error", spool.last_error},
            {"bytes", spool.bytes},
            {"records", spool.records},
            {"memory_records", spool.memory_records},
            {"memory_dropped", spool.memory_dropped},
            {"damaged", spool.damaged},
            {"disk_errors", spool.disk_errors},
            {"refused", spool.refused}};
}

Json memory_json(const MemoryUse& memory) {
    return {{"total", memory.total()},       {"series", memory.series},
            {"detectors", memory.detectors}, {"recorder", memory.recorder},
            {"processes", memory.processes}, {"buffers", memory.buffers}};
}

std::string text_at(const Json& json, const char* key) {
    const auto found = json.find(key);
    return found != json.end() && found->is_string() ? printable(found->get<std::string>())
                                                     : std::string();
}

bool flag_at(const Json& json, const char* key) {
    const auto found = json.find(key);
    return found != json.end() && found->is_boolean() && found->get<bool>();
}

// An empty one for whatever is not there, or is something else: the file may be damaged.
Json object_at(const Json& json, const char* key) {
    const auto found = json.find(key);
    return found != json.end() && found->is_object() ? *found : Json::object();
}

std::vector<Json> objects_at(const Json& json, const char* key) {
    std::vector<Json> out;
    const auto found = json.find(key);
    if (found == json.end() || !found->is_array()) return out;
    for (const Json& item : *found) {
        if (item.is_object()) out.push_back(item);
    }
    return out;
}

double number_at(const Json& json, const char* key) {
    const auto found = json.find(key);
    return found != json.end() && found->is_number() ? found->get<double>() : 0;
}

// Collectors are worth a line each only when something is wrong with them, or escapes them.
std::string collector_lines(const Json& json) {
    std::string troubles;
    int good = 0;
    int absent = 0;
    for (const Json& collector : objects_at(json, "collectors")) {
        const std::string state = text_at(collector, "state");
        good += state == "ok" ? 1 : 0;
        absent += state == "off" ? 1 : 0;
        const std::string reason = text_at(collector, "reason");
        if (state == "off" || state == "waiting" || (state == "ok" && reason.empty())) continue;
        troubles +=
            fmt::format("             {} {}: {}\n", text_at(collector, "name"), state, reason);
    }
    return fmt::format("  collect    {} sources read, {} not on this host\n{}", good, absent,
                       troubles);
}

std::string destination_lines(const Json& json) {
    std::string out;
    for (const Json& destination : objects_at(json, "destinations")) {
        const std::string state = text_at(destination, "state");
        out += fmt::format("  ship       {}: {}, {} sent, {} queued", text_at(destination, "name"),
                           state == "untried" ? "not tried yet" : state,
                           number_at(destination, "sent"), number_at(destination, "queued"));
        const double lost = number_at(destination, "lost") + number_at(destination, "dropped");
        if (lost > 0) out += fmt::format(", {} lost", lost);
        const double rejected = number_at(destination, "rejected");
        if (rejected > 0) out += fmt::format(", {} refused by the server", rejected);
        const std::string error = text_at(destination, "last_error");
        if (!error.empty()) out += fmt::format(" ({})", error);
        out += "\n";
    }
    return out;
}

// A limit that was reached, and what that means to whoever reads it.
struct LimitLine {
    const char* key;
    const char* meaning;
};
constexpr std::array kLimitLines{
    LimitLine{"series_refused",
              "not watched: series_max or a share of it (units, interfaces, an exporter) is used "
              "up, or a name is too long"},
    LimitLine{"samples_dropped", "not finite, or more in one second than series_max"},
    LimitLine{"events_dropped", "more in one second than are kept"},
    LimitLine{"findings_dropped", "more in one second than are weighed"},
    LimitLine{"incidents_refused",
              "as many are open as may be: a flood has one cause, see the oldest"},
    LimitLine{"incidents_delayed", "told later: the disk was slow"},
    LimitLine{"actions_refused", "asked again later: one was running"},
};

std::string trouble_lines(const Json& json) {
    std::string out;
    const Json spool = object_at(json, "spool");
    if (flag_at(spool, "degraded")) {
        out += fmt::format("  spool      DEGRADED, in memory only: {}\n",
                           text_at(spool, "last_error"));
    }
    const std::string store = text_at(object_at(json, "store"), "last_error");
    if (!store.empty()) out += fmt::format("  store      FAILING: {}\n", store);
    for (const LimitLine& limit : kLimitLines) {
        const double count = number_at(json, limit.key);
        if (count > 0)
            out += fmt::format("  limit      {} = {}: {}\n", limit.key, count, limit.meaning);
    }
    return out;
}

// Seconds since the agent last wrote its status.
double age_of(const Json& json, std::int64_t now_unix_ns) {
    return static_cast<double>(now_unix_ns) * 1e-9 - number_at(json, "updated_unix");
}

bool is_stopped(const Json& json) {
    return text_at(json, "state") == "stopped";
}

// An agent whose lock is free is gone, however fresh its status.
bool is_gone(const Json& json, double age, WatcherState watcher) {
    if (watcher == WatcherState::Running) return false;
    return is_stopped(json) || watcher == WatcherState::Gone || age > kStaleAfter.seconds();
}

std::string headline(const Json& json, std::int64_t now_unix_ns, WatcherState watcher) {
    const double age = age_of(json, now_unix_ns);
    std::string out =
        fmt::format("homeostat {} on {}: ", text_at(json, "version"), text_at(json, "host"));
    if (is_gone(json, age, watcher)) {
        return out + (is_stopped(json) ? fmt::format("stopped {} ago\n", human_duration(age))
                                       : fmt::format("SILENT for {}: it is gone (pid was {})\n",
                                                     human_duration(age), number_at(json, "pid")));
    }
    if (age > kStaleAfter.seconds()) {
        return out + fmt::format("SILENT for {}: it hangs, or cannot write here (pid {})\n",
                                 human_duration(age), number_at(json, "pid"));
    }
    return out + fmt::format("running for {} (pid {})\n",
                             human_duration(number_at(json, "updated_unix") -
                                            number_at(json, "started_unix")),
                             number_at(json, "pid"));
}

// Nothing on most days.
std::string held_text(double held) {
    if (held <= 0) return {};
    return fmt::format("; {} held (an incident or maintenance)", held);
}

}  // namespace

std::string status_json(const AgentFacts& facts, const AgentStatus& status, const Courier& courier,
                        bool stopped) {
    const StoreStatus& store = courier.store_status();
    const Json json{
        {"version", facts.version},
        {"host", facts.host_name},
        {"pid", facts.pid},
        {"state", stopped ? "stopped" : "running"},
        {"started_unix", facts.started_unix_ns / 1'000'000'000},
        {"updated_unix", status.at.unix_ns / 1'000'000'000},
        {"ticks", status.ticks},
        {"overruns", status.overruns},
        {"series", status.series},
        {"series_max", status.series_max},
        {"series_refused", status.series_refused},
        {"samples", status.samples_last},
        {"samples_dropped", status.samples_dropped},
        {"events", status.events},
        {"events_dropped", status.events_dropped},
        {"events_newest", events_json(status)},
        {"findings", status.findings},
        {"findings_dropped", status.findings_dropped},
        {"series_learned", status.series_learned},
        {"learned_ratio", status.learned_ratio},
        {"series_held", status.series_held},
        {"incidents_open", status.incidents_open},
        {"incidents_opened", status.incidents_opened},
        {"incidents_refused", status.incidents_refused},
        {"incidents_delayed", status.incidents_delayed},
        {"actions_refused", status.actions_refused},
        {"paused_until_unix", paused_json(status.paused_until_unix_ns)},
        {"rules", facts.rules},
        {"targets_allowed", facts.targets_allowed},
        {"confinement", facts.confinement},
        {"crashes", facts.crashes},
        {"safe_mode", facts.safe_mode},
        {"memory_bytes", memory_json(status.memory)},
        {"collectors", collectors_json(status)},
        {"store",
         {{"saved", store.saved}, {"failures", store.failures}, {"last_error", store.last_error}}},
        {"spool", spool_json(courier.shipper().spool_status())},
        {"destinations", destinations_json(courier.shipper())}};
    return printable_json(json.dump(2, ' ', false, Json::error_handler_t::replace)) + "\n";
}

Result<StatusText> status_text(std::string_view json_text, std::int64_t now_unix_ns,
                               WatcherState watcher, std::int64_t paused_until_unix_ns) {
    const Json json = Json::parse(json_text, nullptr, false);
    if (json.is_discarded() || !json.is_object()) {
        return make_error(Errc::Parse, "{}: not a status file", kStatusFile);
    }
    std::string out = headline(json, now_unix_ns, watcher);
    out +=
        fmt::format("  watch      {} series of {}, {:.0f} % learned{}\n", number_at(json, "series"),
                    number_at(json, "series_max"), number_at(json, "learned_ratio") * 100,
                    held_text(number_at(json, "series_held")));
    out += fmt::format("  incidents  {} open, {} since start\n", number_at(json, "incidents_open"),
                       number_at(json, "incidents_opened"));
    out += fmt::format("  act        {} rules, {} targets allowed\n", number_at(json, "rules"),
                       number_at(json, "targets_allowed"));
    out += pause_line(paused_until_unix_ns, now_unix_ns);
    if (flag_at(json, "safe_mode")) {
        out += fmt::format("  SAFE MODE  {} starts in a row did not end well: acts on nothing\n",
                           number_at(json, "crashes"));
    }
    out += collector_lines(json);
    out += destination_lines(json);
    out += trouble_lines(json);
    const bool is_silent = age_of(json, now_unix_ns) > kStaleAfter.seconds() ||
                           is_gone(json, age_of(json, now_unix_ns), watcher);
    return StatusText{.text = out, .alive = is_stopped(json) || !is_silent};
}

std::string watcher_warning(std::string_view json_text, std::int64_t now_unix_ns,
                            WatcherState watcher) {
    if (watcher == WatcherState::Running) return {};
    const Json json = Json::parse(json_text, nullptr, false);
    if (!json.is_object()) {
        return watcher == WatcherState::Gone ? "the watcher is not running: what follows is old\n"
                                             : std::string();
    }
    if (!is_gone(json, age_of(json, now_unix_ns), watcher)) return {};
    const auto updated = static_cast<std::int64_t>(number_at(json, "updated_unix"));
    return fmt::format("the watcher has not run since {}: what follows is as it was then\n",
                       rfc3339(updated * 1'000'000'000));
}

}  // namespace homeostat
