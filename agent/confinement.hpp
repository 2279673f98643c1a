// Confinement: the daemon takes from itself, for good, what it never needs.
//
//   Landlock  writes only beneath the directories it is given; starts only programs of the
//             distribution, beneath /usr (and /bin, /sbin, /lib* where they are directories)
//   seccomp   no system call that loads code into the kernel, mounts, traces or reads other
//             processes' memory, changes identity or namespaces, sets clocks, or is known for holes
//             (userfaultfd, io_uring, bpf): EPERM
//   no new privileges, so that no set-uid program gains any
//
// The watch itself is left out of Landlock: a thread that Landlock holds may not look at other
// processes in any way that ptrace(2) needs rights for, which is /proc/PID/io, /proc/PID/fd and
// with them every culprit. It writes no files. The threads that speak to the network, write and
// start actions call confine_files() as their first step.
//
// All of it holds for every thread and child started afterwards. The systemd unit says all of it
// and more; this is for a daemon that somebody starts by hand, and a second wall behind the unit's.
// Reading is not confined: to read the host is the daemon's trade, and file permissions rule that.
//
// A kernel that lacks one of them is no error: the result says what holds, `homeostat status` and
// the log show it.
//
// Sources: Documentation/userspace-api/landlock.rst, Documentation/userspace-api/seccomp_filter.rst
#pragma once

#include <cstdint>
#include <string>
#include <vector>

struct sock_filter;  // <linux/filter.h>

namespace homeostat {

struct Confinement {
    int landlock_version = 0;  // of the kernel's interface; 0: not confined by Landlock
    bool seccomp = false;
    std::string landlock_reason;  // why not
    std::string seccomp_reason;

    // "Landlock 3, seccomp", or what is missing and why.
    [[nodiscard]] std::string text() const;
};

enum class ConfineFiles : std::uint8_t { Now, LaterByThread };

// Before the threads start. Of `writable`, what does not exist is left out.
Confinement confine(const std::vector<std::string>& writable,
                    ConfineFiles files = ConfineFiles::Now);

// Landlock alone, for the calling thread and what it starts. An errno value, 0 when it holds.
// REQUIRES: confine() was called before, for no new privileges.
int confine_files(const std::vector<std::string>& writable);

// What confine() gives to seccomp: a program over the kernel's seccomp_data. Empty on an
// architecture whose numbers of system calls are not known here: then there is no filter.
std::vector<sock_filter> call_filter();

}  // namespace homeostat
