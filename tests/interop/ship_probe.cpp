// ship_probe ships made-up incidents as the agent would: real spool, real clock, real HTTP.
//
//   ship_probe ship DIR COUNT SECONDS [otlp=URL] [alertmanager=URL]... [json=PATH] [webhook=URL]
//                   [compression=gzip|zstd|none] [ca=FILE] [resolve]
//       Accepts COUNT incidents into the spool in DIR and ships until nothing is queued (exit 0) or
//       SECONDS have passed (exit 1). The first two fields of each printed line are name=value.
//   ship_probe write DIR
//       Accepts incidents for ever; prints the number of each one that is safe. To be killed.
//   ship_probe read DIR
//       Prints the number of each incident that the spool in DIR holds.
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <thread>

#include "agent/incidents/incident_proto.hpp"
#include "agent/uplink/curl_fetcher.hpp"
#include "agent/uplink/shipper.hpp"
#include "core/clock.hpp"
#include "core/parse.hpp"
#include "tests/agent/uplink/sample_incidents.hpp"

namespace {

using namespace homeostat;

// The incident's number travels in its process id.
Incident numbered_incident(std::uint64_t number, Instant now) {
    Incident incident = test::varied_incident(number);
    const Duration shift = now - incident.updated;
    for (Instant* at :
         {&incident.onset, &incident.opened, &incident.updated, &incident.last_seen}) {
        *at = *at + shift;
        at->unix_ns = now.unix_ns - (now.monotonic_ns - at->monotonic_ns);
    }
    incident.processes[0].pid = static_cast<std::int32_t>(number);
    incident.subject.name.clear();
    format_into(incident.subject.name, "/mnt/{}", number);
    return incident;
}

std::uint64_t resident_kib() {
    std::uint64_t pages = 0;
    if (std::FILE* file = std::fopen("/proc/self/statm", "r")) {
        unsigned long long total = 0;
        unsigned long long resident = 0;
        if (std::fscanf(file, "%llu %llu", &total, &resident) == 2) pages = resident;
        std::fclose(file);
    }
    return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)) / 1024;
}

void add_destination(ShipSettings& settings, std::string_view argument) {
    const auto equals = argument.find('=');
    const std::string_view key = argument.substr(0, equals);
    const std::string value(equals == std::string_view::npos ? "" : argument.substr(equals + 1));
    if (key == "otlp") {
        settings.otlp.emplace_back();
        settings.otlp.back().endpoint = value;
    } else if (key == "alertmanager") {
        if (settings.alertmanagers.empty()) settings.alertmanagers.emplace_back();
        settings.alertmanagers[0].urls.push_back(value);
    } else if (key == "json") {
        settings.json_lines.push_back({.path = value});
    } else if (key == "webhook") {
        settings.webhooks.emplace_back();
        settings.webhooks.back().url = value;
    } else if (key == "compression" && !settings.otlp.empty()) {
        settings.otlp.back().compression = value == "zstd"   ? Compression::Zstd
                                           : value == "none" ? Compression::None
                                                             : Compression::Gzip;
    } else if (key == "ca" && !settings.otlp.empty()) {
        settings.otlp.back().tls.ca_file = value;
    }
}

bool any_queued(const Shipper& shipper) {
    for (const DestinationStatus& status : shipper.status()) {
        if (status.queued > 0) return true;
    }
    return false;
}

void print_status(const Shipper& shipper, double seconds) {
    for (const DestinationStatus& status : shipper.status()) {
        fmt::print(
            "name={} state={} sent={} queued={} rejected={} dropped={} lost={} requests={} "
            "bytes_raw={} bytes_wire={} seconds={:.3f} error={}\n",
            status.name, name_of(status.state), status.sent, status.queued, status.rejected,
            status.dropped, status.lost, status.requests, status.bytes_raw, status.bytes_wire,
            seconds, status.last_error);
    }
    const SpoolStatus spool = shipper.spool().status();
    fmt::print("name=spool degraded={} records={} error={}\n", spool.degraded, spool.records,
               spool.last_error);
}

