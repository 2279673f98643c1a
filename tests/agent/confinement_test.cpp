#include "agent/confinement.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/function_ref.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace homeostat;

namespace {

constexpr int kNotConfined = 100;

// Confinement is for good, so each trial is a child. What `attempt` gives there, or kNotConfined
// where the kernel has no such wall.
int in_confined_child(const std::string& writable, bool needs_landlock,
                      FunctionRef<int()> attempt) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        const Confinement confinement = confine({writable, "/nonexistent"});
        const bool confined =
            needs_landlock ? confinement.landlock_version > 0 : confinement.seccomp;
        ::_exit(confined ? attempt() : kNotConfined);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    return WEXITSTATUS(status);
}

void check_result(int result, int expected) {
    if (result == kNotConfined) {
        MESSAGE("SKIPPED: this kernel does not offer it");
        return;
    }
    CHECK(result == expected);
}

int error_of_writing(const std::string& path) {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) return errno;
    ::close(fd);
    return ::unlink(path.c_str()) == 0 ? 0 : errno;
}

int error_of_running(const std::string& path) {
    ::execl(path.c_str(), path.c_str(), nullptr);
    return errno;
}

// Runs the filter over one call as the kernel would: the four instructions that it is made of.
std::uint32_t verdict(const std::vector<sock_filter>& filter, std::uint32_t architecture,
                      std::uint32_t number) {
    std::uint32_t word = 0;
    for (std::size_t at = 0; at < filter.size(); ++at) {
        const sock_filter& step = filter[at];
        switch (step.code) {
            case BPF_LD | BPF_W | BPF_ABS:
                word = step.k == offsetof(seccomp_data, arch) ? architecture : number;
                break;
            case BPF_JMP | BPF_JEQ | BPF_K: at += word == step.k ? step.jt : step.jf; break;
            case BPF_JMP | BPF_JGE | BPF_K: at += word >= step.k ? step.jt : step.jf; break;
            case BPF_RET | BPF_K: return step.k;
            default: FAIL("an instruction that is not known here: " << step.code);
        }
    }
    FAIL("the filter ends without a verdict");
    return SECCOMP_RET_KILL_PROCESS;
}

// Numbers as the kernel's tables have them: arch/x86/entry/syscalls/syscall_64.tbl, and for arm64
// include/uapi/asm-generic/unistd.h.
struct CallRow {
    const char* name;
    std::uint32_t x86_64;
    std::uint32_t aarch64;
    bool allowed;
};

constexpr CallRow kCalls[]{
    {"openat", 257, 56, true},        {"read", 0, 63, true},
    {"pread64", 17, 67, true},        {"newfstatat", 262, 79, true},
    {"ppoll", 271, 73, true},         {"epoll_pwait", 281, 22, true},
    {"clone", 56, 220, true},         {"execve", 59, 221, true},
    {"futex", 202, 98, true},         {"statfs", 137, 43, true},
    {"renameat2", 316, 276, true},    {"landlock_restrict_self", 446, 446, true},
    {"mount", 165, 40, false},        {"umount2", 166, 39, false},
    {"ptrace", 101, 117, false},      {"process_vm_readv", 310, 270, false},
    {"setuid", 105, 146, false},      {"setns", 308, 268, false},
    {"unshare", 272, 97, false},      {"chroot", 161, 51, false},
    {"init_module", 175, 105, false}, {"bpf", 321, 280, false},
    {"reboot", 169, 142, false},      {"clock_settime", 227, 112, false},
    {"userfaultfd", 323, 282, false}, {"io_uring_setup", 425, 425, false},
};

}  // namespace

TEST_CASE("confinement: the numbers of system calls are those of this architecture") {
    const std::vector<sock_filter> filter = call_filter();
#if defined(__x86_64__)
    constexpr std::uint32_t kOwn = AUDIT_ARCH_X86_64;
    constexpr auto kNumber = &CallRow::x86_64;
#elif defined(__aarch64__)
    constexpr std::uint32_t kOwn = AUDIT_ARCH_AARCH64;
    constexpr auto kNumber = &CallRow::aarch64;
#else
    constexpr std::uint32_t kOwn = 0;
    constexpr auto kNumber = &CallRow::x86_64;
#endif
    CHECK(filter.empty() == (kOwn == 0));
    if (filter.empty()) return;
    constexpr std::uint32_t kRefused = SECCOMP_RET_ERRNO | EPERM;
    constexpr std::uint32_t kX32Bit = 0x40000000;
    constexpr std::uint32_t kOthers[]{AUDIT_ARCH_I386, AUDIT_ARCH_ARM, AUDIT_ARCH_RISCV64};
    for (const CallRow& row : kCalls) {
        CAPTURE(row.name);
        const std::uint32_t number = row.*kNumber;
        CHECK(verdict(filter, kOwn, number) == (row.allowed ? SECCOMP_RET_ALLOW : kRefused));
        CHECK(verdict(filter, kOwn, number | kX32Bit) == kRefused);
        for (const std::uint32_t other : kOthers) {
            CHECK(verdict(filter, other, number) == kRefused);
        }
    }
}

TEST_CASE("confinement: writes beneath what it is given, and nowhere else") {
    const test::TemporaryDirectory state;
    const test::TemporaryDirectory other;
    const std::string kept = other.write("kept", "text");
    check_result(
        in_confined_child(state.path(), true, [&] { return error_of_writing(state / "mine"); }), 0);
    check_result(
        in_confined_child(state.path(), true, [&] { return error_of_writing(other / "theirs"); }),
        EACCES);
    check_result(in_confined_child(state.path(), true,
                                   [&] { return ::unlink(kept.c_str()) == 0 ? 0 : errno; }),
                 EACCES);
    CHECK(::access(kept.c_str(), R_OK) == 0);
}

TEST_CASE("confinement: starts programs of the distribution, not what somebody wrote") {
    const test::TemporaryDirectory state;
    const std::string script = state.write("script", "#!/bin/true\n");
    REQUIRE(::chmod(script.c_str(), 0755) == 0);
    check_result(in_confined_child(state.path(), true, [&] { return error_of_running(script); }),
                 EACCES);
    check_result(
        in_confined_child(state.path(), true, [&] { return error_of_running("/usr/bin/true"); }),
        0);
}

TEST_CASE("confinement: other processes, mounts and identities are out of reach") {
    const test::TemporaryDirectory state;
    check_result(in_confined_child(
                     state.path(), false,
                     [] { return ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == 0 ? 0 : errno; }),
                 EPERM);
    check_result(in_confined_child(state.path(), false,
                                   [] { return ::setuid(::getuid()) == 0 ? 0 : errno; }),
                 EPERM);
    check_result(
        in_confined_child(state.path(), false, [] { return ::chroot("/") == 0 ? 0 : errno; }),
        EPERM);
}

TEST_CASE("confinement: what is missing is said, with the reason") {
    Confinement confinement;
    confinement.landlock_version = 3;
    confinement.seccomp = true;
    CHECK(confinement.text() == "Landlock 3, seccomp");
    confinement.landlock_version = 0;
    confinement.landlock_reason = "Function not implemented";
    CHECK(confinement.text() == "no Landlock (Function not implemented), seccomp");
    confinement.seccomp = false;
    confinement.seccomp_reason = "Invalid argument";
    CHECK(confinement.text() ==
          "no Landlock (Function not implemented), no seccomp (Invalid argument)");
}
