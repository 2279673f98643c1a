#include "agent/incidents/cause_ranking.hpp"

#include <algorithm>

#include "agent/incidents/cause_candidates.hpp"
#include "agent/incidents/kinds.hpp"
#include "agent/incidents/narrative.hpp"

namespace homeostat {
namespace {

// A change counts for this long before the onset.
constexpr Duration kChangeBefore = minutes(15);
constexpr Duration kOnsetSlack = seconds(10);  // clocks of sources differ by this much

constexpr double kOwnLimit = 0.93;  // it is the one that ran into its limit

constexpr double kTicksPerSecond = 100;  // USER_HZ, the same on every Linux

// Seconds from the start of the process to the onset; negative: it started after it.
double age_at_onset(const ProcessUse& process, const Incident& incident) {
    const double started = static_cast<double>(process.start_ticks) / kTicksPerSecond;
    return Duration{incident.onset.monotonic_ns}.seconds() - started;
}

// Told of by what it started: it has no count of threads of its own.
bool is_parent(const ProcessUse& process) {
    return process.threads == 0 && process.namesakes > 0;
}

void append_sockets(FixedString<95>& out, const ProcessUse& process, std::string_view kind) {
    const double count = process.sockets;
    if (kind == "listen_overflow") {
        format_into(out, " does not accept, {:.0f} wait", count);
    } else if (kind == "udp_overflow") {
        format_into(out, " reads too slowly, {:.0f} datagrams lost", count);
    } else if (kind == "network_loss") {
        out.append(" sends again and again");
    } else if (kind == "socket_memory") {
        format_into(out, " has {} waiting in its sockets", human_bytes(count));
    } else if (kind == "port_exhaustion" || kind == "conntrack_full") {
        format_into(out, " has {:.0f} connections", count);
    } else if (kind == "name_resolution") {
        format_into(out, " asks for {:.0f} names", count);
    } else {
        format_into(out, " waits for an answer to {:.0f} connects", count);
    }
}

void append_use(FixedString<95>& out, const ProcessUse& process, Resource resource,
                std::string_view subject, std::string_view kind) {
    if (process.sockets > 0) {
        append_sockets(out, process, kind);
        return;
    }
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
            if (process.open_files > 0) {
                format_into(out, " writes {}/s to a tmpfs, which is memory",
                            human_bytes(process.write_bytes_per_second));
            } else if (process.rss_growth_bytes_per_second > 0) {
                format_into(out, " holds {}, grows {}/s", human_bytes(process.rss_bytes),
                            human_bytes(process.rss_growth_bytes_per_second));
            } else {
                format_into(out, " holds {}", human_bytes(process.rss_bytes));
            }
            return;
        case Resource::Processes:
            if (is_parent(process) && kind == "zombies") {
                format_into(out, " does not collect its {} dead children", process.namesakes);
                return;
            }
            if (is_parent(process)) {
                format_into(out, " started {} processes", process.namesakes);
                return;
            }
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
    append_use(cause.text, process, resource, incident.subject.name, incident.kind);
    return cause;
}

// The growth that a writer has to explain: bytes a second, 0 when there is none to explain.
double growth_of(const Incident& incident) {
    for (const Finding& finding : incident.findings) {
        if (finding.kind == FindingKind::Forecast) return std::max(0.0, finding.rate_per_second);
    }
    return 0;
}

// Who writes to the log that is flooded. What a logger writes is what others say; whom nobody saw
// with the log open is at most the largest of all writers.
void judge_log_writer(Cause& cause, const ProcessUse& process, const Incident& incident) {
    double total = 0;
    for (const ProcessUse& other : incident.processes) total += other.write_bytes_per_second;
    const double share = total > 0 ? process.write_bytes_per_second / total
                                   : 1.0 / static_cast<double>(incident.processes.size());
    if (incident.subject.kind == SubjectKind::Target) {
        cause.confidence = (process.open_files > 0 ? kKernelSaid : 0.7) * share;
        format_into(cause.pro, "{:.0f} % of what those write that have it open", 100 * share);
    } else {
        cause.confidence = (incident.subject.kind == SubjectKind::Unit ? 0.6 : 0.4) * share;
        format_into(cause.pro, "{:.0f} % of what is written", 100 * share);
        cause.contra = "to what, was not looked at";
    }
    if (!is_logger(process.name)) return;
    cause.confidence *= 0.5;
    cause.contra = "what a logger writes is what others say";
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
           incident.kind == "mount_hung" || incident.kind == "mount_missing" ||
           incident.kind == "disk_errors" || incident.kind == "disk_degraded";
}

// What a server does not take, and what somebody opens by the thousand, is its own doing; that
// nobody answers, and that packets get lost, is that of the other end or of the way there.
bool suffers_from_peer(const Incident& incident) {
    return incident.kind == "network_unreachable" || incident.kind == "network_loss" ||
           incident.kind == "name_resolution";
}

// Many more connects than usual are somebody's doing, whoever does not answer them.
bool asks_too_much(const Incident& incident) {
    return std::any_of(
        incident.findings.begin(), incident.findings.end(),
        [](const Finding& finding) { return finding.incident == "traffic_fan_out"; });
}

void judge_socket_holder(Cause& cause, const ProcessUse& process, const Incident& incident) {
    cause.confidence = worth_of_share(process.share);
    format_into(cause.pro, "has {:.0f} % of the sockets in question", 100 * process.share);
    constexpr double kFew = 5;
    const bool counts_sockets =
        incident.kind != "listen_overflow" && incident.kind != "udp_overflow" &&
        incident.kind != "socket_memory" && incident.kind != "name_resolution";
    if (counts_sockets && process.sockets < kFew) {  // one that is there by chance
        cause.confidence *= 0.6;
        cause.contra = "they are few";
    }
    if (!suffers_from_peer(incident) || asks_too_much(incident)) return;
    cause.confidence *= 0.6;
    cause.contra.append(cause.contra.empty() ? "" : "; ");
    cause.contra.append("it may be the one that suffers");
}

// A single address at the other end of most of them.
void add_peer(CauseCandidates& candidates, const Incident& incident) {
    const bool theirs = suffers_from_peer(incident) || incident.kind == "port_exhaustion" ||
                        incident.kind == "conntrack_full" || incident.kind == "syn_flood";
    if (incident.peer.empty() || !theirs) return;
    Cause cause;
    format_into(cause.name, "peer:{}", incident.peer);
    format_into(cause.text, "{} is at the other end", incident.peer);
    // That it is silent may be the way there; that much goes there is somebody's doing.
    const double worth = asks_too_much(incident) ? 0.6 : suffers_from_peer(incident) ? 0.8 : 0.9;
    cause.confidence = worth * worth_of_share(incident.peer_share);
    format_into(cause.pro, "{:.0f} % of the sockets in question go there",
                100 * incident.peer_share);
    if (suffers_from_peer(incident)) cause.contra = "it may be the way there";
    candidates.add(cause);
}

// Of a long path its end tells more: ".../spool/app/in".
FixedString<95> end_of_path(std::string_view path, std::size_t room) {
    constexpr std::string_view kCut = "...";
    if (path.size() <= room) return FixedString<95>(path);
    const auto slash = path.find('/', path.size() + kCut.size() - room);
    FixedString<95> out(kCut);
    out.append(
        path.substr(slash == std::string_view::npos ? path.size() + kCut.size() - room : slash));
    return out;
}

// What lies in a tmpfs is memory that no process holds: who wrote it may be gone.
void add_files_in_memory(CauseCandidates& candidates, const GrownPlace& place) {
    Cause cause;
    const std::string_view what = place.is_file ? "file:" : "directory:";
    cause.name.append(what);
    cause.name.append(end_of_path(place.path, cause.name.capacity() - what.size()));
    format_into(cause.text, "{} in {}, which is memory", human_bytes(place.bytes),
                end_of_path(place.path, cause.text.capacity() / 2));
    cause.confidence = kKernelSaid * std::min(1.0, place.of_used / kMostOfMemory);
    format_into(cause.pro, "{:.0f} % of the memory in use lies in that tmpfs", 100 * place.of_used);
    cause.contra = "who wrote it is not told by the file";
    candidates.add(cause);
}

// Who wrote it may be gone; where it lies is what a person looks for.
void add_grown(CauseCandidates& candidates, const Incident& incident) {
    constexpr double kSureOfPlace = 0.7;
    constexpr double kMuch = 0.02;  // of what is used: less did not fill it just now
    const GrownPlace& place = incident.grown;
    if (place.path.empty()) return;
    if (find_kind(incident.kind).resource == Resource::Memory) {
        add_files_in_memory(candidates, place);
        return;
    }
    Cause cause;
    const std::string_view what = place.is_file ? "file:" : "directory:";
    cause.name.append(what);
    cause.name.append(end_of_path(place.path, cause.name.capacity() - what.size()));
    if (incident.kind == "filesystem_inodes") {
        format_into(cause.text, "{} new files in ", place.files);
    } else {
        format_into(cause.text, "{} new in ", human_bytes(place.bytes));
    }
    cause.text.append(end_of_path(place.path, cause.text.capacity() - cause.text.size()));
    cause.confidence = kSureOfPlace * place.share * std::min(1.0, place.of_used / kMuch);
    format_into(cause.pro, "{:.0f} % of what changed there in the last hour", 100 * place.share);
    cause.contra = "who made it is not told by the file";
    candidates.add(cause);
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
    if (is_parent(process)) {
        format_into(cause.pro, "{:.0f} % of them are its children", 100 * share);
    } else if (resource == Resource::Memory && process.open_files > 0) {
        cause.pro = "has files open for writing in the tmpfs that holds the memory";
    } else {
        format_into(cause.pro, "{:.0f} % of what all processes use", 100 * share);
    }
    if (resource == Resource::Processor && process.cpu_ratio < kCoresMin) {
        cause.confidence *= process.cpu_ratio / kCoresMin;
        cause.contra = "uses little by itself";
    }
    constexpr std::uint32_t kFew = 10;
    if (resource == Resource::Processes && !is_parent(process) && process.cpu_ratio < kCoresMin &&
        std::max(process.threads, process.namesakes) < kFew) {
        cause.confidence *= 0.5;
        cause.contra = "they are few";
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
                        resource == Resource::Disk || resource == Resource::Processes ||
                        resource == Resource::Files;
    if (!direct) {
        cause.confidence *= 0.45;  // what it uses of the processor says little about the network
        cause.contra.append(cause.contra.empty() ? "" : "; ");
        cause.contra.append("its use of the processor is all that is known");
    }
}

// The process that the incident is about.
void judge_itself(Cause& cause, const Incident& incident) {
    if (incident.kind == "stuck_tasks") {
        cause.confidence = 0.6;
        cause.pro = "it is the one that waits in the kernel";
        cause.contra = "for what: /proc/PID/stack tells";
    } else if (incident.kind == "service_stuck") {
        cause.confidence = kKernelSaid;
        cause.pro = "a signal stopped it, and none lets it go on";
    } else {
        cause.confidence = kOwnLimit;
        cause.pro = "it is the one that runs into its own limit";
    }
}

void add_processes(CauseCandidates& candidates, const Incident& incident, Resource resource) {
    for (const ProcessUse& process : incident.processes) {
        Cause cause = cause_of(process, incident, resource);
        const bool own_limit = incident.subject.kind == SubjectKind::Process &&
                               process.name == incident.subject.name.view();
        if (own_limit) {
            judge_itself(cause, incident);
        } else if (incident.kind == "log_flood") {
            judge_log_writer(cause, process, incident);
        } else if (incident.kind == "filesystem_inodes") {
            judge_maker(cause, process, incident);
        } else if (resource == Resource::Space) {
            judge_writer(cause, process, incident);
        } else if (process.sockets > 0) {
            judge_socket_holder(cause, process, incident);
        } else {
            judge_user(cause, process, incident, resource);
        }
        if (breaks_by_itself(incident)) {
            cause.confidence *= kBystander;
            cause.contra = "to use it does it no harm";
        }
        candidates.add(cause);
    }
}

// The service that died as the kernel killed for lack of memory is the one that it chose.
void add_victim(CauseCandidates& candidates, const Incident& incident) {
    if (incident.kind != "oom_kill") return;
    for (const Finding& finding : incident.findings) {
        const bool died = finding.incident == "service_failed" ||
                          finding.incident == "service_crash_loop" ||
                          finding.incident == "oom_kill";
        if (!died || finding.subject.kind != SubjectKind::Unit) continue;
        Cause cause;
        format_into(cause.name, "unit:{}", finding.subject.name);
        format_into(cause.text, "{} itself", finding.subject.name);
        cause.confidence = kSure;
        cause.pro = "it died of it";
        candidates.add(cause);
    }
}

// A subject that ran into a limit of its own, or lost its link, is where to look, whoever used it.
void add_subject(CauseCandidates& candidates, const Incident& incident) {
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
        judge_itself(cause, incident);
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
    CauseCandidates candidates;
    add_subject(candidates, incident);
    add_victim(candidates, incident);
    add_processes(candidates, incident, find_kind(incident.kind).resource);
    add_peer(candidates, incident);
    add_grown(candidates, incident);
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
