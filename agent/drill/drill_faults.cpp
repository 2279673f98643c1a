#include "agent/drill/drill_faults.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <random>
#include <vector>

#include "collectors/meminfo.hpp"
#include "core/file.hpp"
#include "core/root.hpp"
#include "core/spawner.hpp"

namespace homeostat {
namespace {

constexpr const char* kUnitPath = "/run/systemd/system/homeostat-drill.service";
constexpr std::string_view kUnitText =
    "[Unit]\nDescription=A unit that fails, made by `homeostat drill service`\n"
    "[Service]\nType=oneshot\nExecStart=/bin/false\n";
constexpr useconds_t kStepMicroseconds = 100'000;
constexpr unsigned kStepsPerSecond = 10;

void name_process(const DrillRow& row) {
    FixedString<15> name("drill-");
    name.append(row.name);
    (void)::prctl(PR_SET_NAME, name.c_str());
}

// Should memory run out after all, the drill goes first.
void offer_to_the_oom_killer() {
    const int fd = ::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd < 0) return;
    (void)!::write(fd, "1000", 4);
    ::close(fd);
}

// Children share the group, and die with the process that made them.
void multiply(unsigned workers) {
    for (unsigned i = 1; i < workers; ++i) {
        if (::fork() == 0) {
            (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
            return;
        }
    }
}

unsigned cores() {
    return static_cast<unsigned>(std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN)));
}

[[noreturn]] void wait_for_the_end() {
    for (;;) ::pause();
}

[[noreturn]] void spin() {
    multiply(std::min(kDrillWorkersMax, kDrillWorkersPerCore * cores()));
    for (volatile std::uint64_t count = 0;;) count = count + 1;
}

double memory_available() {
    const auto root = DirectoryRoot::open("/");
    std::array<char, 8192> buffer{};
    if (!root) return 0;
    const auto text = root->read("proc/meminfo", buffer);
    const auto memory = text ? parse_meminfo(*text) : Result<MeminfoFields>(text.error());
    if (!memory || !(*memory)[MeminfoFields::Available]) return 0;
    return static_cast<double>(*(*memory)[MeminfoFields::Available]);
}

// As fast as it takes to be seen as a leak, and no further than the bound.
[[noreturn]] void grow() {
    constexpr double kSecondsToBound = 40;
    constexpr double kStepBytesMin = 256.0 * 1024;
    const double bound = std::min(kDrillMemoryBytesMax, kDrillMemoryShareMax * memory_available());
    const double step = std::max(kStepBytesMin, bound / kSecondsToBound / kStepsPerSecond);
    for (double held = 0; held + step <= bound; held += step) {
        void* memory = ::mmap(nullptr, static_cast<std::size_t>(step), PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) break;
        std::memset(memory, 1, static_cast<std::size_t>(step));
        ::usleep(kStepMicroseconds);
    }
    wait_for_the_end();
}

[[noreturn]] void fill(const std::string& directory) {
    const std::string path = directory + "/filled-by-drill";
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    const std::vector<char> block(kDrillDiskBytes / 32 / kStepsPerSecond, 'x');  // full in 32 s
    while (fd >= 0 && ::write(fd, block.data(), block.size()) > 0) ::usleep(kStepMicroseconds);
    wait_for_the_end();
}

[[noreturn]] void press_disk(const std::string& directory) {
    constexpr std::size_t kBlock = 4096;
    const int fd = ::open(directory.c_str(), O_TMPFILE | O_RDWR | O_DSYNC | O_CLOEXEC, 0600);
    if (fd < 0 || ::posix_fallocate(fd, 0, kDrillIoBytes) != 0) wait_for_the_end();
    multiply(kDrillIoWorkers);
    std::minstd_rand random(static_cast<unsigned>(::getpid()));
    std::array<char, kBlock> block{};
    for (;;) {
        block[0] = static_cast<char>(random());
        const auto place = static_cast<off_t>(random() % (kDrillIoBytes / kBlock) * kBlock);
        if (::pwrite(fd, block.data(), block.size(), place) < 0) wait_for_the_end();
    }
}

[[noreturn]] void open_files() {
    constexpr unsigned kSpare = 6;
    const rlimit limit{.rlim_cur = kDrillFileLimit, .rlim_max = kDrillFileLimit};
    (void)::setrlimit(RLIMIT_NOFILE, &limit);
    for (unsigned i = 0; i < kDrillFileLimit - kSpare; ++i) {
        if (::open("/dev/null", O_RDONLY | O_CLOEXEC) < 0) break;
        ::usleep(kStepMicroseconds / kStepsPerSecond);
    }
    wait_for_the_end();
}

