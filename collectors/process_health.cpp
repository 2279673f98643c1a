#include "collectors/process_health.hpp"

#include <algorithm>
#include <array>

#include "collectors/meminfo.hpp"
#include "collectors/process_files.hpp"
#include "collectors/source.hpp"

namespace homeostat {
namespace {

constexpr Metric kCpu{"cpu_long_running_ratio", Unit::None, MetricKind::Ratio, Aspect::Saturation};
constexpr Metric kIo{"io_long_running_ratio", Unit::None, MetricKind::Ratio, Aspect::Saturation};
constexpr Metric kGrowth{"process_memory_exhausting_ratio", Unit::None, MetricKind::Gauge,
                         Aspect::Capacity};
constexpr Metric kFiles{"process_files_used_ratio", Unit::None, MetricKind::Ratio,
                        Aspect::Capacity};
constexpr std::array kMetrics{kCpu, kIo, kGrowth, kFiles};

constexpr double kLongSeconds = 4;      // one pass of the process table, a little early
constexpr double kGrowingSeconds = 14;  // three of them
constexpr double kExhaustSeconds =
    900;  // 1.0: at this pace the memory ends in a quarter of an hour
constexpr double kTellGrowth = 0.25;
constexpr double kTellFiles = 0.5;
// Listing descriptors costs some 0.3 us each: no more than a few milliseconds in one pass.
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

// How many descriptors the process holds; nothing when we may not see.
std::optional<std::uint32_t> count_descriptors(const Root& root, std::int32_t pid,
                                               std::uint32_t left) {
    std::uint32_t found = 0;
    const auto status = root.list(process_path(pid, "fd").c_str(),
                                  [&](std::string_view) { return ++found < left; });
    return status ? std::optional(found) : std::nullopt;
}

}  // namespace

bool is_batch_program(std::string_view name) {
    if (std::binary_search(kBatch.begin(), kBatch.end(), name)) return true;
    // "clang-14", "gcc-12", "x86_64-linux-gnu-g++-12" is cut to "x86_64-linux-gn".
    return name.starts_with("clang-") || name.starts_with("gcc-") || name.starts_with("g++") ||
           name.starts_with("x86_64-linux-gn") || name.starts_with("aarch64-linux-g");
}

void ProcessHealthCollector::keep_worst(Ranking& ranking, std::string_view name, double value) {
    const auto worse = [](const Worst& a, const Worst& b) { return a.value > b.value; };
    for (Worst& known : ranking) {
        if (known.name != name) continue;
        known.value = std::max(known.value, value);
        sort_in_place(ranking, worse);
        return;
    }
    if (ranking.full()) {
        if (ranking.back().value >= value) return;
        ranking.shrink(ranking.size() - 1);
    }
    (void)ranking.push({.name = name, .value = value});
    sort_in_place(ranking, worse);
}

void ProcessHealthCollector::tell(const Metric& metric, const Ranking& ranking, Names& told,
                                  Samples& out) {
    for (const auto& name : told) {
        const bool still = std::any_of(ranking.begin(), ranking.end(),
                                       [&](const Worst& worst) { return worst.name == name; });
        if (!still) out.add(metric, {SubjectKind::Process, name.view()}, 0);
    }
    told.clear();
    for (const Worst& worst : ranking) {
        out.add(metric, {SubjectKind::Process, worst.name.view()}, worst.value);
        (void)told.push(worst.name);
    }
}

// Of all that the cores did and all that was read and written: how much by processes that have been
// at it for a while and are no batch job.
void ProcessHealthCollector::long_running(Samples& out) {
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
        if ((!at_work && !at_io) || is_batch_program(process.name)) return;
        if (at_work) cpu_long += process.cpu_ratio;
        if (at_io) io_long += process.io_bytes_per_second;
        waits_long = waits_long || at_io;
    });
    out.add(kCpu, cpu > 0 ? cpu_long / cpu : 0);
    // Who waits for a disk that moves nothing is its user all the same.
    out.add(kIo, io > 0 ? io_long / io : waits_long ? 1 : 0);
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
        if (ratio >= kTellGrowth) keep_worst(ranking, process.name, ratio);
    });
    tell(kGrowth, ranking, growing_told_, out);
}

void ProcessHealthCollector::open_files(const Root& root, Samples& out) {
    Ranking ranking;
    std::uint32_t left = kDescriptorsMax;
    bench_.processes().visit([&](const ProcessView& process) {
        if (left == 0) return;
        const auto used = count_descriptors(root, process.pid, left);
        if (!used) return;
        left -= *used;
        bench_.processes().note_open_files(process.pid, *used);
        const auto text = root.read(process_path(process.pid, "limits").c_str(), bench_.buffer());
        const auto limit = text ? parse_open_files_limit(*text) : std::nullopt;
        if (!limit || *limit == 0) return;
        const double ratio = as_double(*used) / as_double(*limit);
        if (ratio >= kTellFiles) keep_worst(ranking, process.name, ratio);
    });
    tell(kFiles, ranking, files_told_, out);
}

Status ProcessHealthCollector::collect(const Root& root, Samples& out) {
    if (bench_.processes().size() == 0) {
        return make_error(Errc::NotFound, "proc: no process was seen yet");
    }
    long_running(out);
    growing(root, out);
    open_files(root, out);
    return Ok{};
}

std::span<const Metric> ProcessHealthCollector::metrics() {
    return kMetrics;
}

}  // namespace homeostat
