// FakeProcess writes what /proc says of one process into a MemoryRoot.
#pragma once

#include <fmt/core.h>

#include <string>

#include "tests/support/memory_root.hpp"

namespace homeostat::test {

struct FakeProcess {
    int pid = 1;
    std::string name = "init";
    char state = 'S';
    std::uint64_t cpu_ticks = 0;
    std::uint64_t rss_pages = 100;
    std::uint64_t start_ticks = 7;
    std::uint64_t written_bytes = 0;
    bool kernel_thread = false;
    int threads = 3;
    std::string cgroup = "0::/\n";
    std::string arguments = {};  // separated by NUL, as the kernel has them
    int parent = 1;
    int terminal = 1;
    int nice = 0;
    int policy = 0;

    void put(MemoryRoot& root) const {
        const std::string base = fmt::format("proc/{}/", pid);
        root.set(
            base + "stat",
            fmt::format("{} ({}) {} {} 1 1 {} -1 {} 0 0 0 0 {} 0 0 0 20 {} {} 0 {} 1000 {} 0 0 "
                        "0 0 0 0 0 0 0 0 0 0 0 17 0 0 {} 0\n",
                        pid, name, state, parent, terminal, kernel_thread ? 0x200040 : 0x400000,
                        cpu_ticks, nice, threads, start_ticks, rss_pages, policy));
        root.set(base + "io", fmt::format("rchar: 1\nwchar: {}\n", written_bytes));
        root.set(base + "cgroup", cgroup);
        if (!arguments.empty()) root.set(base + "cmdline", arguments);
    }

    // Opens a file under this number, with open(2)'s flags in octal as fdinfo has them.
    void open(MemoryRoot& root, int descriptor, const std::string& path,
              std::string_view flags) const {
        root.set_link(fmt::format("proc/{}/fd/{}", pid, descriptor), path);
        root.set(fmt::format("proc/{}/fdinfo/{}", pid, descriptor),
                 fmt::format("pos:\t0\nflags:\t{}\nmnt_id:\t28\n", flags));
    }

    void remove(MemoryRoot& root) const {
        for (const char* file : {"stat", "io", "cgroup"}) {
            root.remove(fmt::format("proc/{}/{}", pid, file));
        }
    }
};

}  // namespace homeostat::test
