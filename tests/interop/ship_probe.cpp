// ship_probe ships made-up incidents as the agent would: real spool, real clock, real HTTP.
//
//   ship_probe ship DIR COUNT SECONDS [otlp=URL] [alertmanager=URL]... [json=PATH] [webhook=URL]
//                   [compression=gzip|zstd|none] [ca=FILE] [cert=FILE] [key=FILE]
//                   [server_name=NAME] [header=NAME:VALUE] [timeout_ms=N] [resolve]
//       Accepts COUNT incidents into the spool in DIR and ships until nothing is queued (exit 0) or
//       SECONDS have passed (exit 1). The first two fields of each printed line are name=value.
//   ship_probe write_and_ship DIR URL
//       Accepts incidents for ever, prints the number of each one that is safe, and ships them to
//       an OTLP server meanwhile. To be killed.
//   ship_probe fleet COUNT URL...
//       COUNT hosts with the same incident tell one Alertmanager, each by its own destination.
//   ship_probe write DIR
//       Accepts incidents for ever; prints the number of each one that is safe. To be killed.
//   ship_probe read DIR
//       Prints the number of each incident that the spool in DIR holds.
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "agent/incidents/incident_proto.hpp"
#include "agent/uplink/alertmanager_destination.hpp"
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

void set_http(OtlpSettings& otlp, std::string_view key, const std::string& value) {
    if (key == "ca") otlp.tls.ca_file = value;
    if (key == "cert") otlp.tls.certificate_file = value;
    if (key == "key") otlp.tls.key_file = value;
    if (key == "server_name") otlp.tls.server_name = value;
    if (key == "timeout_ms") {
        otlp.timeout = milliseconds(static_cast<std::int64_t>(parse_u64(value).value_or(10'000)));
    }
    if (key == "header") {
        const auto colon = value.find(':');
        otlp.headers.push_back({value.substr(0, colon), value.substr(colon + 1)});
    }
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
    } else if (!settings.otlp.empty()) {
        set_http(settings.otlp.back(), key, value);
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
    const SpoolStatus spool = shipper.spool_status();
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
    std::uint64_t resident_first = 0;  // once a request was made: what each agent has that ships
    std::uint64_t resident_most = resident_before;
    while (any_queued(shipper) && clock.now() < deadline) {
        shipper.step(clock.now());
        resident_most = std::max(resident_most, resident_kib());
        if (resident_first == 0 && shipper.status().front().requests > 0) {
            resident_first = resident_most;
        }
        const Duration wait = shipper.next_due() - clock.now();
        if (wait.ns > 0) {
            std::this_thread::sleep_for(
                std::chrono::nanoseconds(std::min<std::int64_t>(wait.ns, seconds(1).ns)));
        }
    }
    print_status(shipper, (clock.now() - began).seconds());
    fmt::print("name=memory before_kib={} first_kib={} most_kib={}\n", resident_before,
               resident_first, resident_most);
    return any_queued(shipper) ? 1 : 0;
}

// Numbers go on from FIRST, so that a run after a kill does not repeat any.
std::uint64_t first_number() {
    const char* first = std::getenv("FIRST");
    return first == nullptr ? 1 : parse_u64(first).value_or(1);
}

int write_and_ship(const char* directory, const char* url) {
    const SystemClock clock;
    ShipSettings settings;
    settings.first_send_spread = {};
    settings.batch_interval = milliseconds(1);
    settings.otlp.emplace_back();
    settings.otlp.back().endpoint = url;
    settings.otlp.back().batch_records_max = 8;  // many requests: many places to be killed at
    DirectorySpoolFiles files(directory);
    Spool spool({}, files, static_cast<std::uint64_t>(clock.now().unix_ns));
    CurlFetcher fetcher("homeostat/0.0.0");
    Shipper shipper(settings, spool, fetcher, 1, clock.now());
    for (std::uint64_t number = first_number();; ++number) {
        shipper.accept(numbered_incident(number, clock.now()), clock.now());
        if (!shipper.flush(clock.now())) return 1;
        fmt::print("{}\n", number);
        std::fflush(stdout);
        shipper.step(clock.now());
    }
}

int tell_as_a_fleet(std::uint64_t hosts, const std::vector<std::string>& urls) {
    const SystemClock clock;
    CurlFetcher fetcher("homeostat/0.0.0");
    AlertmanagerSettings settings;
    settings.urls = urls;
    settings.labels = {{"cluster", "web"}};
    std::uint64_t told = 0;
    for (std::uint64_t host = 1; host <= hosts; ++host) {
        AgentIdentity identity;
        identity.version = "0.0.0";
        identity.host_name = fmt::format("host-{:04}", host);
        AlertmanagerDestination destination(settings, identity, fetcher, Duration{}, host,
                                            clock.now());
        Incident incident = numbered_incident(host, clock.now());
        incident.subject.name = "/srv/data";
        destination.accept(incident, clock.now());
        destination.step(clock.now());
        told += destination.status().sent;
    }
    fmt::print("name=fleet told={}\n", told);
    return told == hosts ? 0 : 1;
}

int write_for_ever(const char* directory) {
    const SystemClock clock;
    DirectorySpoolFiles files(directory);
    Spool spool({}, files, static_cast<std::uint64_t>(clock.now().unix_ns));
    const auto id = spool.add_destination("reader");
    std::uint64_t number = first_number();
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
    if (verb == "write_and_ship" && count > 3) return write_and_ship(arguments[2], arguments[3]);
    if (verb == "fleet" && count > 3) {
        return tell_as_a_fleet(parse_u64(arguments[2]).value_or(0),
                               std::vector<std::string>(arguments + 3, arguments + count));
    }
    if (verb == "write") return write_for_ever(arguments[2]);
    if (verb == "read") return read_all(arguments[2]);
    fmt::print(stderr, "usage: ship_probe ship|write_and_ship|fleet|write|read ...\n");
    return 2;
}
