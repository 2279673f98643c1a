// Workbench holds what collectors share: one reading buffer, the process table, this tick's events,
// machine constants.
//
// The agent makes one before its collectors and keeps it longer than them. Collectors run one after
// another, so one buffer serves all; its pages cost memory only once they are used.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "collectors/clock_discipline.hpp"
#include "collectors/kernel_log.hpp"
#include "collectors/log_line.hpp"
#include "collectors/process_table.hpp"
#include "core/events.hpp"
#include "core/files.hpp"

namespace homeostat {

class FailedUnits;  // collectors/failed_units.hpp
class MountProber;

struct WorkbenchSettings {
    std::size_t buffer_bytes = 1UL << 20U;  // the largest file of one source, say mountinfo
    std::size_t processes_max = 16'384;     // some 120 bytes each, twice; untouched until used
    std::uint64_t page_bytes = 4096;        // of this kernel: sysconf(_SC_PAGESIZE)
    std::size_t events_max = 64;            // in one tick
    // Null: the clock's discipline is not watched. Borrowed.
    const ClockDiscipline* clock_discipline = nullptr;
    std::vector<std::string> certificates = {};  // files whose end is watched
    // Null: mounts that may hang are not asked. Borrowed.
    MountProber* mount_prober = nullptr;
    // Null: logs and configuration files are not watched. Borrowed.
    const Files* files = nullptr;
    std::vector<std::string> watched_paths =
        {};                                   // directories whose files' changes are told: "/etc"
    std::vector<std::string> log_files = {};  // followed, beside the journal: "/var/log/app.log"
    // Null: the kernel's log is not read. Borrowed.
    KernelLog* kernel_log = nullptr;
    // Null: lines are read for known messages only. Borrowed.
    LineSink* lines = nullptr;
    // Null: systemd is not asked which units failed. Borrowed.
    const FailedUnits* failed_units = nullptr;
};

class Workbench {
public:
    explicit Workbench(const WorkbenchSettings& settings = {})
        : settings_(settings),
          buffer_(std::make_unique_for_overwrite<char[]>(settings.buffer_bytes)),
          processes_(settings.processes_max, settings.page_bytes),
          events_(settings.events_max) {}

    // Lent to one collector for the length of one collect().
    [[nodiscard]] std::span<char> buffer() { return {buffer_.get(), settings_.buffer_bytes}; }
    [[nodiscard]] ProcessTable& processes() { return processes_; }
    // What collectors heard of in this tick.
    [[nodiscard]] Events& events() { return events_; }
    [[nodiscard]] const Events& events() const { return events_; }
    // What was allocated at start.
    [[nodiscard]] std::size_t memory_bytes() const {
        return settings_.buffer_bytes + processes_.memory_bytes() + events_.memory_bytes();
    }
    [[nodiscard]] std::uint64_t page_bytes() const { return settings_.page_bytes; }
    [[nodiscard]] const ClockDiscipline* clock_discipline() const {
        return settings_.clock_discipline;
    }
    [[nodiscard]] MountProber* mount_prober() const { return settings_.mount_prober; }
    [[nodiscard]] std::span<const std::string> certificates() const {
        return settings_.certificates;
    }
    [[nodiscard]] const Files* files() const { return settings_.files; }
    [[nodiscard]] std::span<const std::string> watched_paths() const {
        return settings_.watched_paths;
    }
    [[nodiscard]] std::span<const std::string> log_files() const { return settings_.log_files; }
    [[nodiscard]] KernelLog* kernel_log() const { return settings_.kernel_log; }
    // Set by who reads the kernel's log itself: others then leave its lines alone.
    void set_kernel_log_is_read(bool is_read) { kernel_log_is_read_ = is_read; }
    [[nodiscard]] bool kernel_log_is_read() const { return kernel_log_is_read_; }
    // Set by who reads the journal: other sources of the same news then keep quiet.
    void set_journal_is_read(bool is_read) { journal_is_read_ = is_read; }
    [[nodiscard]] bool journal_is_read() const { return journal_is_read_; }
    [[nodiscard]] const FailedUnits* failed_units() const { return settings_.failed_units; }
    [[nodiscard]] LineSink* lines() const { return settings_.lines; }

private:
    WorkbenchSettings settings_;
    std::unique_ptr<char[]> buffer_;
    ProcessTable processes_;
    Events events_;
    bool kernel_log_is_read_ = false;
    bool journal_is_read_ = false;
};

}  // namespace homeostat
