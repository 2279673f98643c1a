#include "tests/support/synthetic_host.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace homeostat::test {
namespace {

constexpr double kTicksPerSecond = 100;  // USER_HZ
constexpr double kCores = 2;

std::uint64_t whole(double value) {
    return static_cast<std::uint64_t>(std::max(0.0, value));
}

// Busy from nine to five, quiet at night: a share of all cores.
double load_at(Instant now) {
    const double hour = std::fmod(static_cast<double>(now.unix_ns) / 1e9 / 3600, 24);
    return 0.25 + 0.2 * std::sin((hour - 9) / 24 * 2 * std::numbers::pi);
}

}  // namespace

SyntheticHost::SyntheticHost(std::uint64_t seed) : random_(seed) {
    root_.set("etc/machine-id", "0123456789abcdef0123456789abcdef\n");
    root_.set("proc/sys/kernel/hostname", "synthetic\n");
    root_.set("etc/os-release", "ID=debian\nVERSION_ID=\"12\"\nPRETTY_NAME=\"Debian 12\"\n");
    root_.set("proc/self/mountinfo",
              "22 1 254:1 / / rw,relatime - ext4 /dev/vda1 rw\n"
              "23 22 0:20 / /proc rw,nosuid - proc proc rw\n"
              "30 22 254:16 / /srv rw,relatime - ext4 /dev/vdb rw\n");
    root_.set_usage("", FilesystemUsage{.size_bytes = 20UL << 30U,
                                        .free_bytes = 12UL << 30U,
                                        .available_bytes = 11UL << 30U,
                                        .files = 1'000'000,
                                        .files_free = 800'000});
}

double SyntheticHost::noise(double spread) {
    // Not std::normal_distribution: its algorithm is the library's own choice.
    const double uniform = static_cast<double>(random_() >> 11U) / 9007199254740992.0;
    return (uniform - 0.5) * 2 * spread;
}

void SyntheticHost::advance_to(Instant now) {
    const double seconds = started_ ? (now - last_).seconds() : 0;
    started_ = true;
    last_ = now;
    const double load = std::clamp(load_at(now) + noise(0.03), 0.01, 0.99);
    busy_ticks_ += seconds * kTicksPerSecond * kCores * load;
    idle_ticks_ += seconds * kTicksPerSecond * kCores * (1 - load);
    const double written = std::min(writer_rate_ * seconds, kVolumeBytes - used_bytes_);
    used_bytes_ += written;
    written_by_writer_ += written;
    write_cpu(load);
    write_memory(load);
    write_traffic(seconds, load);
    write_mounts();
    write_processes();
}

void SyntheticHost::free_space(double bytes) {
    used_bytes_ = std::max(0.0, used_bytes_ - bytes);
}

void SyntheticHost::write_cpu(double load) {
    root_.set("proc/stat",
              fmt::format("cpu  {0} 0 {1} {2} 0 0 0 0 0 0\ncpu0 {0} 0 {1} {2} 0 0 0 0 0 0\n"
                          "intr 1 0\nctxt {3}\nbtime 1795100000\nprocesses 5000\n"
                          "procs_running 1\nprocs_blocked 0\n",
                          whole(busy_ticks_ * 0.8), whole(busy_ticks_ * 0.2), whole(idle_ticks_),
                          whole(busy_ticks_ * 3)));
    root_.set("proc/loadavg", fmt::format("{:.2f} {:.2f} {:.2f} 1/200 9999\n", load * kCores,
                                          load * kCores, load * kCores));
    const char* const pressure =
        "some avg10=0.00 avg60=0.00 avg300=0.00 total=1000\n"
        "full avg10=0.00 avg60=0.00 avg300=0.00 total=500\n";
    for (const char* file : {"proc/pressure/cpu", "proc/pressure/memory", "proc/pressure/io"}) {
        root_.set(file, pressure);
    }
    root_.set("proc/uptime",
              fmt::format("{:.2f} 1000.00\n", static_cast<double>(last_.monotonic_ns) * 1e-9));
}

void SyntheticHost::write_memory(double load) {
    const double total_kb = 4e6;
    const double available_kb = total_kb * (0.8 - load / 2) + noise(1e4);
    root_.set("proc/meminfo",
              fmt::format("MemTotal: {} kB\nMemFree: {} kB\nMemAvailable: {} kB\nBuffers: 1000 kB\n"
                          "Cached: 900000 kB\nSwapTotal: 1000000 kB\nSwapFree: 1000000 kB\n"
                          "Dirty: 100 kB\nWriteback: 0 kB\n",
                          whole(total_kb), whole(available_kb / 2), whole(available_kb)));
    root_.set("proc/vmstat", "pgfault 1000\npgmajfault 10\npswpin 0\npswpout 0\noom_kill 0\n");
}

void SyntheticHost::write_traffic(double seconds, double load) {
    written_sectors_ += seconds * (200 * load + writer_rate_ / 512);
    received_bytes_ += seconds * (1e5 * load + noise(1e3));
    root_.set("proc/diskstats",
              fmt::format(" 254 16 vdb 100 0 2000 50 {} 0 {} 100 0 90 150 0 0 0 0 0 0\n",
                          whole(written_sectors_ / 8), whole(written_sectors_)));
    root_.set("proc/net/dev",
              fmt::format("Inter-|   Receive    |  Transmit\n"
                          " face |bytes packets errs drop fifo frame compressed multicast|bytes "
                          "packets errs drop fifo colls carrier compressed\n"
                          "  eth0: {0} {1} 0 0 0 0 0 0 {0} {1} 0 0 0 0 0 0\n",
                          whole(received_bytes_), whole(received_bytes_ / 800)));
}

void SyntheticHost::write_mounts() {
    const std::uint64_t free = whole(kVolumeBytes - used_bytes_);
    root_.set_usage("srv", FilesystemUsage{.size_bytes = whole(kVolumeBytes),
                                           .free_bytes = free,
                                           .available_bytes = free,
                                           .files = 655'360,
                                           .files_free = 600'000});
}

void SyntheticHost::write_processes() {
    const std::uint64_t cpu = whole(busy_ticks_ / 10);
    const char* const line =
        "{} ({}) S 1 {} {} 0 -1 4194304 100 0 0 0 {} 10 0 0 20 0 1 0 500 10000000 500 "
        "18446744073709551615 1 1 0 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0\n";
    const auto process = [&](int pid, const char* name, std::uint64_t ticks, double wchar) {
        const std::string directory = fmt::format("proc/{}/", pid);
        root_.set(directory + "stat", fmt::format(fmt::runtime(line), pid, name, pid, pid, ticks));
        root_.set(directory + "io",
                  fmt::format("rchar: 10\nwchar: {}\nsyscr: 1\nsyscw: 1\nread_bytes: 0\n"
                              "write_bytes: 0\ncancelled_write_bytes: 0\n",
                              whole(wchar)));
        root_.set(directory + "cgroup", fmt::format("0::/system.slice/{}.service\n", name));
    };
    process(1, "systemd", 100, 1000);
    process(800, "nginx", cpu, 5000);
    process(4711, "logspam", 50, written_by_writer_);
    root_.set_link("proc/4711/fd/3", "/srv/log/app.log");
    root_.set("proc/4711/fdinfo/3", "pos:\t0\nflags:\t0100001\nmnt_id:\t30\n");
}

}  // namespace homeostat::test
