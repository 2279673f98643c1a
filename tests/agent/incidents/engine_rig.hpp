// A rig for the tests of the incident engine: made findings, a clock that is told, and evidence
// that says what the test wants.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "agent/incidents/incident_engine.hpp"
#include "tests/support/manual_clock.hpp"

namespace homeostat::test {
class FakeEvidence final : public EvidenceSource {
public:
    FixedVector<ProcessUse, 3> processes_for(const Subject&, std::string_view) override {
        ++looks;
        return processes;
    }
    Snippet snippet_of(std::string_view metric, const Subject&) override {
        Snippet snippet;
        snippet.metric.assign(metric);
        static_cast<void>(snippet.values.push(0.5F));
        return snippet;
    }
    std::optional<double> value_of(std::string_view, const Subject&) override { return value; }
    Subject beneath(const Subject& subject) override {
        const auto found = devices.find(std::string(subject.name));
        return found == devices.end() ? subject : Subject{SubjectKind::Device, found->second};
    }
    Peer peer() override { return other_end; }
    std::optional<GrownPlace> grown_beneath(const Subject&, std::string_view, Instant) override {
        ++grown_asked;
        return grown;
    }
    Counsel counsel_for(std::string_view) override { return {"free some space", "clean-disk"}; }

    FixedVector<ProcessUse, 3> processes;
    std::map<std::string, const char*> devices;
    std::optional<double> value = 0.95;
    int looks = 0;
    Peer other_end;
    std::optional<GrownPlace> grown = GrownPlace{};
    int grown_asked = 0;
};

inline Finding full(std::string_view mount, Severity severity = Severity::Critical) {
    Finding finding;
    finding.condition = "filesystem_full";
    finding.incident = "filesystem_space";
    finding.subject = {SubjectKind::Mount, mount};
    finding.metric = "filesystem_used_ratio";
    finding.severity = severity;
    finding.value = 0.95;
    finding.limit = 0.9;
    finding.score = 1;
    return finding;
}

inline Finding filling(std::string_view mount) {
    Finding finding = full(mount, Severity::Warning);
    finding.kind = FindingKind::Forecast;
    finding.condition = "filesystem_filling";
    finding.value = 0.5;
    finding.rate_per_second = 1048576;
    finding.seconds_to_limit = 60;
    finding.seconds_to_limit_low = 50;
    finding.seconds_to_limit_high = 75;
    return finding;
}

// A finding about the host.
inline Finding about(std::string_view kind, std::string_view condition) {
    Finding finding;
    finding.condition = condition;
    finding.incident = kind;
    finding.severity = kind == "oom_kill" ? Severity::Error : Severity::Warning;
    finding.metric = "some_metric";
    finding.value = 0.9;
    finding.limit = 0.5;
    return finding;
}

struct EngineRig {
    ManualClock clock;
    FakeEvidence evidence;
    IncidentEngine engine{IncidentSettings{}};
    std::vector<Incident> told;

    // Runs `ticks` seconds with the same findings and keeps what was told.
    void run(const std::vector<Finding>& findings, int ticks = 1) {
        for (int i = 0; i < ticks; ++i) {
            for (const Incident& incident : engine.run(findings, clock.now(), evidence)) {
                told.push_back(incident);
            }
            clock.advance(seconds(1));
        }
    }

    Decision decision() {
        Decision decision;
        decision.rule_name = "clean";
        decision.playbook = "clean.yml";
        decision.mode = ActionMode::Auto;
        decision.allowed = true;
        return decision;
    }

    void act() {
        engine.note_decision(engine.open()[0].id, decision(), true,
                             Verification{Verification::Sense::Below, 0.8, seconds(30)},
                             clock.now());
    }

    void report(bool ran, bool failed) {
        ActionReport report;
        report.incident = engine.open()[0].id;
        report.ran = ran;
        report.failed = failed;
        engine.note_report(report, clock.now());
    }
};

}  // namespace homeostat::test
