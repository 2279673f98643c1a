#include "agent/incidents/incident_proto.hpp"

#include <doctest/doctest.h>

#include <limits>

#include "homeostat/v1/incident.pb.h"
#include "tests/agent/uplink/sample_incidents.hpp"

using namespace homeostat;

namespace {

std::string encoded(const Incident& incident) {
    std::string bytes;
    encode_incident(incident, bytes);
    return bytes;
}

Incident round_trip(const Incident& incident) {
    Incident back;
    const auto status = decode_incident(encoded(incident), back);
    CHECK_MESSAGE(status.has_value(), (status ? "" : status.error().text.c_str()));
    return back;
}

// Both ways: the bytes tell every field, so equal bytes are equal incidents.
void check_same(const Incident& incident) {
    CHECK(encoded(round_trip(incident)) == encoded(incident));
}

Incident full_incident() {
    Incident incident = test::resolved(test::sample_incident(3, 4));
    while (incident.findings.push(incident.findings[0])) {
    }
    while (incident.causes.push(incident.causes[0])) {
    }
    while (incident.processes.push(incident.processes[0])) {
    }
    incident.actions[0].target = "batch.service";
    while (incident.actions.push(incident.actions[0])) {
    }
    const std::string text(200, 'x');
    const std::string_view long_text(text);
    const Cause considered{.text = long_text,
                           .name = long_text,
                           .confidence = 0.3,
                           .pro = long_text,
                           .contra = long_text};
    while (incident.considered.push(considered)) {
    }
    while (incident.related.push(incident.snippet)) {
    }
    while (incident.notes.push({incident.opened, NoteKind::Person, long_text})) {
    }
    incident.advice = long_text;
    incident.remedy = "clean-disk";
    incident.flaps = 3;
    incident.findings_dropped = 9'990;
    incident.uncertain = true;
    incident.audit_head = "17:3fa9c1d2e4b5069788796a5b4c3d2e1f";
    return incident;
}

}  // namespace

TEST_CASE("incident_proto: what an action acted on comes back when it is not the subject") {
    Incident incident = test::resolved(test::sample_incident(3, 4));
    CHECK(round_trip(incident).actions[0].target.empty());
    incident.actions[0].target = "batch.service";
    CHECK(round_trip(incident).actions[0].target == "batch.service");
}

TEST_CASE("incident record: what is written comes back equal, field by field") {
    const Incident incident = test::resolved(test::sample_incident(7, 2));
    const Incident back = round_trip(incident);
    CHECK(back.id == incident.id);
    CHECK(back.seq == 3);
    CHECK(back.state == IncidentState::Resolved);
    CHECK(back.kind == incident.kind);
    CHECK(back.severity == Severity::Info);
    CHECK(back.peak_severity == Severity::Warning);
    CHECK(back.subject == incident.subject);
    CHECK(back.onset.monotonic_ns == incident.onset.monotonic_ns);
    CHECK(back.onset.unix_ns == incident.onset.unix_ns);
    CHECK(back.opened == incident.opened);
    CHECK(back.updated.unix_ns == incident.updated.unix_ns);
    CHECK(back.last_seen == incident.last_seen);
    CHECK(back.ended.unix_ns == incident.ended.unix_ns);
    CHECK(back.summary == incident.summary);
    REQUIRE(back.findings.size() == 3);
    for (std::size_t i = 0; i < 3; ++i) {
        const Finding& was = incident.findings[i];
        const Finding& is = back.findings[i];
        CHECK(is.kind == was.kind);
        CHECK(is.severity == was.severity);
        CHECK(is.condition == was.condition);
        CHECK(is.incident == was.incident);
        CHECK(is.subject == was.subject);
        CHECK(is.metric == was.metric);
        CHECK(is.unit == was.unit);
        CHECK(is.since == was.since);
        CHECK(is.last_held == was.last_held);
        CHECK(is.value == was.value);
        CHECK(is.worst == was.worst);
        CHECK(is.worse_below == was.worse_below);
        CHECK(is.expected == was.expected);
        CHECK(is.limit == was.limit);
        CHECK(is.score == was.score);
        CHECK(is.rate_per_second == was.rate_per_second);
        CHECK(is.seconds_to_limit == was.seconds_to_limit);
        CHECK(is.seconds_to_limit_low == was.seconds_to_limit_low);
        CHECK(is.seconds_to_limit_high == was.seconds_to_limit_high);
    }
    REQUIRE(back.causes.size() == 1);
    CHECK(back.causes[0].text == incident.causes[0].text);
    CHECK(back.causes[0].name == incident.causes[0].name);
    CHECK(back.causes[0].confidence == incident.causes[0].confidence);
    REQUIRE(back.processes.size() == 1);
    CHECK(back.processes[0].pid == incident.processes[0].pid);
    CHECK(back.processes[0].start_ticks == incident.processes[0].start_ticks);
    CHECK(back.processes[0].name == incident.processes[0].name);
    CHECK(back.processes[0].unit == incident.processes[0].unit);
    CHECK(back.processes[0].cpu_ratio == incident.processes[0].cpu_ratio);
    CHECK(back.processes[0].rss_bytes == incident.processes[0].rss_bytes);
    CHECK(back.processes[0].write_bytes_per_second == incident.processes[0].write_bytes_per_second);
    CHECK(back.processes[0].open_files == 2);
    REQUIRE(back.actions.size() == 1);
    CHECK(back.actions[0].rule == "clean rotated logs");
    CHECK(back.actions[0].playbook == "clean-disk.yml");
    CHECK(back.actions[0].mode == "auto");
    CHECK(back.actions[0].state == "effective");
    CHECK(back.actions[0].detail == incident.actions[0].detail);
    CHECK(back.actions[0].at == incident.actions[0].at);
    CHECK(back.actions[0].before == 0.859);
    CHECK(back.actions[0].after == 0.41);
    CHECK(back.snippet.metric == "filesystem_used_ratio");
    CHECK(back.snippet.step_seconds == 1);
    REQUIRE(back.snippet.values.size() == 32);
    CHECK(back.snippet.values[31] == incident.snippet.values[31]);
}

