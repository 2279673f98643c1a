#include <cmath>
#include <optional>

#include "agent/incidents/cause_candidates.hpp"
#include "agent/incidents/cause_ranking.hpp"
#include "agent/incidents/kinds.hpp"
#include "agent/incidents/narrative.hpp"

namespace homeostat {
namespace {

constexpr double kKernelKilled =
    0.97;  // the kernel's own victim: nobody knows better who held most
constexpr double kNamedChange = 0.88;
constexpr double kUnrelatedChange = 0.30;
constexpr double kOwnRestart = 0.45;
constexpr double kFloodedFile = 0.55;
constexpr double kSaysWhatIsWritten = 0.96;  // before the logger itself
constexpr double kNearService = 0.45;        // it broke as a service failed that it does not name
// A symptom of this incident, not of one that is long over.
constexpr Duration kWordBefore = minutes(2);
// Half of the weight of a change is gone after so long.
constexpr double kChangeHalfLifeSeconds = 240;

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// As a word: "data" is neither in "metadata.conf" nor in "database". A longer one may begin
// another: "postgres" reads "postgresql.conf".
bool has_word(std::string_view text, std::string_view word) {
    constexpr std::size_t kMayBegin = 5;  // letters
    for (auto at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
        const auto end = at + word.size();
        const bool begins = at == 0 || !is_letter(text[at - 1]);
        const bool ends = end == text.size() || !is_letter(text[end]);
        if (begins && (ends || word.size() >= kMayBegin)) return true;
    }
    return false;
}

// "nginx.service" and "/etc/nginx/nginx.conf" speak of the same thing: the unit's stem is in it.
bool names(std::string_view text, std::string_view subject) {
    std::string_view stem = subject.substr(0, subject.find_last_of('.'));
    stem = stem.substr(0, stem.find('@'));
    const auto slash = stem.rfind('/');
    if (slash != std::string_view::npos) stem.remove_prefix(slash + 1);
    // Half of all units begin with the name of their manager, and every script is run by a shell.
    for (const std::string_view common : {"systemd", "init", "bash", "dash", "python3", "perl"}) {
        if (stem == common) return false;
    }
    return stem.size() >= 3 && has_word(text, stem);
}

bool names_incident(const Event& event, const Incident& incident) {
    const auto speaks_of = [&](std::string_view subject) {
        return names(event.object, subject) || names(event.subject.name, subject) ||
               names(event.text, subject);
    };
    if (!incident.subject.name.empty() && speaks_of(incident.subject.name)) return true;
    // A bystander's upgrade explains nothing: it must be one that counts.
    constexpr double kCounts = 0.3;
    const ProcessUse* leader = incident.processes.begin();
    return std::any_of(
        incident.processes.begin(), incident.processes.end(), [&](const ProcessUse& process) {
            if (&process != leader && process.share < kCounts) return false;
            return speaks_of(process.name) || (!process.unit.empty() && speaks_of(process.unit));
        });
}

// That a service was started or stopped shortly before it failed is how it failed.
bool is_own_restart(const Event& event, const Incident& incident) {
    const bool of_unit = event.kind == EventKind::UnitStarted ||
                         event.kind == EventKind::UnitStopped ||
                         event.kind == EventKind::UnitRestarted;
    return of_unit && incident.subject.kind == SubjectKind::Unit &&
           (event.subject == incident.subject ||
            event.object.view() == incident.subject.name.view());
}

// Who listens has not filled a disk by that, and a service that fails listens no more.
bool is_symptom(const Event& event, const Incident& incident) {
    const Resource resource = find_kind(incident.kind).resource;
    return (event.kind == EventKind::PortOpened && resource == Resource::Space) ||
           (event.kind == EventKind::PortClosed && resource == Resource::Service);
}

// Where somebody listened a moment ago, connects are refused now.
void add_closed_port(CauseCandidates& candidates, const Event& event, double nearness) {
    Cause cause;
    const Subject& who = event.subject;
    if (who.kind == SubjectKind::Unit || who.kind == SubjectKind::Process) {
        format_into(cause.name, "{}:{}", who.kind == SubjectKind::Unit ? "unit" : "process",
                    who.name);
    } else {
        format_into(cause.name, "change:{}", event.object);
    }
    cause.text.append(event.text);
    cause.confidence = kNamedChange * nearness;
    cause.pro = "where it listened, connects are refused";
    cause.contra = "whether they go there is not counted";
    candidates.add(cause);
}

void add_change(CauseCandidates& candidates, const Event& event, const Incident& incident) {
    const double before = (incident.onset - event.at).seconds();
    const double nearness = std::exp2(-std::max(0.0, before) / kChangeHalfLifeSeconds);
    if (event.kind == EventKind::PortClosed && incident.kind == "connect_failures") {
        add_closed_port(candidates, event, nearness);
        return;
    }
    const bool symptom = is_symptom(event, incident);
    const bool named = !symptom && names_incident(event, incident);
    Cause cause;
    const bool own = is_own_restart(event, incident);
    cause.confidence = (own ? kOwnRestart : named ? kNamedChange : kUnrelatedChange) * nearness;
    const std::string_view object =
        event.object.empty() ? event.subject.name.view() : event.object.view();
    format_into(cause.name, "change:{}", object);
    cause.text.append(event.text);
    if (before >= 0) {
        format_into(cause.pro, "{} {} before the onset", name_of(event.kind),
                    human_duration(before));
    } else {
        format_into(cause.pro, "{} as it began", name_of(event.kind));
    }
    if (own) {
        cause.contra = "to start it is not what broke it";
    } else if (symptom) {
        cause.contra = "who begins or ends to listen has not brought this about by that";
    } else if (named) {
        cause.pro.append("; names what it is about");
    } else {
        cause.contra = "nothing but the time connects them";
    }
    candidates.add(cause);
}

// Who holds the space of deleted files, by how much of what is used that is.
void add_holder(CauseCandidates& candidates, const Event& event, const Incident& incident) {
    if (!(event.subject == incident.subject) || event.object.empty()) return;
    double held = 0;
    double used = 1;
    for (const Finding& finding : incident.findings) {
        if (finding.metric == "filesystem_deleted_open_bytes") held = finding.value;
        if (finding.metric == "filesystem_used_ratio") used = finding.value;
    }
    Cause cause;
    format_into(cause.name, "process:{}", event.object);
    cause.text.append(event.text);
    cause.confidence = held > 0 && used > 0 ? worth_of_share(held / used) : kBystander;
    cause.pro = "it holds files that are deleted";
    if (held <= 0) cause.contra = "how much of the whole that is was not measured";
    candidates.add(cause);
}

bool is_written_by_logger(const Incident& incident) {
    return incident.kind == "filesystem_space" && !incident.processes.empty() &&
           is_logger(incident.processes[0].name);
}

// Whose log it is that is flooded: of a unit that is who writes it, of a file where to look.
void add_log(CauseCandidates& candidates, const Event& event, double of_unit_confidence) {
    const bool of_unit = event.subject.kind == SubjectKind::Unit;
    const std::string_view source = event.object.view().substr(0, event.object.view().rfind(" #"));
    Cause cause;
    format_into(cause.name, "{}:{}", of_unit ? "unit" : "log", source);
    cause.text.append(event.text);
    cause.confidence = of_unit ? of_unit_confidence : kFloodedFile;
    cause.pro = "its log is the one that is flooded";
    if (!of_unit) cause.contra = "who writes to it is not told by the file";
    candidates.add(cause);
}

// What the kernel said tells of an incident of the resource that it spoke of, and of a service that
// may need it; of a full table of sockets a broken disk is no cause. Nothing: it is none.
std::optional<double> weight_of_word(const Event& event, const Incident& incident) {
    const Resource resource = find_kind(incident.kind).resource;
    const bool of_service = resource == Resource::Service;
    const bool of_disk = resource == Resource::Disk || incident.kind == "filesystem_errors" ||
                         incident.kind == "filesystem_read_only" || incident.kind == "mount_hung";
    const bool of_hardware = resource == Resource::Hardware || resource == Resource::Kernel;
    const bool crash = event.kind == EventKind::Segfault;
    if (crash && incident.kind == "program_crash") return kKernelSaid;
    if (crash) return of_service ? std::optional(kNearService) : std::nullopt;
    if (of_disk) return kKernelSaid;
    if (event.kind == EventKind::HardwareError && of_hardware) return kKernelSaid;
    return of_service ? std::optional(kNearService) : std::nullopt;
}

// What the kernel itself blames.
void add_kernel(CauseCandidates& candidates, const Event& event, const Incident& incident) {
    if (event.kind == EventKind::DeletedFilesHeld && incident.kind == "filesystem_space") {
        add_holder(candidates, event, incident);
        return;
    }
    if (event.kind == EventKind::LogBurst) {
        if (incident.kind == "log_flood" && event.subject == incident.subject) {
            add_log(candidates, event, kKernelSaid);
        }
        // What a logger writes is what others say.
        if (is_written_by_logger(incident)) add_log(candidates, event, kSaysWhatIsWritten);
        return;
    }
    if (incident.onset - event.at > kWordBefore) return;
    Cause cause;
    if (event.kind == EventKind::OomKill && find_kind(incident.kind).resource == Resource::Memory) {
        if (event.object.empty()) return;
        format_into(cause.name, "process:{}", event.object);
        cause.pro = "the kernel chose it as the one that holds most";
        cause.text.append(event.text);
        cause.confidence = kKernelKilled;
        if (incident.grown.of_used >= kMostOfMemory) {
            cause.confidence = 0.5;
            cause.contra = "most of the memory lies in a tmpfs";
        }
        candidates.add(cause);
        return;
    } else if (event.kind == EventKind::IoError || event.kind == EventKind::HardwareError) {
        const std::string_view what =
            event.object.empty() ? event.subject.name.view() : event.object.view();
        format_into(cause.name, "device:{}", what);
        cause.pro = "the kernel reports errors of it";
    } else if (event.kind == EventKind::Segfault && !event.object.empty()) {
        format_into(cause.name, "process:{}", event.object);
        cause.pro = "the kernel saw it crash";
    } else {
        return;
    }
    const auto weight = weight_of_word(event, incident);
    if (!weight) return;
    cause.text.append(event.text);
    cause.confidence = names_incident(event, incident) ? kKernelSaid : *weight;
    candidates.add(cause);
}

}  // namespace

void add_events(CauseCandidates& candidates, const Incident& incident, const EventHistory& events) {
    for (std::size_t i = 0; i < events.size(); ++i) {
        const Event& event = events.newest(i).event;
        if (!is_relevant(event, incident)) continue;
        if (is_change(event.kind)) {
            add_change(candidates, event, incident);
        } else {
            add_kernel(candidates, event, incident);
        }
    }
}

}  // namespace homeostat
