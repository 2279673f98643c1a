// Workbench holds what collectors share: one reading buffer, the process table, machine constants.
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
#include "collectors/process_table.hpp"

namespace homeostat {

class MountProber;

struct WorkbenchSettings {
    std::size_t buffer_bytes = 1UL << 20U;  // the largest file of one source, say mountinfo
    std::size_t processes_max = 4096;       // some 100 bytes each, twice
    std::uint64_t page_bytes = 4096;        // of this kernel: sysconf(_SC_PAGESIZE)
    // Null: the clock's discipline is not watched. Borrowed.
    const ClockDiscipline* clock_discipline = nullptr;
    std::vector<std::string> certificates;  // files whose end is watched
    // Null: mounts that may hang are not asked. Borrowed.
    MountProber* mount_prober = nullptr;
};

class Workbench {
public:
    explicit Workbench(const WorkbenchSettings& settings = {})
        : settings_(settings),
          buffer_(std::make_unique_for_overwrite<char[]>(settings.buffer_bytes)),
          processes_(settings.processes_max, settings.page_bytes) {}

    // Lent to one collector for the length of one collect().
    [[nodiscard]] std::span<char> buffer() { return {buffer_.get(), settings_.buffer_bytes}; }
    [[nodiscard]] ProcessTable& processes() { return processes_; }
    // What was allocated at start.
    [[nodiscard]] std::size_t memory_bytes() const {
        return settings_.buffer_bytes + processes_.memory_bytes();
    }
    [[nodiscard]] std::uint64_t page_bytes() const { return settings_.page_bytes; }
    [[nodiscard]] const ClockDiscipline* clock_discipline() const {
        return settings_.clock_discipline;
    }
    [[nodiscard]] MountProber* mount_prober() const { return settings_.mount_prober; }
    [[nodiscard]] std::span<const std::string> certificates() const {
        return settings_.certificates;
    }

private:
    WorkbenchSettings settings_;
    std::unique_ptr<char[]> buffer_;
    ProcessTable processes_;
};

}  // namespace homeostat
