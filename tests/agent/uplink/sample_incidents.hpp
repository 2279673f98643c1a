// Incidents as they look in life, for every test about shipping.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "core/format.hpp"
#include "core/hash.hpp"
#include "core/incident.hpp"
#include "tests/support/manual_clock.hpp"

namespace homeostat::test {

inline Instant sample_time(Duration after_start = {}) {
    return ManualClock().now() + after_start;
}

// A file system that fills up, seen by three findings; with what an incident usually carries.
// `number` varies the id and the figures.
inline Incident sample_incident(std::uint64_t number = 1, std::uint32_t seq = 0) {
    const auto wobble = static_cast<double>(mix(number * 7 + seq) % 1000) * 1e-3;
    Incident incident;
    const Instant onset = sample_time(seconds(static_cast<std::int64_t>(number)));
    incident.id = make_incident_id(onset.unix_ns, {mix(number), mix(number + 1'000'000)});
    incident.seq = seq;
    incident.state = IncidentState::Open;
    incident.kind = "filesystem_space";
    incident.severity = Severity::Warning;
    incident.peak_severity = Severity::Warning;
    incident.subject = {.kind = SubjectKind::Mount, .name = "/srv/data"};
    incident.onset = onset;
    incident.opened = onset + seconds(20);
    incident.updated = onset + seconds(20 + 60 * std::int64_t{seq});
    incident.last_seen = incident.updated;
    format_into(incident.summary,
                "/srv/data is {:.0f} % full, grows 1.2 MiB/s, full in 6 min (5 min to 8 min)",
                80 + 10 * wobble);

    Finding forecast;
    forecast.kind = FindingKind::Forecast;
    forecast.severity = Severity::Warning;
    forecast.condition = "filesystem_filling";
    forecast.incident = "filesystem_space";
    forecast.subject = incident.subject;
    forecast.metric = "filesystem_used_bytes";
    forecast.unit = Unit::Bytes;
    forecast.since = onset;
    forecast.last_held = incident.updated;
    forecast.value = 57'671'680.0 + 1000 * wobble;
    forecast.worst = forecast.value;
    forecast.limit = 67'108'864.0;
    forecast.score = 0.93;
    forecast.rate_per_second = 1'258'291.2 + wobble;
    forecast.seconds_to_limit = 360 + wobble;
    forecast.seconds_to_limit_low = 290 + wobble;
    forecast.seconds_to_limit_high = 455 + wobble;
    Finding level = forecast;
    level.kind = FindingKind::Condition;
    level.condition = "filesystem_full";
    level.metric = "filesystem_used_ratio";
    level.unit = Unit::None;
    level.since = onset + seconds(11);
    level.value = 0.859 + wobble / 100;
    level.worst = level.value + 0.02;
    level.limit = 0.85;
    level.score = 1;
    level.rate_per_second = 0;
    level.seconds_to_limit = level.seconds_to_limit_low = level.seconds_to_limit_high = -1;
    Finding writes = level;
    writes.kind = FindingKind::LevelShift;
    writes.condition = "learned_level_shift";
    writes.metric = "disk_write_bytes";
    writes.subject = {.kind = SubjectKind::Device, .name = "vda"};
    writes.value = 1'310'720.0 + wobble;
    writes.worst = writes.value;
    writes.worse_below = true;
    writes.expected = 20'480.0 + wobble;
    writes.limit = 65'536.0;
    writes.score = 0.9987;
    (void)incident.findings.push(forecast);
    (void)incident.findings.push(level);
    (void)incident.findings.push(writes);

    Cause cause;
    cause.name = "process:rsyslogd";
    cause.confidence = 0.86;
    format_into(cause.text, "rsyslogd (pid {}) writes 1.2 MiB/s to /srv/data", 2000 + number);
    (void)incident.causes.push(cause);
    (void)incident.processes.push({.pid = static_cast<std::int32_t>(2000 + number),
                                   .start_ticks = 123'456 + number,
                                   .name = "rsyslogd",
                                   .unit = "rsyslog.service",
                                   .cpu_ratio = 0.31 + wobble / 10,
                                   .rss_bytes = 8'454'144.0,
                                   .write_bytes_per_second = 1'258'291.2 + wobble,
                                   .open_files = 2});
    incident.snippet.metric = "filesystem_used_ratio";
    incident.snippet.step_seconds = 1;
    for (int i = 0; i < 32; ++i) {
        (void)incident.snippet.values.push(static_cast<float>(0.81 + 0.0015 * i + wobble / 1000));
    }
    return incident;
}

// As varied as incidents of a fleet are: for measuring sizes. All numbers are noise.
inline Incident varied_incident(std::uint64_t number) {
    constexpr std::array<std::string_view, 6> kMounts{
        "/", "/var", "/home/shared", "/srv/registry", "/var/lib/postgresql", "/data/kafka"};
    constexpr std::array<std::string_view, 7> kProcesses{
        "rsyslogd", "java", "postgres", "node", "kafka-broker-1", "dd", "backup.sh"};
    std::uint64_t state = number * 977 + 13;
    const auto random = [&state] { return mix(state += 0x9e3779b97f4a7c15ULL); };
    const auto ratio = [&] { return static_cast<double>(random() >> 11U) * 0x1p-53; };
    const std::string_view mount = kMounts[random() % kMounts.size()];
    const std::string_view process = kProcesses[random() % kProcesses.size()];
    const auto pid = static_cast<std::int32_t>(random() % 4'000'000);
    const double rate = 1e4 + 1e7 * ratio();

    Incident incident = sample_incident(number);
    const Duration shift{static_cast<std::int64_t>(random() % 1'000'000'000'000'000)};
    for (Instant* at :
         {&incident.onset, &incident.opened, &incident.updated, &incident.last_seen}) {
        *at = *at + shift;
    }
    incident.id = make_incident_id(incident.onset.unix_ns, {random(), random()});
    incident.subject.name = mount;
    incident.summary.clear();
    format_into(incident.summary, "{} is {:.0f} % full, grows {}/s, full in {} ({} to {})", mount,
                100 * ratio(), human_bytes(rate), human_duration(4000 * ratio()),
                human_duration(3000 * ratio()), human_duration(8000 * ratio()));
    for (Finding& finding : incident.findings) {
        finding.since = incident.onset + seconds(static_cast<std::int64_t>(random() % 40));
        finding.last_held = incident.updated;
        finding.value = 1e9 * ratio();
        finding.worst = finding.value * (1 + ratio());
        if (finding.expected != 0) finding.expected = 1e6 * ratio();
        if (finding.limit > 1) finding.limit = 1e9 * ratio();
        if (finding.score < 1) finding.score = ratio();
        if (finding.kind == FindingKind::Forecast) {
            finding.rate_per_second = rate;
            finding.seconds_to_limit = 4000 * ratio();
            finding.seconds_to_limit_low = 3000 * ratio();
            finding.seconds_to_limit_high = 8000 * ratio();
        }
        if (finding.subject.kind == SubjectKind::Mount) finding.subject.name = mount;
    }
    Cause& cause = incident.causes[0];
    cause.confidence = ratio();
    cause.name.clear();
    cause.text.clear();
    format_into(cause.name, "process:{}", process);
    format_into(cause.text, "{} (pid {}) writes {}/s to {}", process, pid, human_bytes(rate),
                mount);
    ProcessUse& use = incident.processes[0];
    use.pid = pid;
    use.start_ticks = random() % 100'000'000;
    use.name = process;
    use.unit.clear();
    format_into(use.unit, "{}.service", process);
    use.cpu_ratio = ratio();
    use.rss_bytes = 4096 * static_cast<double>(random() % 1'000'000);
    use.write_bytes_per_second = rate;
    for (float& value : incident.snippet.values) {
        value = static_cast<float>(0.8 + 0.05 * ratio());
    }
    return incident;
}

// The last record of an incident.
inline Incident resolved(Incident incident, Duration after = minutes(10)) {
    incident.state = IncidentState::Resolved;
    incident.severity = Severity::Info;
    incident.updated = incident.opened + after;
    incident.ended = incident.updated;
    ++incident.seq;
    (void)incident.actions.push({.rule = "clean rotated logs",
                                 .playbook = "clean-disk.yml",
                                 .target = {},
                                 .mode = "auto",
                                 .state = "effective",
                                 .detail = "removed 14 files, freed 31.0 MiB",
                                 .at = incident.opened + minutes(2),
                                 .before = 0.859,
                                 .after = 0.41});
    incident.audit_head = "17:3fa9c1d2e4b5069788796a5b4c3d2e1f";
    return incident;
}

// Every list full, every name as long as it may be, of bytes that take three each as UTF-8.
inline Incident longest_incident() {
    Incident incident = sample_incident();
    const std::string bytes(511, '\xff');
    const std::string_view longest = bytes;
    incident.subject.name = longest;
    incident.summary = longest;
    for (Finding& finding : incident.findings) {
        finding.metric = longest;
        finding.subject.name = longest;
    }
    while (incident.findings.push(incident.findings[0])) {
    }
    for (ProcessUse& process : incident.processes) process.name = longest;
    while (incident.processes.push(incident.processes[0])) {
    }
    for (Cause& cause : incident.causes) cause.text = longest;
    while (incident.causes.push(incident.causes[0])) {
    }
    return incident;
}

}  // namespace homeostat::test