int ship(int count, char** arguments) {
    ShipSettings settings;
    settings.first_send_spread = {};
    settings.identity.version = "0.0.0";
    settings.identity.host_name = "probe";
    bool resolve = false;
    for (int i = 5; i < count; ++i) {
        if (std::string_view(arguments[i]) == "resolve") resolve = true;
        add_destination(settings, arguments[i]);
    }
    const auto valid = check_settings(settings);
    if (!valid) {
        fmt::print(stderr, "{}\n", valid.error().text);
        return 2;
    }
    const SystemClock clock;
    DirectorySpoolFiles files(arguments[2]);
    Spool spool({}, files, static_cast<std::uint64_t>(clock.now().unix_ns));
    CurlFetcher fetcher("homeostat/0.0.0");
    const Instant start = clock.now();
    Shipper shipper(settings, spool, fetcher, 1, start);
    const std::uint64_t incidents = parse_u64(arguments[3]).value_or(0);
    for (std::uint64_t number = 1; number <= incidents; ++number) {
        Incident incident = numbered_incident(number, start);
        shipper.accept(incident, start);
        if (resolve) shipper.accept(test::resolved(incident, Duration{}), start);
        if (number % 16 == 0) shipper.flush(clock.now());
    }
    shipper.flush(clock.now());
    const Instant began = clock.now();
    const std::uint64_t resident_before = resident_kib();
    const Instant deadline =
        start + seconds(static_cast<std::int64_t>(parse_u64(arguments[4]).value_or(10)));
    std::uint64_t resident_most = resident_before;
    while (any_queued(shipper) && clock.now() < deadline) {
        shipper.step(clock.now());
        resident_most = std::max(resident_most, resident_kib());
        const Duration wait = shipper.next_due() - clock.now();
        if (wait.ns > 0) {
            std::this_thread::sleep_for(
                std::chrono::nanoseconds(std::min<std::int64_t>(wait.ns, seconds(1).ns)));
        }
    }
    print_status(shipper, (clock.now() - began).seconds());
    fmt::print("name=memory before_kib={} most_kib={}\n", resident_before, resident_most);
    return any_queued(shipper) ? 1 : 0;
}

int write_for_ever(const char* directory) {
    const SystemClock clock;
    DirectorySpoolFiles files(directory);
    Spool spool({}, files, static_cast<std::uint64_t>(clock.now().unix_ns));
    const auto id = spool.add_destination("reader");
    std::uint64_t number = parse_u64(std::getenv("FIRST") ? std::getenv("FIRST") : "1").value_or(1);
    std::string bytes;
    for (;;) {
        const std::uint64_t group = 1 + number % 3;
        for (std::uint64_t i = 0; i < group; ++i) {
            encode_incident(numbered_incident(number + i, clock.now()), bytes);
            spool.add(SpoolClass::Critical, bytes);
        }
        if (!spool.commit(clock.now())) return 1;
        for (std::uint64_t i = 0; i < group; ++i) fmt::print("{}\n", number + i);
        std::fflush(stdout);
        number += group;
        SpoolRecord record;
        if (number % 7 == 0 && spool.read(id, record)) {
            spool.acknowledge(id, record.kind, record.seq);
            spool.store_cursor(id);
        }
    }
}

int read_all(const char* directory) {
    DirectorySpoolFiles files(directory);
    Spool spool({}, files, 1);
    if (spool.status().degraded) return 1;
    const auto id = spool.add_destination("another");
    SpoolRecord record;
    Incident incident;
    while (spool.read(id, record)) {
        if (!decode_incident(record.payload, incident)) return 1;
        fmt::print("{}\n", incident.processes[0].pid);
    }
    return 0;
}

}  // namespace

int main(int count, char** arguments) {
    const std::string_view verb = count > 2 ? arguments[1] : "";
    if (verb == "ship" && count > 4) return ship(count, arguments);
    if (verb == "write") return write_for_ever(arguments[2]);
    if (verb == "read") return read_all(arguments[2]);
    fmt::print(stderr, "usage: ship_probe ship|write|read DIR ...\n");
    return 2;
}
