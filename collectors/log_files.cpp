#include "collectors/log_files.hpp"

#include <array>

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

Status LogFilesCollector::collect(const Root&, Samples& out) {
    const Files* files = bench_.files();
    if (files == nullptr || logs_.empty()) {
        return make_error(Errc::NotAvailable, "log_files: none is configured");
    }
    Status trouble = Ok{};
    for (Log& log : logs_) {
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
