// What one tick of the watch costs, beside the floor: reading the same files and parsing nothing.
//
//     bench_tick [TICKS] [PACE_MS]      30 ticks, one a second, by default
//
// Both are measured in the same run, in turn, as CPU time of this thread (user and system). Prints
// the median of each and their ratio; absolute times say more about the machine than about us.

#include <dirent.h>
#include <fcntl.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include "agent/agent.hpp"
#include "core/allocation_guard.hpp"
#include "core/parse.hpp"
#include "core/time.hpp"

using namespace homeostat;

namespace {

class NoFetcher final : public Fetcher {
public:
    Result<HttpResponse> fetch(const HttpRequest&) override {
        return make_error(Errc::Io, "no network in a benchmark");
    }
};

double thread_cpu_us() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_nsec) * 1e-3;
}

// The bare floor: keeps the same global files open and reads each once, looks at the same mounts,
// lists /proc and reads stat and io of each process as often as the process collector does.
class Floor {
public:
    Floor() {
        for (const char* path :
             {"/proc/stat", "/proc/meminfo", "/proc/vmstat", "/proc/loadavg", "/proc/pressure/cpu",
              "/proc/pressure/memory", "/proc/pressure/io", "/proc/diskstats", "/proc/net/dev",
              "/proc/self/mountinfo", "/proc/uptime", "/proc/self/stat"}) {
            const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
            if (fd >= 0) files_.push_back(fd);
        }
        proc_ = ::open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }

    void tick(int number) {
        for (const int fd : files_) read_whole(fd);
        struct statvfs info {};
        if (number % 2 == 0) ::statvfs("/", &info);
        if (number % 5 == 0) read_processes();
    }

private:
    void read_whole(int fd) {
        off_t at = 0;
        for (ssize_t count = 1; count > 0; at += count) {
            count = ::pread(fd, buffer_.data(), buffer_.size(), at);
        }
    }

    void read_processes() {
        alignas(dirent64) std::array<char, 16384> names;
        ::lseek(proc_, 0, SEEK_SET);
        for (;;) {
            const long size = ::syscall(SYS_getdents64, proc_, names.data(), names.size());
            if (size <= 0) return;
            for (long at = 0; at < size;) {
                const auto* entry = reinterpret_cast<const dirent64*>(names.data() + at);
                at += entry->d_reclen;
                if (entry->d_name[0] < '0' || entry->d_name[0] > '9') continue;
                for (const char* file : {"stat", "io"}) {
                    const std::string path = std::string(entry->d_name) + "/" + file;
                    const int fd = ::openat(proc_, path.c_str(), O_RDONLY | O_CLOEXEC);
                    if (fd < 0) continue;
                    read_whole(fd);
                    ::close(fd);
                }
            }
        }
    }

    std::vector<int> files_;
    int proc_ = -1;
    std::array<char, 1U << 16U> buffer_{};
};

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values.empty() ? 0 : values[values.size() / 2];
}

double mean(const std::vector<double>& values) {
    double sum = 0;
    for (const double value : values) sum += value;
    return values.empty() ? 0 : sum / static_cast<double>(values.size());
}

}  // namespace

int main(int argc, char** argv) {
    const auto ticks = static_cast<int>(parse_u64(argc > 1 ? argv[1] : "30").value_or(30));
    const auto pace_ms =
        static_cast<std::int64_t>(parse_u64(argc > 2 ? argv[2] : "1000").value_or(1000));
    auto root = DirectoryRoot::open("/");
    if (!root) return 1;
    const SystemClock clock;
    ProcessSpawner spawner;
    NoFetcher fetcher;
    const ActionConfig actions;
    Config config;
    Work work;
    Agent agent(config, actions, {*root, clock, spawner, fetcher}, work, {}, nullptr);
    Floor floor;
    std::vector<double> ours;
    std::vector<double> bare;
    constexpr int kWarmUp = 10;  // every collector has run, every series has its slot
    std::uint64_t allocations = 0;
    for (int i = -kWarmUp; i < ticks; ++i) {
        const double begin = thread_cpu_us();
        floor.tick(i + kWarmUp);
        const double middle = thread_cpu_us();
        const AllocationGuard guard;
        agent.tick();
        const double end = thread_cpu_us();
        while (work.to_ship.try_pop()) {
        }
        if (i >= 0) {
            allocations += guard.count();
            bare.push_back(middle - begin);
            ours.push_back(end - middle);
        }
        const timespec pause{pace_ms / 1000, pace_ms % 1000 * 1'000'000};
        ::nanosleep(&pause, nullptr);
    }
    AgentStatus status;
    agent.describe(status);
    std::printf("series                      %llu\n",
                static_cast<unsigned long long>(status.series));
    std::printf("tick, CPU, median us        %.0f\n", median(ours));
    std::printf("floor, CPU, median us       %.0f\n", median(bare));
    std::printf("tick / floor, by medians    %.2f\n", median(ours) / median(bare));
    std::printf("tick / floor, by means      %.2f\n", mean(ours) / mean(bare));
    std::printf("allocations a tick          %.3f\n",
                static_cast<double>(allocations) / static_cast<double>(ticks));
    return 0;
}
