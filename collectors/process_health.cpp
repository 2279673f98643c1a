#include "collectors/process_health.hpp"

#include <algorithm>
#include <array>

#include "collectors/meminfo.hpp"
#include "collectors/process_files.hpp"
#include "collectors/source.hpp"
#include "collectors/unit_news.hpp"

namespace homeostat {
namespace {

constexpr Metric kCpu{"cpu_long_running_ratio", Unit::None, MetricKind::Ratio, Aspect::Saturation};
constexpr Metric kIo{"io_long_running_ratio", Unit::None, MetricKind::Ratio, Aspect::Saturation};
constexpr Metric kGrowth{"process_memory_exhausting_ratio", Unit::None, MetricKind::Gauge,
                         Aspect::Capacity};
constexpr Metric kFiles{"process_files_used_ratio", Unit::None, MetricKind::Ratio,
                        Aspect::Capacity};
constexpr Metric kLeak{"process_files_exhausting_ratio", Unit::None, MetricKind::Gauge,
                       Aspect::Capacity};
constexpr Metric kUnseen{"processes_files_unseen_count", Unit::Count, MetricKind::Gauge,
                         Aspect::Other};
constexpr Metric kStuck{"process_stuck_seconds", Unit::Seconds, MetricKind::Gauge,
                        Aspect::Saturation};
constexpr Metric kStopped{"process_stopped_seconds", Unit::Seconds, MetricKind::Gauge,
                          Aspect::Errors};
constexpr std::array kMetrics{kCpu, kIo, kGrowth, kFiles, kLeak, kUnseen, kStuck, kStopped};

constexpr double kLongSeconds = 4;    // one pass of the process table, a little early
constexpr double kJobSeconds = 3600;  // what the clock started may take so long
constexpr double kTellStill = 4;
constexpr double kGrowingSeconds = 14;  // three of them
constexpr double kExhaustSeconds =
    900;  // 1.0: at this pace the memory ends in a quarter of an hour
constexpr double kTellGrowth = 0.25;
constexpr double kTellFiles = 0.5;
// Open files that grow without a pause: 1.0 means that the limit is reached in five minutes. A
// server that fills up after its start is no leak: told is who has a good part of its limit
// already, or very many, and has grown for four passes.
// Longer than any condition of these metrics waits before it is over.
constexpr Duration kToldAsWell = minutes(2);
constexpr double kFilesExhaustSeconds = 300;
constexpr double kFilesShareMin = 0.25;
constexpr std::uint32_t kFilesManyMin = 4096;
constexpr std::uint32_t kFilesWatchedMin = 64;
constexpr std::uint32_t kGrownPassesMin = 4;
// Listing descriptors costs some 0.3 us each: no more than a few milliseconds in one run. Where
// there are more, the next run goes on.
constexpr std::uint32_t kDescriptorsMax = 20'000;

// Sorted, for the binary search. At most 15 characters, as the kernel cuts them.
constexpr std::array<std::string_view, 69> kBatch{"apk",
                                                  "apt",
                                                  "apt-get",
                                                  "aptitude",
                                                  "ar",
                                                  "as",
                                                  "borg",
                                                  "borgmatic",
                                                  "btrfs",
                                                  "bunzip2",
                                                  "bzip2",
                                                  "cargo",
                                                  "cc1",
                                                  "cc1obj",
                                                  "cc1plus",
                                                  "clang",
                                                  "clang++",
                                                  "clang-tidy",
                                                  "cmake",
                                                  "collect2",
                                                  "cp",
                                                  "cpio",
                                                  "dnf",
                                                  "dpkg",
                                                  "dpkg-deb",
                                                  "duplicity",
                                                  "e2fsck",
                                                  "flatpak",
                                                  "fsck",
                                                  "gcc",
                                                  "git",
                                                  "go",
                                                  "gzip",
                                                  "javac",
                                                  "ld",
                                                  "ld.bfd",
                                                  "ld.gold",
                                                  "ld.lld",
                                                  "lld",
                                                  "lto1",
                                                  "lto1-ltrans",
                                                  "lz4",
                                                  "make",
                                                  "mandb",
                                                  "md5sum",
                                                  "mksquashfs",
                                                  "mysqldump",
                                                  "ninja",
                                                  "pg_dump",
                                                  "pg_restore",
                                                  "pigz",
                                                  "restic",
                                                  "rpm",
                                                  "rsync",
                                                  "rustc",
                                                  "sha1sum",
                                                  "sha256sum",
                                                  "sha512sum",
                                                  "snapper",
                                                  "tar",
                                                  "unattended-upgr",
                                                  "unpigz",
                                                  "unxz",
                                                  "unzip",
                                                  "updatedb",
                                                  "xz",
                                                  "yum",
                                                  "zip",
                                                  "zstd"};
static_assert(std::is_sorted(kBatch.begin(), kBatch.end()));

}  // namespace

bool is_batch_program(std::string_view name) {
    if (std::binary_search(kBatch.begin(), kBatch.end(), name)) return true;
    // "clang-14", "gcc-12", "x86_64-linux-gnu-g++-12" is cut to "x86_64-linux-gn".
    return name.starts_with("clang-") || name.starts_with("gcc-") || name.starts_with("g++") ||
           name.starts_with("x86_64-linux-gn") || name.starts_with("aarch64-linux-g");
}

void ProcessHealthCollector::keep_worst(Ranking& ranking, const Subject& who, double value) {
    const auto worse = [](const Worst& a, const Worst& b) { return a.value > b.value; };
    for (Worst& known : ranking) {
        if (!(known.who == who)) continue;
        known.value = std::max(known.value, value);
        sort_in_place(ranking, worse);
        return;
    }
    if (ranking.full()) {
        if (ranking.back().value >= value) return;
        ranking.shrink(ranking.size() - 1);
    }
    (void)ranking.push({.who = who, .value = value});
    sort_in_place(ranking, worse);
}

// Room for a name that is ill now.
void ProcessHealthCollector::forget_calmest(Names& told) {
    sort_in_place(told, [](const Told& a, const Told& b) { return b.ill < a.ill; });
    told.shrink(told.size() - 1);
}

void ProcessHealthCollector::tell(const Metric& metric, const Ranking& ranking, Names& told,
                                  Samples& out) {
    for (std::size_t i = told.size(); i > 0; --i) {
        Told& known = told[i - 1];
        const bool still = std::any_of(ranking.begin(), ranking.end(),
                                       [&](const Worst& worst) { return worst.who == known.who; });
        if (!still && out.at() - known.ill <= kToldAsWell) {
            out.add(metric, known.who, 0);
            continue;
        }
        known = told.back();
        told.shrink(told.size() - 1);
    }
    for (const Worst& worst : ranking) {
        out.add(metric, worst.who, worst.value);
        if (told.full()) forget_calmest(told);
        (void)told.push({worst.who, out.at()});
    }
}

// What takes only what others leave, and what the clock started.
bool ProcessHealthCollector::is_job(const Root& root, const ProcessView& process) {
    constexpr std::array<std::string_view, 4> kSchedulers{"cron.service", "crond.service",
                                                          "anacron.service", "atd.service"};
    if (is_batch_program(process.name) || process.gives_way) return true;
    if (std::max(process.busy_seconds, process.io_seconds) > kJobSeconds) return false;
    const auto text = root.read(process_path(process.pid, "cgroup").c_str(), bench_.buffer());
    const FixedString<127> unit = text ? unit_of_cgroup(*text) : FixedString<127>{};
    if (unit.empty()) return false;
    return std::find(kSchedulers.begin(), kSchedulers.end(), unit.view()) != kSchedulers.end() ||
           (bench_.files() != nullptr && has_timer(*bench_.files(), unit));
}

void ProcessHealthCollector::standing_still(const Root& root, Samples& out) {
    Ranking stuck;
    Ranking stopped;
    bench_.processes().visit([&](const ProcessView& process) {
        if (process.still_seconds < kTellStill) return;
        Subject who{SubjectKind::Process, process.name};
        if (process.state == 'D') {
            keep_worst(stuck, who, process.still_seconds);
            return;
        }
        const auto text = root.read(process_path(process.pid, "cgroup").c_str(), bench_.buffer());
        const FixedString<127> unit = text ? unit_of_cgroup(*text) : FixedString<127>{};
        const bool is_service =
            unit.view().ends_with(".service") && !unit.view().starts_with("user@");
        if (is_service) who = {SubjectKind::Unit, unit.view()};
        const bool is_daemon =
            process.is_daemon && !process.has_terminal && !process.still_before_us;
        if (is_service || is_daemon) keep_worst(stopped, who, process.still_seconds);
    });
    tell(kStuck, stuck, stuck_told_, out);
    tell(kStopped, stopped, stopped_told_, out);
}

// Of all that the cores could do and all that was read and written: how much by processes that have
// been at it for a while and are no batch job.
void ProcessHealthCollector::long_running(const Root& root, Samples& out) {
    double cpu = 0;
    double cpu_long = 0;
    double io = 0;
    double io_long = 0;
    bool waits_long = false;
    bench_.processes().visit([&](const ProcessView& process) {
        cpu += process.cpu_ratio;
        io += process.io_bytes_per_second;
        const bool at_work = process.busy_seconds >= kLongSeconds;
        const bool at_io = process.io_seconds >= kLongSeconds;
        if ((!at_work && !at_io) || is_job(root, process)) return;
        if (at_work) cpu_long += process.cpu_ratio;
        if (at_io) io_long += process.io_bytes_per_second;
        waits_long = waits_long || at_io;
    });
    // Of the whole machine: what short-lived processes and the kernel use is in no pass of the
    // table.
    const double all = std::max(cpu, out.value("cpu_online_count").value_or(0));
    out.add(kCpu, all > 0 ? cpu_long / all : 0);
    // Who waits for a disk that moves nothing is its user all the same. So is who waits where we
    // may not see what others move: our own status file is then all that we know of.
    const auto first = root.read("proc/1/io", bench_.buffer());
    const bool denied = !first && first.error().code == Errc::Denied;
    out.add(kIo, io > 0 && !denied ? io_long / io : waits_long ? 1 : 0);
}

void ProcessHealthCollector::growing(const Root& root, Samples& out) {
    Ranking ranking;
    const auto text = root.read("proc/meminfo", bench_.buffer());
    if (!text) return;
    const auto memory = parse_meminfo(*text);
    if (!memory || !(*memory)[MeminfoFields::Available]) return;
    const double room = std::max(as_double(*(*memory)[MeminfoFields::Available]), 1.0);
    bench_.processes().visit([&](const ProcessView& process) {
        if (process.growing_seconds < kGrowingSeconds || is_batch_program(process.name)) return;
        const double ratio = kExhaustSeconds * process.rss_growth_bytes_per_second / room;
        if (ratio >= kTellGrowth) keep_worst(ranking, {SubjectKind::Process, process.name}, ratio);
    });
    tell(kGrowth, ranking, growing_told_, out);
}

// How many descriptors the process holds; nothing when we may not see. Since Linux 6.2 the
// directory has their number for its size; before, they are counted, at most `left` of them.
std::optional<std::uint32_t> ProcessHealthCollector::count_files(const Root& root, std::int32_t pid,
                                                                 std::uint32_t& left) {
    const FixedString<63> path = process_path(pid, "fd");
    if (bench_.files() != nullptr) {
        const auto stamp = bench_.files()->stamp(path.c_str(), Links::Follow);
        if (stamp && stamp->size_bytes > 0 && stamp->size_bytes < UINT32_MAX) {
            return static_cast<std::uint32_t>(stamp->size_bytes);
        }
    }
    std::uint32_t found = 0;
    const auto status = root.list(path.c_str(), [&](std::string_view) { return ++found < left; });
    left -= std::min(left, found);
    if (!status && status.error().code == Errc::Denied) ++pass_.unseen;
    return status ? std::optional(found) : std::nullopt;
}

// How near the limit is at the pace of the last passes; 0 while it does not grow.
double ProcessHealthCollector::exhausting(std::int32_t pid, std::uint32_t files,
                                          std::uint64_t limit, Instant now) {
    if (files < kFilesWatchedMin) return 0;
    auto* holder = std::find_if(holders_.begin(), holders_.end(),
                                [&](const Holder& known) { return known.pid == pid; });
    if (holder == holders_.end()) {
        const Holder fresh{.pid = pid, .files = files, .grown_passes = 0, .seen = now};
        if (holders_.push(fresh)) return 0;
        // Who leaks has more than most before long.
        auto* least =
            std::min_element(holders_.begin(), holders_.end(),
                             [](const Holder& a, const Holder& b) { return a.files < b.files; });
        if (least->files < files) *least = fresh;
        return 0;
    }
    const double elapsed = (now - holder->seen).seconds();
    const double grown = as_double(files) - as_double(holder->files);
    holder->grown_passes = grown > 0 ? holder->grown_passes + 1 : 0;
    holder->files = files;
    holder->seen = now;
    const bool much =
        as_double(files) >= kFilesShareMin * as_double(limit) || files >= kFilesManyMin;
    if (holder->grown_passes < kGrownPassesMin || !much || elapsed <= 0) return 0;
    const double room = std::max(as_double(limit) - as_double(files), 1.0);
    return kFilesExhaustSeconds * grown / elapsed / room;
}

void ProcessHealthCollector::weigh_files(const Root& root, const ProcessView& process,
                                         std::uint32_t files, Instant now) {
    bench_.processes().note_open_files(process.pid, files);
    const auto text = root.read(process_path(process.pid, "limits").c_str(), bench_.buffer());
    const auto limit = text ? parse_open_files_limit(*text) : std::nullopt;
    if (!limit || *limit == 0) return;
    // Told at once, also when the pass is not whole yet.
    const double ratio = as_double(files) / as_double(*limit);
    if (ratio >= kTellFiles) {
        keep_worst(pass_.full, {SubjectKind::Process, process.name}, ratio);
        keep_worst(told_.full, {SubjectKind::Process, process.name}, ratio);
    }
    const double leak = exhausting(process.pid, files, *limit, now);
    if (leak >= kTellGrowth) {
        keep_worst(pass_.leaking, {SubjectKind::Process, process.name}, leak);
        keep_worst(told_.leaking, {SubjectKind::Process, process.name}, leak);
    }
}

void ProcessHealthCollector::open_files(const Root& root, Samples& out) {
    if (next_pid_ == 0) {
        pass_ = {};
        pass_began_ = out.at();
    }
    std::uint32_t left = kDescriptorsMax;
    std::int32_t stopped = 0;
    bool first = true;
    bench_.processes().visit([&](const ProcessView& process) {
        if (stopped != 0 || process.pid < next_pid_) return;
        const auto used = left > 0 ? count_files(root, process.pid, left) : std::nullopt;
        // Cut short: counted anew in the next run. Who has more than a whole run counts as it is.
        if (left == 0 && !first) {
            stopped = process.pid;
            return;
        }
        first = false;
        if (used) weigh_files(root, process, *used, out.at());
    });
    next_pid_ = stopped;
    if (next_pid_ == 0) {
        told_ = pass_;
        forget_unseen();
    }
    tell(kFiles, told_.full, files_told_, out);
    tell(kLeak, told_.leaking, leaking_told_, out);
    out.add(kUnseen, told_.unseen);
}

void ProcessHealthCollector::forget_unseen() {
    for (std::size_t i = holders_.size(); i > 0; --i) {
        if (holders_[i - 1].seen >= pass_began_) continue;
        holders_[i - 1] = holders_.back();
        holders_.shrink(holders_.size() - 1);
    }
}

Status ProcessHealthCollector::collect(const Root& root, Samples& out) {
    if (bench_.processes().size() == 0) {
        return make_error(Errc::NotFound, "proc: no process was seen yet");
    }
    long_running(root, out);
    standing_still(root, out);
    growing(root, out);
    open_files(root, out);
    return Ok{};
}

std::span<const Metric> ProcessHealthCollector::metrics() {
    return kMetrics;
}

}  // namespace homeostat
