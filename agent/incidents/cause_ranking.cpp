#include "agent/incidents/cause_ranking.hpp"

#include <algorithm>
#include <cmath>

#include "agent/incidents/kinds.hpp"
#include "agent/incidents/narrative.hpp"

namespace homeostat {
namespace {

// A change counts for this long before the onset; half of its weight is gone after the second.
constexpr Duration kChangeBefore = minutes(15);
constexpr double kChangeHalfLifeSeconds = 240;
constexpr Duration kOnsetSlack = seconds(10);  // clocks of sources differ by this much

constexpr double kSure = 0.95;      // never certain
constexpr double kOwnLimit = 0.93;  // it is the one that ran into its limit
constexpr double kKernelKilled =
    0.97;                             // the kernel's own victim: nobody knows better who held most
constexpr double kKernelSaid = 0.90;  // the kernel named it
constexpr double kBystander = 0.3;    // it uses what has broken by itself
constexpr double kNamedChange = 0.88;
constexpr double kUnrelatedChange = 0.30;

constexpr double kTicksPerSecond = 100;  // USER_HZ, the same on every Linux

struct Candidates {
    FixedVector<Cause, 12> all;

    void add(const Cause& cause) {
        for (Cause& known : all) {
            if (!(known.name == cause.name)) continue;
            if (cause.confidence >= known.confidence) known = cause;  // the later knows more
            return;
        }
        (void)all.push(cause);  // a dozen is enough to find the best three
    }
};

// Seconds from the start of the process to the onset; negative: it started after it.
double age_at_onset(const ProcessUse& process, const Incident& incident) {
    const double started = static_cast<double>(process.start_ticks) / kTicksPerSecond;
    return Duration{incident.onset.monotonic_ns}.seconds() - started;
}

void append_use(FixedString<95>& out, const ProcessUse& process, Resource resource,
                std::string_view subject) {
    switch (resource) {
        case Resource::Space:
            if (process.write_bytes_per_second > 0 || process.open_files > 0) {
                format_into(out, " writes {}/s to {}", human_bytes(process.write_bytes_per_second),
                            subject);
            } else {
                format_into(out, " works in {}", subject);
            }
            return;
        case Resource::Disk:
            format_into(out, " moves {:.0f} % of all data", 100 * process.share);
            return;
        case Resource::Memory:
            if (process.rss_growth_bytes_per_second > 0) {
                format_into(out, " holds {}, grows {}/s", human_bytes(process.rss_bytes),
                            human_bytes(process.rss_growth_bytes_per_second));
            } else {
                format_into(out, " holds {}", human_bytes(process.rss_bytes));
            }
            return;
        case Resource::Processes:
            format_into(out, ": {} processes", process.namesakes);
            if (process.threads > process.namesakes) {
                format_into(out, ", {} threads", process.threads);
            }
            return;
        case Resource::Files: format_into(out, " holds {} open files", process.open_files); return;
        default: format_into(out, " uses {:.1f} cores", process.cpu_ratio); return;
    }
}

Cause cause_of(const ProcessUse& process, const Incident& incident, Resource resource) {
    Cause cause;
    format_into(cause.name, "process:{}", process.name);
    if (process.namesakes > 1 && resource != Resource::Processes) {
        format_into(cause.text, "{} (pid {} and {} more)", process.name, process.pid,
                    process.namesakes - 1);
    } else {
        format_into(cause.text, "{} (pid {})", process.name, process.pid);
    }
    append_use(cause.text, process, resource, incident.subject.name);
    return cause;
}

// The growth that a writer has to explain: bytes a second, 0 when there is none to explain.
double growth_of(const Incident& incident) {
    for (const Finding& finding : incident.findings) {
        if (finding.kind == FindingKind::Forecast) return std::max(0.0, finding.rate_per_second);
    }
    return 0;
}

// A writer explains the growth as far as it writes as much as grows, and stands out among the
// writers. Without a growth to compare with, only the share counts, and less.
void judge_writer(Cause& cause, const ProcessUse& process, const Incident& incident) {
    double total = 0;
    for (const ProcessUse& other : incident.processes) total += other.write_bytes_per_second;
    const double share = total > 0 ? process.write_bytes_per_second / total : 0;
    const double growth = growth_of(incident);
    if (growth <= 0) {
        cause.confidence = 0.6 * share;
        if (total <= 0 && process.open_files > 0 && incident.processes.size() == 1) {
            cause.confidence = 0.5;  // nobody else has a file open there
            cause.pro.append("the only one with open files there");
            return;
        }
        format_into(cause.pro, "{:.0f} % of what is written there", 100 * share);
        cause.contra.append("no growth to compare its writing with");
        return;
    }
    const double explained = std::min(1.0, process.write_bytes_per_second / growth);
    cause.confidence = kSure * share * explained;
    format_into(cause.pro, "{:.0f} % of what is written there; explains {:.0f} % of the growth",
                100 * share, 100 * explained);
    if (explained < 1) cause.contra.append("the growth is faster than it writes");
}

// What the share of a resource is worth: a third of it may be chance, two thirds rarely are.
double worth_of_share(double share) {
    return kSure * std::min(1.0, 1.35 * std::max(0.0, share));
}

// Nothing counts who made a file: who works there, and most of those that do.
void judge_maker(Cause& cause, const ProcessUse& process, const Incident& incident) {
    constexpr double kOnlyOne = 0.85;
    cause.confidence = incident.processes.size() == 1 ? kOnlyOne : kOnlyOne * process.share;
    format_into(cause.pro, "works there; {:.0f} % of the work of those that do",
                100 * process.share);
    const double age = age_at_onset(process, incident);
    if (process.start_ticks > 0 && age > -30 && age < 60) {
        cause.confidence = std::min(kSure, cause.confidence + 0.1);
        cause.pro.append("; started near the onset");
    }
    cause.contra = "nobody counts who makes files";
}

// File systems that broke, hang or are gone did so by themselves; who writes to them suffers.
bool breaks_by_itself(const Incident& incident) {
    return incident.kind == "filesystem_read_only" || incident.kind == "filesystem_errors" ||
           incident.kind == "mount_hung" || incident.kind == "mount_missing";
}

// Less than this saturates no processor: who uses it is at most the largest of many.
constexpr double kCoresMin = 0.5;

void judge_user(Cause& cause, const ProcessUse& process, const Incident& incident,
                Resource resource) {
    double share = process.share;
    if (share <= 0) {  // a source that tells no share: of the three that it named
        double total = 0;
        for (const ProcessUse& other : incident.processes) total += other.cpu_ratio;
        share = total > 0 ? process.cpu_ratio / total : 0;
    }
    cause.confidence = worth_of_share(share);
    format_into(cause.pro, "{:.0f} % of what all processes use", 100 * share);
    if (resource == Resource::Processor && process.cpu_ratio < kCoresMin) {
        cause.confidence *= process.cpu_ratio / kCoresMin;
        cause.contra = "uses little by itself";
    }
    const double age = age_at_onset(process, incident);
    if (process.start_ticks > 0 && age > -30 && age < 30) {
        cause.confidence = std::min(kSure, cause.confidence + 0.15);
        cause.pro.append(age >= 0 ? "; started just before the onset" : "; started as it began");
    } else if (process.start_ticks > 0 && age > 3600) {
        cause.confidence *= 0.85;
        cause.contra.append(cause.contra.empty() ? "" : "; ");
        format_into(cause.contra, "had been running for {} before", human_duration(age));
    }
    const bool direct = resource == Resource::Processor || resource == Resource::Memory ||
                        resource == Resource::Disk || resource == Resource::Processes;
    if (!direct) {
        cause.confidence *= 0.45;  // what it uses of the processor says little about the network
        cause.contra.append(cause.contra.empty() ? "" : "; ");
        cause.contra.append("its use of the processor is all that is known");
    }
}

void add_processes(Candidates& candidates, const Incident& incident, Resource resource) {
    for (const ProcessUse& process : incident.processes) {
        Cause cause = cause_of(process, incident, resource);
        const bool own_limit = incident.subject.kind == SubjectKind::Process &&
                               process.name == incident.subject.name.view();
        if (own_limit) {
            cause.confidence = kOwnLimit;
            cause.pro = "it is the one that runs into its own limit";
        } else if (incident.kind == "filesystem_inodes") {
            judge_maker(cause, process, incident);
        } else if (resource == Resource::Space) {
            judge_writer(cause, process, incident);
            if (breaks_by_itself(incident)) {
                cause.confidence *= kBystander;
                cause.contra = "writing to it does it no harm";
            }
        } else {
            judge_user(cause, process, incident, resource);
        }
        candidates.add(cause);
    }
}

// "nginx.service" and "/etc/nginx/nginx.conf" speak of the same thing: the unit's stem is in it.
bool names(std::string_view text, std::string_view subject) {
    std::string_view stem = subject.substr(0, subject.find_last_of('.'));
    stem = stem.substr(0, stem.find('@'));
    const auto slash = stem.rfind('/');
    if (slash != std::string_view::npos) stem.remove_prefix(slash + 1);
    return stem.size() >= 3 && text.find(stem) != std::string_view::npos;
}

bool names_incident(const Event& event, const Incident& incident) {
    const auto speaks_of = [&](std::string_view subject) {
        return names(event.object, subject) || names(event.subject.name, subject) ||
               names(event.text, subject);
    };
    if (!incident.subject.name.empty() && speaks_of(incident.subject.name)) return true;
    return std::any_of(
        incident.processes.begin(), incident.processes.end(), [&](const ProcessUse& process) {
            return speaks_of(process.name) || (!process.unit.empty() && speaks_of(process.unit));
        });
}

void add_change(Candidates& candidates, const Event& event, const Incident& incident) {
    const double before = (incident.onset - event.at).seconds();
    const double nearness = std::exp2(-std::max(0.0, before) / kChangeHalfLifeSeconds);
    const bool named = names_incident(event, incident);
    Cause cause;
    cause.confidence = (named ? kNamedChange : kUnrelatedChange) * nearness;
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
    if (named) {
        cause.pro.append("; names what it is about");
    } else {
        cause.contra = "nothing but the time connects them";
    }
    candidates.add(cause);
}

// Who holds the space of deleted files, by how much of what is used that is.
void add_holder(Candidates& candidates, const Event& event, const Incident& incident) {
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

// What the kernel itself blames.
void add_kernel(Candidates& candidates, const Event& event, const Incident& incident) {
    if (event.kind == EventKind::DeletedFilesHeld && incident.kind == "filesystem_space") {
        add_holder(candidates, event, incident);
        return;
    }
    Cause cause;
    if (event.kind == EventKind::OomKill && find_kind(incident.kind).resource == Resource::Memory) {
        if (event.object.empty()) return;
        format_into(cause.name, "process:{}", event.object);
        cause.pro = "the kernel chose it as the one that holds most";
        cause.text.append(event.text);
        cause.confidence = kKernelKilled;
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
    cause.text.append(event.text);
    cause.confidence = kKernelSaid;
    candidates.add(cause);
}

void add_events(Candidates& candidates, const Incident& incident, const EventHistory& events) {
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

// A subject that ran into a limit of its own, or lost its link, is where to look, whoever used it.
void add_subject(Candidates& candidates, const Incident& incident) {
    const Resource resource = find_kind(incident.kind).resource;
    const SubjectKind kind = incident.subject.kind;
    Cause cause;
    if (kind == SubjectKind::Interface) {
        format_into(cause.name, "interface:{}", incident.subject.name);
        format_into(cause.text, "{} itself", incident.subject.name);
        cause.confidence = incident.kind == "network_link" ? kKernelSaid : 0.7;
        cause.pro = "the kernel counts it on this interface";
    } else if (kind == SubjectKind::Unit) {
        format_into(cause.name, "unit:{}", incident.subject.name);
        format_into(cause.text, "{} itself", incident.subject.name);
        cause.confidence = resource == Resource::Service ? 0.55 : 0.8;
        cause.pro = "its own limit or its own exit";
    } else if (kind == SubjectKind::Process) {
        format_into(cause.name, "process:{}", incident.subject.name);
        format_into(cause.text, "{} itself", incident.subject.name);
        cause.confidence = kOwnLimit;
        cause.pro = "it is the one that runs into its own limit";
    } else if (kind == SubjectKind::Mount && breaks_by_itself(incident)) {
        format_into(cause.name, "mount:{}", incident.subject.name);
        format_into(cause.text, "{} itself: its device or its server", incident.subject.name);
        cause.confidence = 0.6;
        cause.pro = "a file system breaks, hangs or goes by what carries it";
        cause.contra = "which of the two, the kernel's log may tell";
    } else if (kind == SubjectKind::Device && incident.kind != "disk_saturation") {
        format_into(cause.name, "device:{}", incident.subject.name);
        format_into(cause.text, "{} itself", incident.subject.name);
        cause.confidence = kKernelSaid;
        cause.pro = "the kernel counts the errors of this device";
    } else {
        return;
    }
    candidates.add(cause);
}

}  // namespace

bool is_relevant(const Event& event, const Incident& incident) {
    // Our own helper starts because of an incident, not the other way round.
    if (is_change(event.kind) && event.object.view().starts_with("homeostat")) return false;
    if (event.at > incident.onset + kOnsetSlack) return !is_change(event.kind);
    return incident.onset - event.at <= kChangeBefore;
}

RankedCauses rank_causes(const Incident& incident, const EventHistory& events,
                         double confidence_min) {
    Candidates candidates;
    add_subject(candidates, incident);
    add_processes(candidates, incident, find_kind(incident.kind).resource);
    add_events(candidates, incident, events);
    sort_in_place(candidates.all,
                  [](const Cause& a, const Cause& b) { return a.confidence > b.confidence; });
    RankedCauses ranked;
    for (const Cause& cause : candidates.all) {
        if (cause.confidence > 0) (void)ranked.considered.push(cause);
        if (cause.confidence >= confidence_min) (void)ranked.causes.push(cause);
    }
    return ranked;
}

}  // namespace homeostat
