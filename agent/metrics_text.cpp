#include "agent/metrics_text.hpp"

#include <array>
#include <initializer_list>
#include <utility>

#include "agent/uplink/status_code.hpp"
#include "core/format.hpp"

namespace homeostat {
namespace {

using Label = std::pair<const char*, std::string_view>;
using Labels = std::initializer_list<Label>;

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '\\' || c == '"') out += '\\';
        if (c == '\n') {
            out += "\\n";
        } else {
            out += c;
        }
    }
    return out;
}

// One family after the other: HELP and TYPE once, then its samples.
class Writer {
public:
    explicit Writer(bool openmetrics) : openmetrics_(openmetrics) {}

    void gauge(std::string_view name, std::string_view help) { family(name, help, "gauge"); }
    // `name` ends in _total, which OpenMetrics leaves out of the family's name.
    void counter(std::string_view name, std::string_view help) { family(name, help, "counter"); }

    // Of values that come with their count: `<name>_sum` and `<name>_count`.
    void summary(std::string_view name, std::string_view help) { family(name, help, "summary"); }
    void sample(Labels labels, double sum, std::uint64_t count) {
        const std::string name = name_;
        name_ = name + "_sum";
        sample(labels, sum);
        name_ = name + "_count";
        sample(labels, count);
        name_ = name;
    }

    void sample(Labels labels, double value) {
        out_ += name_;
        char separator = '{';
        for (const Label& label : labels) {
            out_ += separator;
            out_ += fmt::format("{}=\"{}\"", label.first, escaped(label.second));
            separator = ',';
        }
        if (separator == ',') out_ += '}';
        out_ += fmt::format(" {}\n", value);
    }
    void sample(Labels labels, std::uint64_t value) { sample(labels, static_cast<double>(value)); }

    std::string take() {
        if (openmetrics_) out_ += "# EOF\n";
        return std::move(out_);
    }

private:
    void family(std::string_view name, std::string_view help, std::string_view type) {
        constexpr std::string_view kTotal = "_total";
        name_ = name;
        std::string_view shown = name;
        if (openmetrics_ && type == "counter" && shown.ends_with(kTotal)) {
            shown.remove_suffix(kTotal.size());
        }
        out_ += fmt::format("# HELP {} {}\n# TYPE {} {}\n", shown, help, shown, type);
    }

    bool openmetrics_;
    std::string name_;
    std::string out_;
};

double unix_seconds(std::int64_t unix_ns) {
    const std::int64_t milliseconds = unix_ns / 1'000'000;  // more is noise
    return static_cast<double>(milliseconds) / 1000;
}

void write_config(const MetricsView& view, Writer& out) {
    out.gauge("homeostat_config_info",
              "Which configuration is in force, and its uppermost layer; always 1.");
    out.sample({{"hash", view.facts.config_hash}, {"layer", view.facts.config_layer}}, 1.0);
    out.gauge("homeostat_config_last_reload_success",
              "0 while the newest configuration has faults, so that an older one is in force.");
    out.sample({}, view.status.reload_refused ? 0.0 : 1.0);
    out.gauge("homeostat_config_last_reload_success_timestamp_seconds",
              "When the configuration in force was loaded, Unix time.");
    out.sample({}, unix_seconds(view.facts.configured_unix_ns));
}

void write_agent(const MetricsView& view, Writer& out) {
    const AgentStatus& status = view.status;
    out.gauge("homeostat_build_info", "Which Homeostat this is; always 1.");
    out.sample({{"version", view.facts.version},
                {"revision", view.facts.revision},
                {"compiler", view.facts.compiler}},
               1.0);
    out.gauge("homeostat_start_time_seconds", "When the agent started, Unix time.");
    out.sample({}, unix_seconds(view.facts.started_unix_ns));
    out.gauge("homeostat_ready", "1 once the first cycle is done.");
    out.sample({}, status.ticks > 0 ? 1.0 : 0.0);
    write_config(view, out);
    out.counter("homeostat_cycles_total", "Cycles of the watch.");
    out.sample({}, status.ticks);
    out.counter("homeostat_cycle_overruns_total",
                "Cycles that began late: the one before took too long, or the host slept.");
    out.sample({}, status.overruns);
    out.gauge("homeostat_series", "Time series that are watched.");
    out.sample({}, status.series);
    out.counter("homeostat_series_refused_total", "Series left out because all slots were taken.");
    out.sample({}, status.series_refused);
    out.counter("homeostat_samples_dropped_total", "Samples that found no room in a cycle.");
    out.sample({}, status.samples_dropped);
    out.gauge("homeostat_detector_warm_ratio", "Share of the series that have a baseline.");
    out.sample({}, status.learned_ratio);
    out.counter("homeostat_anomalies_total",
                "Findings of the detectors that began to hold, by the kind of incident they belong "
                "to; notable ones open none.");
    for (const AnomalyCount& anomaly : status.anomalies) {
        out.sample({{"homeostat_signal", anomaly.kind}}, anomaly.count);
    }
    out.gauge("homeostat_memory_reserved_bytes", "Memory set aside at start.");
    out.sample({}, static_cast<double>(status.memory.total()));
}