// A socket with the smallest buffer that nobody reads: the kernel drops and counts the rest.
[[noreturn]] void overflow() {
    const int receiver = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const int sender = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const int smallest = 1;
    (void)::setsockopt(receiver, SOL_SOCKET, SO_RCVBUF, &smallest, sizeof smallest);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* where = reinterpret_cast<sockaddr*>(&address);  // the socket API's own way
    if (::bind(receiver, where, size) != 0 || ::getsockname(receiver, where, &size) != 0) {
        wait_for_the_end();
    }
    const std::array<char, 512> datagram{};
    for (;;) {
        for (unsigned i = 0; i < kDrillDatagramsPerSecond / kStepsPerSecond; ++i) {
            (void)::sendto(sender, datagram.data(), datagram.size(), MSG_DONTWAIT, where, size);
        }
        ::usleep(kStepMicroseconds);
    }
}

ExitReport systemctl(std::vector<std::string> words) {
    ProcessSpawner spawner;
    Command command;
    command.argv = {"/usr/bin/systemctl"};
    command.argv.insert(command.argv.end(), words.begin(), words.end());
    const auto report = spawner.run(command);
    return report ? *report : ExitReport{};
}

Result<DrillGround> prepare_disk() {
    std::array<char, 32> path{"/run/homeostat-drill.XXXXXX"};
    if (::mkdtemp(path.data()) == nullptr) {
        return make_error(Errc::Denied, "/run: {}", std::strerror(errno));
    }
    FixedString<31> options;
    format_into(options, "size={},mode=0755", kDrillDiskBytes);
    if (::mount("homeostat-drill", path.data(), "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC,
                options.c_str()) != 0) {
        const int error = errno;
        (void)::rmdir(path.data());
        return make_error(Errc::Denied, "{} cannot be mounted: {}", path.data(),
                          std::strerror(error));
    }
    return DrillGround{.directory = path.data(), .unit = false};
}

Result<DrillGround> prepare_service() {
    struct stat there {};
    if (::stat("/run/systemd/system", &there) != 0) {
        return make_error(Errc::NotAvailable, "this host was not started by systemd");
    }
    if (::stat(kUnitPath, &there) == 0) {
        return make_error(Errc::Failed, "{} is there already: is another drill running?",
                          kUnitPath);
    }
    const int fd = ::open(kUnitPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0) return make_error(Errc::Denied, "{}: {}", kUnitPath, std::strerror(errno));
    const ssize_t written = ::write(fd, kUnitText.data(), kUnitText.size());
    ::close(fd);
    DrillGround ground{.directory = {}, .unit = true};
    if (written == static_cast<ssize_t>(kUnitText.size()) &&
        systemctl({"daemon-reload"}).succeeded()) {
        return ground;
    }
    clear_ground(*find_drill("service"), ground);
    return make_error(Errc::Failed, "systemd does not take the unit {}", kUnitPath);
}

}  // namespace

Result<DrillGround> prepare_ground(const DrillRow& row) {
    if (!row.not_run.empty()) return make_error(Errc::NotAvailable, "{}", row.not_run);
    if (!row.without_root.empty() && ::geteuid() != 0) {
        return make_error(Errc::Denied, "needs root: {}", row.without_root);
    }
    if (row.kind == DrillKind::Disk) return prepare_disk();
    if (row.kind == DrillKind::Service) return prepare_service();
    return DrillGround{};
}

void clear_ground(const DrillRow&, const DrillGround& ground) {
    if (!ground.directory.empty()) {
        (void)::umount2(ground.directory.c_str(), MNT_DETACH);
        (void)::rmdir(ground.directory.c_str());
    }
    if (ground.unit) {
        (void)systemctl({"reset-failed", "homeostat-drill.service"});
        (void)::unlink(kUnitPath);
        (void)systemctl({"daemon-reload"});
    }
}

void make_fault(const DrillRow& row, const DrillSettings& settings, const DrillGround& ground) {
    name_process(row);
    offer_to_the_oom_killer();
    switch (row.kind) {
        case DrillKind::Cpu: spin();
        case DrillKind::Mem: grow();
        case DrillKind::Disk: fill(ground.directory);
        case DrillKind::Io: press_disk(settings.io_directory);
        case DrillKind::Fd: open_files();
        case DrillKind::Net: overflow();
        case DrillKind::Service:
            (void)systemctl({"start", "homeostat-drill.service"});
            wait_for_the_end();
        case DrillKind::Clock: return;
    }
}

}  // namespace homeostat
