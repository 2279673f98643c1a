#include "agent/evidence.hpp"

#include <algorithm>

#include "agent/incidents/kinds.hpp"
#include "collectors/meminfo.hpp"
#include "collectors/mountinfo.hpp"
#include "collectors/source.hpp"
#include "detectors/forecast.hpp"

namespace homeostat {
namespace {

// In one tmpfs, of all memory in use: it is worth a word.
constexpr double kMuchInMemory = 0.2;

std::optional<SocketTrouble> socket_trouble_of(std::string_view kind) {
    if (kind == "listen_overflow") return SocketTrouble::NotAccepted;
    if (kind == "udp_overflow") return SocketTrouble::NotRead;
    if (kind == "network_unreachable" || kind == "traffic_fan_out" || kind == "syn_flood") {
        return SocketTrouble::NotAnswered;
    }
    if (kind == "network_loss") return SocketTrouble::Resent;
    if (kind == "name_resolution") return SocketTrouble::AsksNames;
    if (kind == "socket_memory") return SocketTrouble::Held;
    if (kind == "port_exhaustion" || kind == "conntrack_full") return SocketTrouble::Any;
    return std::nullopt;
}

ProcessOrder order_for(Resource resource) {
    switch (resource) {
        case Resource::Disk: return ProcessOrder::Io;
        case Resource::Space: return ProcessOrder::Writes;
        case Resource::Files: return ProcessOrder::Files;
        default: return ProcessOrder::Cpu;
    }
}

}  // namespace

Evidence::Evidence(Workbench& bench, const Root& root, const SeriesTable& series,
                   const FlightRecorder& recorder, std::span<const Condition> conditions)
    : bench_(bench), root_(root), series_(series), recorder_(recorder), conditions_(conditions) {}

ProcessList Evidence::processes_for(const Subject& subject, std::string_view kind) {
    ProcessTable& processes = bench_.processes();
    const std::span<char> buffer = bench_.buffer();
    peer_ = {};
    if (subject.kind == SubjectKind::Mount) {
        if (kind == "filesystem_inodes") return processes.makers_under(root_, subject.name, buffer);
        return processes.writers_under(root_, subject.name, buffer, now_).processes;
    }
    if (subject.kind == SubjectKind::Target && kind == "log_flood") {
        return processes.writers_under(root_, subject.name, buffer, now_).processes;
    }
    if (subject.kind == SubjectKind::Process) {
        return kind == "memory_leak" ? processes.growing(subject.name, root_, buffer)
                                     : processes.named(subject.name, root_, buffer);
    }
    if (const auto holders = socket_holders(kind); !holders.empty()) return holders;
    const std::string_view unit =
        subject.kind == SubjectKind::Unit ? subject.name.view() : std::string_view{};
    const Resource resource = find_kind(kind).resource;
    if (resource == Resource::Memory) return memory_users(unit);
    if (kind == "zombies") return processes.parents_of({}, root_, buffer);
    if (resource == Resource::Processes) return starters(unit);
    return processes.top_names(order_for(resource), root_, buffer, unit);
}

ProcessList Evidence::socket_holders(std::string_view kind) {
    const auto trouble = socket_trouble_of(kind);
    if (!trouble || bench_.files() == nullptr) return {};
    const SocketUsers users =
        socket_users(bench_.processes(), root_, *bench_.files(), *trouble, bench_.buffer());
    peer_ = {users.peer, users.peer_share};
    return users.processes;
}

// What lies in a tmpfs is memory, and no process has it.
Evidence::MemoryMount Evidence::fullest_tmpfs() {
    MemoryMount most;
    const auto meminfo = root_.read("proc/meminfo", bench_.buffer());
    if (!meminfo) return most;
    const auto memory = parse_meminfo(*meminfo);
    if (!memory) return most;
    const auto total = (*memory)[MeminfoFields::Total];
    const auto available = (*memory)[MeminfoFields::Available];
    if (!total || !available || *total <= *available) return most;
    const auto text = root_.read("proc/self/mountinfo", bench_.buffer());
    if (!text) return most;
    (void)parse_mountinfo(*text, [&](const MountLine& line) {
        if (line.type != "tmpfs" || line.is_super_read_only()) return;
        const FixedString<127> point = decode_mount_path(line.mount_point);
        if (point.truncated() || may_hang(*text, point)) return;
        const auto usage = root_.filesystem_usage(point.c_str());
        if (!usage || usage->size_bytes < usage->free_bytes) return;
        const double used = as_double(usage->size_bytes - usage->free_bytes);
        if (used > most.bytes) most = {point, used, used / as_double(*total - *available)};
    });
    return most.of_used >= kMuchInMemory ? most : MemoryMount{};
}

std::optional<GrownPlace> Evidence::grown_in_memory(Instant onset) {
    constexpr Duration kBefore = hours(1);
    if (!grown_.goes_on()) {
        in_memory_ = fullest_tmpfs();
        if (in_memory_.point.empty() || bench_.files() == nullptr) return GrownPlace{};
        grown_.begin(in_memory_.point, onset.unix_ns - kBefore.ns, GrownFiles::Count::Bytes);
    }
    if (grown_.mount() != in_memory_.point.view()) return std::nullopt;  // another is searched
    grown_at_ = now_;
    if (!grown_.step(root_, *bench_.files())) return std::nullopt;
    GrownPlace place = grown_.result();
    if (place.path.empty()) {  // many places: then all of it
        place.path = in_memory_.point.view();
        place.is_file = false;
        place.bytes = in_memory_.bytes;
    }
    place.of_used = in_memory_.of_used;
    return place;
}

// Who grows, if anybody grows much; else who holds most.
ProcessList Evidence::memory_users(std::string_view unit) {
    constexpr double kGrowsMuch = 4.0 * 1024 * 1024;  // a second
    ProcessTable& processes = bench_.processes();
    const std::span<char> buffer = bench_.buffer();
    if (unit.empty()) {
        const MemoryMount tmpfs = fullest_tmpfs();
        auto writers = tmpfs.point.empty()
                           ? ProcessList{}
                           : processes.writers_under(root_, tmpfs.point, buffer, now_).processes;
        double total = 0;
        for (const ProcessUse& writer : writers) total += writer.write_bytes_per_second;
        const bool open = !writers.empty() && writers[0].open_files > 0 && total > 0;
        for (ProcessUse& writer : writers) {
            writer.share = open ? writer.write_bytes_per_second / total *
                                      std::min(1.0, tmpfs.of_used / kMuchInMemory / 2)
                                : 0;
        }
        if (open) return writers;
    }
    const auto growing = processes.top_names(ProcessOrder::RssGrowth, root_, buffer, unit);
    const bool much = !growing.empty() && growing[0].rss_growth_bytes_per_second >= kGrowsMuch;
    if (much) return growing;
    return processes.top_names(ProcessOrder::Rss, root_, buffer, unit);
}

// Who has most processes and threads. Who starts some that end at once has none of them: it shows
// by its own work.
ProcessList Evidence::starters(std::string_view unit) {
    constexpr double kMany = 0.3;
    ProcessTable& processes = bench_.processes();
    const std::span<char> buffer = bench_.buffer();
    const auto many = processes.top_names(ProcessOrder::Threads, root_, buffer, unit);
    if (!many.empty() && many[0].share >= kMany) return with_parent(many);
    const auto busy = processes.top_names(ProcessOrder::Cpu, root_, buffer, unit);
    return busy.empty() || busy[0].share < kMany ? many : busy;
}

// Many processes of one name that another program started: that one goes on starting them.
ProcessList Evidence::with_parent(const ProcessList& many) {
    constexpr std::uint32_t kCrowd = 30;
    constexpr double kMost = 0.8;  // of them: the same parent's
    if (many[0].namesakes < kCrowd || many[0].threads > 2 * many[0].namesakes) return many;
    const auto parents = bench_.processes().parents_of(many[0].name, root_, bench_.buffer());
    if (parents.empty() || parents[0].share < kMost) return many;
    // The init took over whom nobody waits for: it started none of them.
    if (parents[0].pid == 1 || parents[0].name == many[0].name.view()) return many;
    ProcessList list;
    (void)list.push(parents[0]);
    list[0].share = many[0].share;
    for (const ProcessUse& use : many) {
        if (list.push(use)) list.back().share *= 0.5;
    }
    return list;
}

std::optional<GrownPlace> Evidence::grown_beneath(const Subject& mount, std::string_view kind,
                                                  Instant onset) {
    constexpr Duration kBefore = hours(1);
    const Files* files = bench_.files();
    const bool inodes = kind == "filesystem_inodes";
    if (grown_at_ == now_) return std::nullopt;  // one piece in each tick
    if (find_kind(kind).resource == Resource::Memory) return grown_in_memory(onset);
    if (!grown_.goes_on()) {
        if (files == nullptr || !is_local(mount.name)) return GrownPlace{};
        grown_.begin(mount.name, onset.unix_ns - kBefore.ns,
                     inodes ? GrownFiles::Count::Files : GrownFiles::Count::Bytes);
    }
    if (grown_.mount() != mount.name) return std::nullopt;  // another one is searched
    grown_at_ = now_;
    if (!grown_.step(root_, *files)) return std::nullopt;
    GrownPlace place = grown_.result();
    place.of_used = of_used(place, mount.name, inodes);
    return place;
}

// A server may not answer.
bool Evidence::is_local(std::string_view mount) {
    const auto text = root_.read("proc/self/mountinfo", bench_.buffer());
    const auto all = text ? local_mounts(*text) : Result<LocalMounts>(text.error());
    return all && std::any_of(all->mounts.begin(), all->mounts.end(),
                              [&](const auto& local) { return local.mount_point == mount; });
}

double Evidence::of_used(const GrownPlace& place, std::string_view mount, bool inodes) const {
    const auto usage = root_.filesystem_usage(FixedString<127>(mount).c_str());
    if (!usage) return 0;
    const double all = as_double(inodes ? usage->files : usage->size_bytes);
    const double used = all - as_double(inodes ? usage->files_free : usage->free_bytes);
    return used > 0 ? (inodes ? place.files : place.bytes) / used : 0;
}

Subject Evidence::beneath(const Subject& subject) {
    constexpr std::string_view kLogs = "/var/log";  // the journal's place, and that of most others
    const bool is_file =
        subject.kind == SubjectKind::Target && subject.name.view().starts_with('/');
    const bool is_unit = subject.kind == SubjectKind::Unit;
    if (subject.kind != SubjectKind::Mount && !is_file && !is_unit) return subject;
    const auto text = root_.read("proc/self/mountinfo", bench_.buffer());
    if (!text) return subject;
    const FixedString<127> point = subject.kind == SubjectKind::Mount
                                       ? subject.name
                                       : mount_above(*text, is_unit ? kLogs : subject.name.view());
    const auto device = device_of_mount(*text, point);
    if (!device.empty()) return {SubjectKind::Device, device.view()};
    return point.empty() ? subject : Subject{SubjectKind::Mount, point.view()};
}

Counsel Evidence::counsel_for(std::string_view name) {
    for (const Condition& condition : conditions_) {
        if (condition.name == name) return {condition.advice, condition.remedy};
    }
    for (const ForecastRule& rule : stock_forecasts()) {
        if (rule.name == name) return {rule.advice, rule.remedy};
    }
    return {};
}

Snippet Evidence::snippet_of(std::string_view metric, const Subject& subject) {
    return recorder_.snippet(series_, metric, subject);
}

std::optional<double> Evidence::value_of(std::string_view metric, const Subject& subject) {
    // Not this tick's samples: a mount is not looked at every second.
    const Snippet newest = recorder_.snippet(series_, metric, subject);
    if (newest.values.empty()) return std::nullopt;
    return static_cast<double>(newest.values.back());
}

}  // namespace homeostat