void write_collectors(const AgentStatus& status, Writer& out) {
    out.gauge("homeostat_collector_up",
              "1: its last run was good; 0: unknown or failing. Sources that this host lacks are "
              "left out.");
    for (const CollectorLine& line : status.collectors) {
        if (line.state == CollectorState::Off) continue;
        out.sample({{"collector", line.name}}, line.state == CollectorState::Ok ? 1.0 : 0.0);
    }
    out.counter("homeostat_samples_total", "Samples taken.");
    for (const CollectorLine& line : status.collectors) {
        if (line.state == CollectorState::Off) continue;
        out.sample({{"collector", line.name}}, line.samples);
    }
    out.summary("homeostat_collect_duration_seconds", "How long runs took.");
    for (const CollectorLine& line : status.collectors) {
        if (line.state == CollectorState::Off) continue;
        out.sample({{"collector", line.name}}, line.took.seconds(), line.runs);
    }
    out.counter("homeostat_collect_errors_total", "Runs that failed.");
    for (const CollectorLine& line : status.collectors) {
        if (line.state == CollectorState::Off && line.errors == 0) continue;
        out.sample({{"collector", line.name}}, line.errors);
    }
}

void write_incidents(const MetricsView& view, Writer& out) {
    out.gauge("homeostat_incident_open", "Incidents that are open.");
    out.sample({}, view.status.incidents_open);
    out.counter("homeostat_incidents_total",
                "Incidents opened, by first severity and by what the likeliest cause is of.");
    for (std::size_t i = 0; i < kSeverities; ++i) {
        for (std::size_t j = 0; j < kCauseKinds; ++j) {
            out.sample({{"severity", name_of(static_cast<Severity>(i))},
                        {"cause", name_of(static_cast<CauseKind>(j))}},
                       view.courier.incidents.opened()[i][j]);
        }
    }
    out.gauge("homeostat_incident_active",
              "1 while an incident of this kind and severity is open: to alert on many hosts at "
              "once.");
    for (const IncidentCounts& counts : view.courier.incidents.kinds()) {
        for (std::size_t i = 0; i < kSeverities; ++i) {
            out.sample({{"homeostat_signal", counts.kind},
                        {"severity", name_of(static_cast<Severity>(i))}},
                       counts.active[i] > 0 ? 1.0 : 0.0);
        }
    }
    out.counter("homeostat_incidents_refused_total", "Incidents beyond incidents.open_max.");
    out.sample({}, view.status.incidents_refused);
    out.counter("homeostat_actions_refused_total", "Actions that found no room in the queue.");
    out.sample({}, view.status.actions_refused);
}

void write_actions(const ActionCounts& actions, Writer& out) {
    out.counter("homeostat_actions_total",
                "Actions that were asked for, by rule and what became of them.");
    struct Row {
        const char* result;
        std::uint64_t ActionResults::*count;
        bool always;  // shown while it is 0
    };
    for (const ActionLine& line : actions.by_rule) {
        for (const Row& row :
             {Row{"ok", &ActionResults::ok, true}, Row{"failed", &ActionResults::failed, true},
              Row{"denied", &ActionResults::denied, true},
              Row{"dry_run", &ActionResults::dry_run, true},
              Row{"rolled_back", &ActionResults::rolled_back, true},
              Row{"waiting", &ActionResults::waiting, false},
              Row{"unreached", &ActionResults::unreached, false},
              Row{"unknown", &ActionResults::unknown, false}}) {
            const std::uint64_t count = line.results.*row.count;
            if (!row.always && count == 0) continue;
            out.sample({{"action", line.rule}, {"result", row.result}}, count);
        }
    }
    out.counter("homeostat_actions_blocked_total",
                "Decisions that asked for no action, by the guard that refused.");
    for (std::size_t i = 1; i < kGuards; ++i) {
        out.sample({{"reason", name_of(static_cast<Guard>(i))}}, actions.blocked[i]);
    }
}

void write_scrapes(const AgentStatus& status, Writer& out) {
    out.gauge("homeostat_scrape_up", "1: the last scrape of this exporter was good.");
    for (const ScrapeLine& line : status.scrapes) {
        out.sample({{"target", line.target}}, line.up ? 1.0 : 0.0);
    }
    out.gauge("homeostat_scrape_duration_seconds", "How long it took.");
    for (const ScrapeLine& line : status.scrapes) {
        out.sample({{"target", line.target}}, line.took.seconds());
    }
    out.gauge("homeostat_scrape_samples", "Samples in it; 0 when it failed.");
    for (const ScrapeLine& line : status.scrapes) {
        out.sample({{"target", line.target}}, line.samples);
    }
}

