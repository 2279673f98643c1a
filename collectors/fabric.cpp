#include "collectors/fabric.hpp"

#include <array>

#include "collectors/small_files.hpp"

namespace homeostat {
namespace {

constexpr Metric state(std::string_view name) {
    return {name, Unit::None, MetricKind::State, Aspect::Errors};
}
constexpr Metric errors(std::string_view name) {
    return {name, Unit::Count, MetricKind::Counter, Aspect::Errors};
}

constexpr Metric kFibreDown = state("fibre_channel_port_down");
constexpr Metric kIscsiDown = state("iscsi_session_down");
constexpr Metric kInfinibandDown = state("infiniband_port_down");

struct Counter {
    const char* file;
    Metric metric;
};
constexpr std::array kCounters{
    Counter{"symbol_error", errors("infiniband_symbol_errors_count")},
    Counter{"link_error_recovery", errors("infiniband_link_recoveries_count")},
    Counter{"link_downed", errors("infiniband_link_downs_count")},
    Counter{"port_rcv_errors", errors("infiniband_receive_errors_count")},
};
constexpr std::array kMetrics{kFibreDown,          kIscsiDown,          kInfinibandDown,
                              kCounters[0].metric, kCounters[1].metric, kCounters[2].metric,
                              kCounters[3].metric};

// One file with a word for each thing of a class; `good` is what it says when all is well.
void add_states(SmallFiles& files, const char* directory, const char* file, std::string_view good,
                const Metric& metric, Samples& out) {
    files.each(directory, [&](std::string_view name) {
        const auto word = files.word("{}/{}/{}", directory, name, file);
        if (word.empty()) return;
        out.add(metric, {.kind = SubjectKind::Device, .name = name}, word == good ? 0 : 1);
    });
}

// "4: ACTIVE"; one that nobody plugged in ("1: DOWN") is down as well, and stays so.
bool is_active(std::string_view text) {
    return text.find("ACTIVE") != std::string_view::npos;
}

void add_infiniband_port(SmallFiles& files, const SmallFiles::Path& port, const Subject& subject,
                         Samples& out) {
    const auto text = files.word("{}/state", port);
    if (text.empty()) return;
    out.add(kInfinibandDown, subject, is_active(text) ? 0 : 1);
    for (const Counter& counter : kCounters) {
        add_known(out, counter.metric, subject, files.number("{}/counters/{}", port, counter.file));
    }
}

void add_infiniband(SmallFiles& files, Samples& out) {
    constexpr const char* kDirectory = "sys/class/infiniband";
    files.each(kDirectory, [&](std::string_view device) {
        SmallFiles::Path ports;
        format_into(ports, "{}/{}/ports", kDirectory, device);
        files.each(ports.c_str(), [&](std::string_view number) {
            SmallFiles::Path port;
            format_into(port, "{}/{}", ports, number);
            Subject subject{.kind = SubjectKind::Device, .name = {}};
            format_into(subject.name, "{}/{}", device, number);
            add_infiniband_port(files, port, subject, out);
        });
    });
}

}  // namespace

Status FabricCollector::collect(const Root& root, Samples& out) {
    SmallFiles files(root, bench_.buffer(), out);
    add_states(files, "sys/class/fc_host", "port_state", "Online", kFibreDown, out);
    add_states(files, "sys/class/iscsi_session", "state", "LOGGED_IN", kIscsiDown, out);
    add_infiniband(files, out);
    return files.outcome("sys/class: no Fibre Channel, iSCSI or InfiniBand");
}

std::span<const Metric> FabricCollector::metrics() {
    return kMetrics;
}

}  // namespace homeostat
