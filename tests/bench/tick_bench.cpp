// What one tick of the watch costs, beside the floor: reading the same files and parsing nothing.
//
//     bench_tick [TICKS] [PACE_MS] [PROCESSES]      30 ticks, one a second, as many as there are
//
// An agent whose reads are recorded ticks first, so that the floor reads exactly what a tick reads,
// and finds the kernel's caches as warm as the measured agent does. Both are CPU time of this
// thread, user and system. Ratios are what counts; times say more about the machine than about us.
// Ends with 1 when the ratio by medians is above the goal, 2.0.
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <vector>

#include "agent/agent.hpp"
#include "agent/host_sources.hpp"
#include "core/allocation_guard.hpp"
#include "core/parse.hpp"
#include "core/time.hpp"
#include "tests/bench/recorded_floor.hpp"

using namespace homeostat;

namespace {

constexpr double kRatioMax = 2.0;

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

std::size_t count_processes() {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        const std::string name = entry.path().filename();
        if (name.front() >= '1' && name.front() <= '9') ++count;
    }
    return count;
}

// Sleeping processes, until the machine has `wanted` of them. They end with us.
class Crowd {
public:
    explicit Crowd(std::size_t wanted) {
        for (std::size_t here = count_processes(); here < wanted; ++here) {
            const pid_t child = ::fork();
            if (child == 0) {
                ::prctl(PR_SET_PDEATHSIG, SIGKILL);
                for (;;) ::pause();
            }
            if (child > 0) children_.push_back(child);
        }
    }
    ~Crowd() {
        for (const pid_t child : children_) ::kill(child, SIGKILL);
        for (const pid_t child : children_) (void)::waitpid(child, nullptr, 0);
    }
    Crowd(const Crowd&) = delete;
    Crowd& operator=(const Crowd&) = delete;

private:
    std::vector<pid_t> children_;
};

// The floor keeps two files of each process open.
void allow_many_files() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    (void)::setrlimit(RLIMIT_NOFILE, &limit);
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values.empty() ? 0 : values[values.size() / 2];
}

double mean(const std::vector<double>& values) {
    double sum = 0;
    for (const double value : values) sum += value;
    return values.empty() ? 0 : sum / static_cast<double>(values.size());
}

// One pass over all processes, without the schedule that makes a dear one rarer.
void measure_process_pass(const Root& root, const Clock& clock) {
    constexpr int kPasses = 11;
    constexpr std::size_t kProcessesMax = 16'384;
    constexpr std::uint64_t kPageBytes = 4096;
    bench::Recording recording;
    const bench::RecordingRoot recorder(root, recording);
    ProcessTable recorded(kProcessesMax, kPageBytes);
    ProcessTable measured(kProcessesMax, kPageBytes);
    std::vector<char> buffer(1UL << 16U);
    bench::Floor floor;
    std::vector<double> ours;
    std::vector<double> bare;
    for (int i = 0; i < kPasses; ++i) {
        recording.clear();
        (void)recorded.scan(recorder, buffer, clock.now());
        floor.prepare(recording);
        const double begin = thread_cpu_us();
        floor.run();
        const double middle = thread_cpu_us();
        (void)measured.scan(root, buffer, clock.now());
        const double end = thread_cpu_us();
        bare.push_back(middle - begin);
        ours.push_back(end - middle);
    }
    std::printf("process pass, CPU, median us %.0f\n", median(ours));
    std::printf("its floor, CPU, median us    %.0f\n", median(bare));
    std::printf("pass / floor, by medians     %.2f\n", median(ours) / median(bare));
}

}  // namespace

int main(int argc, char** argv) {
    const auto number = [&](int index, std::uint64_t otherwise) {
        return argc > index ? parse_u64(argv[index]).value_or(otherwise) : otherwise;
    };
    const auto ticks = static_cast<int>(number(1, 30));
    const auto pace_ms = static_cast<std::int64_t>(number(2, 1000));
    const Crowd crowd(number(3, 0));
    allow_many_files();
    auto root = DirectoryRoot::open("/");
    if (!root) return 1;
    const SystemClock clock;
    ProcessSpawner spawner;
    NoFetcher fetcher;
    const ActionConfig actions;
    const Config config;
    bench::Recording recording;
    const bench::RecordingRoot recorder(*root, recording);
    Work recorded_work;
    Work work;
    // As `homeostat run` has them: the kernel's log, the journal, packages, files, ports, logins.
    auto files = DirectoryFiles::open_root("/");
    auto measured_files = DirectoryFiles::open_root("/");
    auto recorded_files = DirectoryFiles::open_root("/");
    if (!files || !measured_files || !recorded_files) return 1;
    const bench::RecordingFiles file_recorder(*files, recording);
    HostSources recorded_sources("", std::move(*recorded_files));
    HostSources sources("", std::move(*measured_files));
    WorkbenchSettings recorded_settings = recorded_sources.bench(config, true);
    recorded_settings.files = &file_recorder;
    Agent recorded(config, actions, {recorder, clock, spawner, fetcher}, recorded_work, {},
                   recorded_settings);
    Agent agent(config, actions, {*root, clock, spawner, fetcher}, work, {},
                sources.bench(config, true));
    bench::Floor floor;
    std::vector<double> ours;
    std::vector<double> bare;
    constexpr int kWarmUp = 10;  // every collector has run, every series has its slot
    std::uint64_t allocations = 0;
    for (int i = -kWarmUp; i < ticks; ++i) {
        recording.clear();
        recorded.tick();
        floor.prepare(recording);
        const double begin = thread_cpu_us();
        floor.run();
        const double middle = thread_cpu_us();
        const AllocationGuard guard;
        agent.tick();
        const double end = thread_cpu_us();
        while (work.to_ship.try_pop()) {
        }
        while (recorded_work.to_ship.try_pop()) {
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
    std::printf("processes                    %zu\n", count_processes());
    std::printf("series                       %llu\n",
                static_cast<unsigned long long>(status.series));
    std::printf("tick, CPU, median us         %.0f\n", median(ours));
    std::printf("floor, CPU, median us        %.0f\n", median(bare));
    const double ratio = median(ours) / median(bare);
    std::printf("tick / floor, by medians     %.2f\n", ratio);
    std::printf("tick / floor, by means       %.2f\n", mean(ours) / mean(bare));
    std::printf("allocations a tick           %.3f\n",
                static_cast<double>(allocations) / static_cast<double>(ticks));
    measure_process_pass(*root, clock);
    if (ratio <= kRatioMax) return 0;
    std::printf("MISSED: a tick costs more than %.1f times its floor\n", kRatioMax);
    return 1;
}
