// SyntheticHost is a small server in memory: a day of load, a disk that a process may fill.
//
// All numbers come from the seed and the time, so the same seed is the same day, byte for byte.
#pragma once

#include <cstdint>
#include <random>

#include "core/time.hpp"
#include "tests/support/memory_root.hpp"

namespace homeostat::test {

class SyntheticHost {
public:
    explicit SyntheticHost(std::uint64_t seed);

    // Moves the host on to `now`: load of the hour, traffic, what the writer wrote since.
    void advance_to(Instant now);

    // From now on process "logspam" (pid 4711) writes this much a second to /srv; 0 stops it.
    void set_writer(double bytes_per_second) { writer_rate_ = bytes_per_second; }

    // What a clean-up frees of /srv.
    void free_space(double bytes);

    [[nodiscard]] double used_ratio() const { return used_bytes_ / kVolumeBytes; }
    [[nodiscard]] const MemoryRoot& root() const { return root_; }
    MemoryRoot& root() { return root_; }

    static constexpr double kVolumeBytes = 10.0 * 1024 * 1024 * 1024;

private:
    void write_cpu(double load);
    void write_memory(double load);
    void write_traffic(double seconds, double load);
    void write_mounts();
    void write_processes();
    double noise(double spread);

    MemoryRoot root_;
    std::mt19937_64 random_;
    Instant last_;
    bool started_ = false;
    double busy_ticks_ = 1e6;
    double idle_ticks_ = 9e6;
    double written_sectors_ = 1e5;
    double received_bytes_ = 1e8;
    double used_bytes_ = kVolumeBytes * 0.4;
    double written_by_writer_ = 0;
    double writer_rate_ = 0;
};

}  // namespace homeostat::test
