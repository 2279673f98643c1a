// How many log lines a second the whole path takes: the followed file, the known messages, the
// templates with their rates. Beside it the floor: finding the line feeds of the same bytes.
//
//     bench_logs [LINES]      400,000 by default
//
// CPU time of this thread, the best of five, all in one run; the ratio says more than the times.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>

#include "agent/log_watch.hpp"
#include "collectors/kernel_message.hpp"
#include "core/allocation_guard.hpp"
#include "core/parse.hpp"

using namespace homeostat;

namespace {

double thread_cpu_seconds() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

template <typename Work>
double best_of_five(Work&& work) {
    double best = 1e9;
    for (int i = 0; i < 5; ++i) {
        const double begin = thread_cpu_seconds();
        work();
        best = std::min(best, thread_cpu_seconds() - begin);
    }
    return best;
}

// What a busy host writes: some forty sentences with other values each time.
std::string sample_log(std::size_t lines) {
    constexpr const char* kForms[]{
        "sshd[%u]: Accepted publickey for deploy from 10.0.%u.7 port %u ssh2: ED25519\n",
        "nginx: 10.1.%u.%u - - \"GET /api/v1/items/%u HTTP/1.1\" 200 1532\n",
        "kernel: [%u.%u] eth0: renamed from veth%u\n",
        "systemd[1]: session-%u.scope: Deactivated successfully after %ums, pid %u.\n",
        "postgres[%u]: LOG:  checkpoint complete: wrote %u buffers (%u ms)\n",
        "CRON[%u]: pam_unix(cron:session): session opened for user root(uid=%u) by (uid=%u)\n",
        "app worker %u: request %u took %u ms\n",
        "kubelet: E1121 pod_workers.go:%u] \"Error syncing pod\" err=\"timeout %u\" "
        "pod=\"web-%u\"\n"};
    std::string text;
    char line[256];
    std::uint32_t random = 12345;
    for (std::size_t i = 0; i < lines; ++i) {
        random = random * 1664525U + 1013904223U;
        const int size =
            std::snprintf(line, sizeof line, kForms[(random >> 24U) % std::size(kForms)],
                          random % 9973U, (random >> 8U) % 251U, random % 65521U);
        text.append(line, static_cast<std::size_t>(size));
    }
    return text;
}

std::size_t count_lines(std::string_view text) {
    std::size_t lines = 0;
    const char* at = text.data();
    const char* end = at + text.size();
    while (const void* found = std::memchr(at, '\n', static_cast<std::size_t>(end - at))) {
        ++lines;
        at = static_cast<const char*>(found) + 1;
    }
    return lines;
}

}  // namespace

int main(int argc, char** argv) {
    const std::size_t lines = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 400'000;
    const std::string text = sample_log(std::max<std::size_t>(lines, 1));
    std::size_t floor_lines = 0;
    const double floor = best_of_five([&] { floor_lines += count_lines(text); });

    LogWatch watch;
    KernelMessages kernel;
    std::size_t known = 0;
    std::uint64_t allocations = 0;
    const double ours = best_of_five([&] {
        const AllocationGuard guard;
        std::string_view rest = text;
        for (std::string_view line; next_line(rest, line);) {
            known += kernel.read(line) ? 1 : 0;
            watch.take({.source = "bench", .priority = 6, .text = line, .at = Instant{}});
        }
        allocations += guard.count();
    });

    const double mib = static_cast<double>(text.size()) / (1 << 20);
    std::printf("floor: count line feeds  %10.0f lines/s  %7.0f MiB/s\n",
                static_cast<double>(lines) / floor, mib / floor);
    std::printf("known messages+templates %10.0f lines/s  %7.1f MiB/s  %.0f x the floor\n",
                static_cast<double>(lines) / ours, mib / ours, ours / floor);
    std::printf("templates found %zu, memory %zu KiB, allocations %llu, checked %zu\n",
                watch.templates(), watch.memory_bytes() / 1024,
                static_cast<unsigned long long>(allocations), floor_lines + known);
    return 0;
}
