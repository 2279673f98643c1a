#include "collectors/log_files.hpp"

#include <array>

#include "collectors/mountinfo.hpp"
#include "collectors/source.hpp"

namespace homeostat {
namespace {

constexpr Metric kLines{"log_lines_count", Unit::Count, MetricKind::Counter, Aspect::Traffic};
constexpr Metric kLost{"log_lost_bytes", Unit::Bytes, MetricKind::Counter, Aspect::Other};
constexpr std::array kMetrics{kLines, kLost};

// The journal tells a line's level; a file does not.
constexpr int kPriorityUnknown = 6;

}  // namespace

LogFilesCollector::LogFilesCollector(Workbench& bench) : bench_(bench) {
    logs_.reserve(bench.log_files().size());
    for (const std::string& path : bench.log_files()) logs_.push_back({.file = FollowedLog(path)});
}

void LogFilesCollector::look_at_mounts(const Root& root) {
    const auto mounts = root.read("proc/self/mountinfo", bench_.buffer());
    for (Log& log : logs_) log.may_hang = mounts && homeostat::may_hang(*mounts, log.file.path());
}

Status LogFilesCollector::collect(const Root& root, Samples& out) {
    const Files* files = bench_.files();
    if (files == nullptr || logs_.empty()) {
        return make_error(Errc::NotAvailable, "log_files: none is configured");
    }
    if (runs_++ % kMountLooks == 0) look_at_mounts(root);
    Status trouble = Ok{};
    for (Log& log : logs_) {
        if (log.may_hang) {
            if (trouble) {
                trouble = make_error(Errc::Io, "{}: not read: its mount may hang", log.file.path());
            }
            continue;
        }
        const Status status = log.file.poll(*files, bench_.buffer(), [&](std::string_view text) {
            ++log.lines;
            if (LineSink* lines = bench_.lines()) {
                lines->take({.source = log.file.path(),
                             .priority = kPriorityUnknown,
                             .text = text,
                             .at = out.at()});
            }
        });
        if (!status) {
            if (trouble) trouble = status;
            continue;
        }
        const Subject subject{.kind = SubjectKind::Target,
                              .name = std::string_view(log.file.path())};
        out.add(kLines, subject, as_double(log.lines));
        out.add(kLost, subject, as_double(log.file.lost_bytes()));
    }
    return trouble;
}

std::span<const Metric> LogFilesCollector::metrics() {
    return kMetrics;
}

}  // namespace homeostat