TEST_CASE("incident record: what explains it comes back too, and fits into one record") {
    const Incident incident = full_incident();
    const Incident back = round_trip(incident);
    REQUIRE(back.considered.size() == incident.considered.size());
    CHECK(back.considered[2].pro == incident.considered[2].pro);
    CHECK(back.considered[2].contra == incident.considered[2].contra);
    REQUIRE(back.notes.size() == incident.notes.size());
    CHECK(back.notes[7].kind == NoteKind::Person);
    CHECK(back.notes[7].text == incident.notes[7].text);
    CHECK(back.notes[7].at == incident.notes[7].at);
    CHECK(back.related.size() == incident.related.size());
    CHECK(back.advice == incident.advice);
    CHECK(back.remedy == "clean-disk");
    CHECK(back.flaps == 3);
    CHECK(back.findings_dropped == 9'990);
    CHECK(back.uncertain);
    CHECK(back.audit_head == incident.audit_head);
    CHECK(encoded(incident).size() < kIncidentBytesMax);
}

TEST_CASE("incident record: the empty one, the fullest one and odd ones survive too") {
    check_same(Incident{});
    check_same(full_incident());
    Incident odd = test::sample_incident();
    odd.subject.name = "/mnt/\xff\xfe\n\"";  // the kernel's names need not be UTF-8
    odd.processes[0].name = "\x80\x01";
    odd.processes[0].pid = -1;
    odd.updated.unix_ns = -1;
    odd.onset = {.monotonic_ns = INT64_MIN / 4, .unix_ns = INT64_MAX / 4};
    odd.findings[0].value = -0.0;
    odd.findings[0].limit = std::numeric_limits<double>::denorm_min();
    odd.snippet.values.clear();
    for (const float value : {0.0F, -0.0F, -1.5F, 3.4e38F, 1e-45F, 0.1F}) {
        REQUIRE(odd.snippet.values.push(value));
    }
    check_same(odd);
    CHECK(round_trip(odd).subject == odd.subject);
    CHECK(round_trip(odd).onset.unix_ns == odd.onset.unix_ns);
    for (std::size_t i = 0; i < odd.snippet.values.size(); ++i) {
        CHECK(round_trip(odd).snippet.values[i] == odd.snippet.values[i]);
    }
}

TEST_CASE("incident record: a wall clock that was set is told apart from time that passed") {
    Incident incident = test::sample_incident();
    incident.updated.unix_ns -= hours(3).ns;
    const Incident back = round_trip(incident);
    CHECK(back.updated.unix_ns == incident.updated.unix_ns);
    CHECK(back.onset.unix_ns == incident.onset.unix_ns);
    CHECK(back.onset.monotonic_ns == incident.onset.monotonic_ns);
}

TEST_CASE("incident record: the fullest one is far below the limit for reading") {
    CHECK(encoded(full_incident()).size() < kIncidentBytesMax / 2);
}

TEST_CASE("incident record: every part that is out of range is refused by name") {
    using Change = void (*)(v1::Incident&);
    struct Row {
        const char* says;
        Change change;
    };
    for (const Row& row : {
             Row{"id has 0 bytes", [](v1::Incident& i) { i.clear_id(); }},
             Row{"id has 17 bytes", [](v1::Incident& i) { i.set_id(std::string(17, 'x')); }},
             Row{"state is 4", [](v1::Incident& i) { i.set_state(v1::IncidentState(4)); }},
             Row{"state is -1", [](v1::Incident& i) { i.set_state(v1::IncidentState(-1)); }},
             Row{"severity is 9", [](v1::Incident& i) { i.set_severity(v1::Severity(9)); }},
             Row{"peak severity is 4",
                 [](v1::Incident& i) { i.set_peak_severity(v1::Severity(4)); }},
             Row{"subject kind is 9",
                 [](v1::Incident& i) { i.mutable_subject()->set_kind(v1::SubjectKind(9)); }},
             Row{"finding kind is 9",
                 [](v1::Incident& i) { i.mutable_findings(0)->set_kind(v1::FindingKind(9)); }},
             Row{"unit is 6",
                 [](v1::Incident& i) { i.mutable_findings(1)->set_unit(v1::Unit(6)); }},
             Row{"value is nan",
                 [](v1::Incident& i) {
                     i.mutable_findings(2)->set_value(0xF87F);  // 0x7FF8 and six zero bytes
                 }},
             Row{"confidence is inf",
                 [](v1::Incident& i) { i.mutable_causes(0)->set_confidence(0xF07F); }},
             Row{"number of findings is 7",
                 [](v1::Incident& i) {
                     for (int n = 0; n < 4; ++n) i.add_findings();
                 }},
             Row{"number of causes is 4",
                 [](v1::Incident& i) {
                     for (int n = 0; n < 3; ++n) i.add_causes();
                 }},
             Row{"number of snippet values is 33",
                 [](v1::Incident& i) { i.mutable_snippet()->add_differences(1); }},
             Row{"snippet shift is 32",
                 [](v1::Incident& i) { i.mutable_snippet()->set_shift(32); }},
             Row{"snippet value is inf",
                 [](v1::Incident& i) {
                     i.mutable_snippet()->clear_differences();
                     i.mutable_snippet()->set_shift(23);
                     i.mutable_snippet()->add_differences(0xFF);
                 }},
         }) {
        CAPTURE(row.says);
        v1::Incident message;
        to_proto(test::sample_incident(), message);
        row.change(message);
        Incident out;
        const auto status = from_proto(message, out);
        REQUIRE_FALSE(status.has_value());
        CHECK(status.error().code == Errc::Invalid);
        CHECK(status.error().text.view().find(row.says) != std::string_view::npos);
    }
}

TEST_CASE("incident record: text that is too long is cut, not refused") {
    v1::Incident message;
    to_proto(test::sample_incident(), message);
    message.set_summary(std::string(5000, 'a'));
    Incident out;
    CHECK(from_proto(message, out).has_value());
    CHECK(out.summary.size() == 255);
}

TEST_CASE("incident record: bytes that are no incident are an error") {
    Incident out;
    CHECK(decode_incident("", out).error().code == Errc::Invalid);  // an id is required
    CHECK(decode_incident("\xff\xff\xff\xff", out).error().code == Errc::Parse);
    CHECK(decode_incident("not a message at all", out).error().code == Errc::Parse);
    CHECK(decode_incident(std::string(kIncidentBytesMax + 1, '\0'), out).error().code ==
          Errc::Limit);
    const std::string whole = encoded(test::sample_incident());
    for (std::size_t size = 0; size < whole.size(); ++size) {
        CAPTURE(size);
        (void)decode_incident(std::string_view(whole).substr(0, size), out);  // must not crash
    }
}

TEST_CASE("incident record: fields of a later version are ignored") {
    const std::string bytes = encoded(test::sample_incident()) + "\xfa\x3e\x03new";  // field 1007
    Incident out;
    CHECK(decode_incident(bytes, out).has_value());
    CHECK(encoded(out) == encoded(test::sample_incident()));
}
