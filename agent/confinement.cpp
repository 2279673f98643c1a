#include "agent/confinement.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>

#include "core/result.hpp"

namespace homeostat {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
constexpr std::uint32_t kArchitecture = 0;  // no filter: the numbers below are not known to hold
#endif

// Rights that the headers of Debian 12 do not have yet (versions 3 and 5 of the interface).
constexpr std::uint64_t kTruncate = 1ULL << 14U;

constexpr std::uint64_t kWriteRights =
    LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
    LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
    LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |
    LANDLOCK_ACCESS_FS_MAKE_SYM;
constexpr std::uint64_t kFileRights =
    LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | kTruncate;

constexpr std::array kProgramDirectories{"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64"};
// A child's output may go nowhere; a pressure trigger is set by writing.
constexpr std::array kWritableAlways{"/dev/null", "/proc/pressure"};

constexpr std::array kForbiddenCalls {
    SYS_acct, SYS_add_key, SYS_bpf, SYS_capset, SYS_chroot, SYS_clock_settime, SYS_delete_module,
        SYS_finit_module, SYS_fsconfig, SYS_fsmount, SYS_fsopen, SYS_fspick, SYS_init_module,
        SYS_io_uring_enter, SYS_io_uring_register, SYS_io_uring_setup, SYS_kcmp,
        SYS_kexec_file_load, SYS_kexec_load, SYS_keyctl, SYS_lookup_dcookie, SYS_mount,
        SYS_mount_setattr, SYS_move_mount, SYS_move_pages, SYS_open_by_handle_at, SYS_open_tree,
        SYS_perf_event_open, SYS_personality, SYS_pidfd_getfd, SYS_pivot_root, SYS_process_vm_readv,
        SYS_process_vm_writev, SYS_ptrace, SYS_quotactl, SYS_reboot, SYS_request_key,
        SYS_setdomainname, SYS_setfsgid, SYS_setfsuid, SYS_setgid, SYS_setgroups, SYS_sethostname,
        SYS_setns, SYS_setregid, SYS_setresgid, SYS_setresuid, SYS_setreuid, SYS_settimeofday,
        SYS_setuid, SYS_swapoff, SYS_swapon, SYS_syslog, SYS_umount2, SYS_unshare, SYS_userfaultfd,
        SYS_vhangup,
#if defined(__x86_64__)
        SYS_ioperm, SYS_iopl, SYS_modify_ldt,
#endif
};

int allow_beneath(int ruleset, const char* path, std::uint64_t rights, std::uint64_t handled) {
    const int fd = ::open(path, O_PATH | O_CLOEXEC);
    if (fd < 0) return 0;  // not on this host
    struct stat info {};
    const bool directory = ::fstat(fd, &info) == 0 && S_ISDIR(info.st_mode);
    landlock_path_beneath_attr rule{};
    rule.allowed_access = rights & handled & (directory ? ~0ULL : kFileRights);
    rule.parent_fd = fd;
    const long failed =
        ::syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
    const int error = failed != 0 ? errno : 0;
    ::close(fd);
    return error;
}

// 0, or the errno of the step that failed.
int restrict_files(const std::vector<std::string>& writable, int version) {
    std::uint64_t handled = kWriteRights | LANDLOCK_ACCESS_FS_EXECUTE;
    if (version >= 2) handled |= LANDLOCK_ACCESS_FS_REFER;
    if (version >= 3) handled |= kTruncate;
    const landlock_ruleset_attr attributes{.handled_access_fs = handled};
    const long ruleset = ::syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0);
    if (ruleset < 0) return errno;
    const int fd = static_cast<int>(ruleset);
    const std::uint64_t write = handled & ~std::uint64_t{LANDLOCK_ACCESS_FS_EXECUTE};
    int error = 0;
    for (const char* path : kProgramDirectories) {
        if (error == 0) error = allow_beneath(fd, path, LANDLOCK_ACCESS_FS_EXECUTE, handled);
    }
    for (const char* path : kWritableAlways) {
        if (error == 0) {
            error = allow_beneath(fd, path, LANDLOCK_ACCESS_FS_WRITE_FILE | kTruncate, handled);
        }
    }
    for (const std::string& path : writable) {
        if (error == 0) error = allow_beneath(fd, path.c_str(), write, handled);
    }
    if (error == 0 && ::syscall(SYS_landlock_restrict_self, fd, 0) != 0) error = errno;
    ::close(fd);
    return error;
}

int confine_calls() {
    std::vector<sock_filter> filter = call_filter();
    if (filter.empty()) return ENOSYS;
    const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
    return ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0 ? 0 : errno;
}

}  // namespace

// Another architecture's numbers mean other calls, and x32's have a bit of their own: both refused.
std::vector<sock_filter> call_filter() {
    constexpr std::uint32_t kX32Bit = 0x40000000;
    constexpr sock_filter kRefuse = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
    if constexpr (kArchitecture == 0) return {};
    std::vector<sock_filter> filter{
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kArchitecture, 1, 0),
        kRefuse,
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, kX32Bit, 0, 1),
        kRefuse,
    };
    for (const long call : kForbiddenCalls) {
        filter.push_back(
            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0, 1));
        filter.push_back(kRefuse);
    }
    filter.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
    return filter;
}

std::string Confinement::text() const {
    const std::string files = landlock_version > 0
                                  ? fmt::format("Landlock {}", landlock_version)
                                  : fmt::format("no Landlock ({})", landlock_reason);
    const std::string calls =
        seccomp ? std::string("seccomp") : fmt::format("no seccomp ({})", seccomp_reason);
    return files + ", " + calls;
}

int confine_files(const std::vector<std::string>& writable) {
    const long version =
        ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
    return version > 0 ? restrict_files(writable, static_cast<int>(version)) : errno;
}

Confinement confine(const std::vector<std::string>& writable, ConfineFiles when) {
    Confinement result;
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        result.landlock_reason = result.seccomp_reason = fmt::format("{}", errno_text(errno));
        return result;
    }
    const long version =
        ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
    int files = version > 0 ? 0 : errno;
    if (version > 0 && when == ConfineFiles::Now) {
        files = restrict_files(writable, static_cast<int>(version));
    }
    if (files == 0) {
        result.landlock_version = static_cast<int>(version);
    } else {
        result.landlock_reason = fmt::format("{}", errno_text(files));
    }
    const int calls = confine_calls();
    result.seccomp = calls == 0;
    if (calls != 0) result.seccomp_reason = fmt::format("{}", errno_text(calls));
    return result;
}

}  // namespace homeostat
