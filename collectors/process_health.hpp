// ProcessHealthCollector looks for the process that does too much: too long at it, growing without
// a pause, near its limit of open files.
//
// It stands on the process table's last pass and looks at /proc/PID/fd and /proc/PID/limits itself
// (proc_pid_fd(5), proc_pid_limits(5)). Ratios of single processes are told by command name, and
// only of those that are near trouble: a healthy host has none.
//
// Batch work is meant to use what is idle and ends by itself, so that it does not count as "long
// running": what gives way to others by its niceness or its scheduling class, what a timer or cron
// started, for its first hour, and what is known by its name (compilers, archivers, package tools,
// backups; is_batch_program() is the list).
//
// A process that stands still is told of as well: one that waits in the kernel (state D) without a
// step forward, and a service or a daemon that a signal stopped (state T). Whom a person stopped at
// a terminal, and what a program stopped that it had started, is left alone.
#pragma once

#include <optional>

#include "collectors/collector.hpp"
#include "collectors/workbench.hpp"

namespace homeostat {

// True for programs whose name (comm) says that they do a batch job.
bool is_batch_program(std::string_view name);

class ProcessHealthCollector final : public Collector {
public:
    static constexpr std::size_t kNamesMax = 8;  // told at one time, of each metric

    explicit ProcessHealthCollector(Workbench& bench) : bench_(bench) {}
    Status collect(const Root& root, Samples& out) override;
    static std::span<const Metric> metrics();

private:
    // What was told goes on as 0 for a while when it is well again or gone: a series that just
    // stops is unknown, and what is unknown does not end.
    struct Told {
        Subject who;
        Instant ill;  // when it last was
    };
    using Names = FixedVector<Told, kNamesMax>;
    struct Worst {
        Subject who;
        double value = 0;
    };
    using Ranking = FixedVector<Worst, kNamesMax>;

    static void keep_worst(Ranking& ranking, const Subject& who, double value);
    static void forget_calmest(Names& told);
    static void tell(const Metric& metric, const Ranking& ranking, Names& told, Samples& out);
    void long_running(const Root& root, Samples& out);
    [[nodiscard]] bool is_job(const Root& root, const ProcessView& process);
    void standing_still(const Root& root, Samples& out);
    void growing(const Root& root, Samples& out);
    void open_files(const Root& root, Samples& out);

    // A process with many descriptors, from pass to pass.
    struct Holder {
        std::int32_t pid = 0;
        std::uint32_t files = 0;
        std::uint32_t grown_passes = 0;  // without a pause
        Instant seen;
    };
    static constexpr std::size_t kHoldersMax = 32;

    std::optional<std::uint32_t> count_files(const Root& root, std::int32_t pid,
                                             std::uint32_t& left);
    void weigh_files(const Root& root, const ProcessView& process, std::uint32_t files,
                     Instant now);
    void forget_unseen();
    double exhausting(std::int32_t pid, std::uint32_t files, std::uint64_t limit, Instant now);

    Workbench& bench_;
    FixedVector<Holder, kHoldersMax> holders_;
    // A pass over open files may take several runs: what the present one and the last whole one
    // found.
    struct FilesPass {
        Ranking full;
        Ranking leaking;
        std::uint32_t unseen = 0;  // processes whose descriptors we may not see
    };
    FilesPass pass_;
    FilesPass told_;
    Instant pass_began_;
    std::int32_t next_pid_ = 0;  // where the pass goes on; 0: a new one
    Names stuck_told_;
    Names stopped_told_;
    Names growing_told_;
    Names files_told_;
    Names leaking_told_;
};

}  // namespace homeostat