void write_opamp(const OpampStatus& opamp, Writer& out) {
    if (!opamp.used) return;
    out.gauge("homeostat_opamp_connected", "1: the last answer of the OpAMP server was good.");
    out.sample({}, opamp.connected ? 1.0 : 0.0);
    out.counter("homeostat_opamp_messages_total", "Messages to the server, and its answers.");
    out.sample({{"direction", "sent"}}, opamp.sent);
    out.sample({{"direction", "received"}}, opamp.received);
    out.gauge("homeostat_opamp_remote_config_status",
              "1 for what became of the last offered configuration.");
    for (const std::string_view state : {"unset", "applying", "applied", "failed"}) {
        out.sample({{"status", state}}, opamp.remote_config == state ? 1.0 : 0.0);
    }
}

void write_exports(const CourierSnapshot& courier, Writer& out) {
    out.counter("homeostat_export_records_total", "Records by what became of them.");
    for (const DestinationStatus& to : courier.destinations) {
        out.sample({{"exporter", to.name}, {"result", "ok"}}, to.sent);
        out.sample({{"exporter", to.name}, {"result", "rejected"}}, to.rejected);
        out.sample({{"exporter", to.name}, {"result", "dropped"}}, to.dropped + to.lost);
        if (to.overtaken == 0) continue;
        out.sample({{"exporter", to.name}, {"result", "overtaken"}}, to.overtaken);
    }
    out.counter("homeostat_export_requests_total",
                "Requests by HTTP status; 0: no answer; unusual ones by class.");
    for (const DestinationStatus& to : courier.destinations) {
        for (const auto& [code, count] : to.codes) {
            out.sample({{"exporter", to.name}, {"code", text_of_status(code)}}, count);
        }
    }
    out.counter("homeostat_export_bytes_total", "Bytes of bodies, before and after compression.");
    for (const DestinationStatus& to : courier.destinations) {
        out.sample({{"exporter", to.name}, {"stage", "raw"}}, to.bytes_raw);
        out.sample({{"exporter", to.name}, {"stage", "wire"}}, to.bytes_wire);
    }
    out.gauge("homeostat_export_queue_records", "Records that wait.");
    for (const DestinationStatus& to : courier.destinations) {
        out.sample({{"exporter", to.name}}, to.queued);
    }
    out.gauge("homeostat_export_last_success_timestamp_seconds", "Unix time; 0: none yet.");
    for (const DestinationStatus& to : courier.destinations) {
        out.sample({{"exporter", to.name}}, unix_seconds(to.last_success_ns));
    }
}

void write_spool(const CourierSnapshot& courier, Writer& out) {
    const SpoolStatus& spool = courier.spool;
    out.gauge("homeostat_spool_bytes", "Room of the spool on disk.");
    out.sample({}, spool.bytes);
    out.gauge("homeostat_spool_degraded", "1 while the disk refuses: records are in memory only.");
    out.sample({}, spool.degraded ? 1.0 : 0.0);
    out.counter("homeostat_spool_records_total", "Records taken in.");
    out.sample({}, spool.records);
    out.counter("homeostat_spool_dropped_total", "Records that the spool could not keep.");
    out.sample({{"reason", "memory_full"}}, spool.memory_dropped);
    out.sample({{"reason", "too_large"}}, spool.refused);
    out.sample({{"reason", "damaged"}}, spool.damaged);
    out.counter("homeostat_spool_disk_errors_total", "Calls that the disk refused.");
    out.sample({}, spool.disk_errors);
    out.counter("homeostat_store_failures_total", "Incidents that the local store did not take.");
    out.sample({}, courier.store.failures);
}

void write_process(const ProcessUsage& process, const AgentFacts& facts, Writer& out) {
    out.counter("process_cpu_seconds_total", "CPU time of this process.");
    out.sample({}, process.cpu_seconds);
    out.gauge("process_resident_memory_bytes", "Memory in RAM.");
    out.sample({}, process.resident_bytes);
    out.gauge("process_virtual_memory_bytes", "Address space.");
    out.sample({}, process.virtual_bytes);
    out.gauge("process_open_fds", "Open file descriptors.");
    out.sample({}, process.open_fds);
    out.gauge("process_max_fds", "Most file descriptors that may be open.");
    out.sample({}, process.max_fds);
    out.gauge("process_start_time_seconds", "When the process started, Unix time.");
    out.sample({}, unix_seconds(facts.started_unix_ns));
}

}  // namespace

CourierSnapshot snapshot_of(const Courier& courier) {
    return {.destinations = courier.shipper().status(),
            .spool = courier.shipper().spool_status(),
            .store = courier.store_status(),
            .incidents = courier.tally()};
}

std::string metrics_text(const MetricsView& view, bool openmetrics) {
    Writer out(openmetrics);
    write_agent(view, out);
    write_collectors(view.status, out);
    write_incidents(view, out);
    write_actions(view.status.actions, out);
    write_scrapes(view.status, out);
    write_opamp(view.status.opamp, out);
    write_exports(view.courier, out);
    write_spool(view.courier, out);
    write_process(view.process, view.facts, out);
    return out.take();
}

}  // namespace homeostat
