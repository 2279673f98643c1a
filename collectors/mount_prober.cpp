#include "collectors/mount_prober.hpp"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <utility>

namespace homeostat {
namespace {

// A mount that nobody asked about for so long is gone, and its slot may serve another.
constexpr Duration kForgottenAfter = minutes(10);

// What goes through the pipe. Smaller than PIPE_BUF: it arrives whole or not at all.
struct Reply {
    int error_number = 0;
    FilesystemUsage usage;
};

// The helper must hold nothing of ours: a pipe kept open by one that hangs would never end.
void keep_only_standard_input() {
    constexpr unsigned kFirst = 1;
    if (::syscall(SYS_close_range, kFirst, ~0U, 0U) == 0) return;
    constexpr int kDescriptorsMax = 4096;  // before Linux 5.9; the watch has some fifty
    for (int fd = static_cast<int>(kFirst); fd < kDescriptorsMax; ++fd) ::close(fd);
}

[[noreturn]] void help(ForkedMountProber::Question question, const char* mount_point, int pipe) {
    if (::dup2(pipe, 0) != 0) ::_exit(1);
    keep_only_standard_input();
    Reply reply;
    reply.error_number = question(mount_point, reply.usage);
    const ssize_t written = ::write(0, &reply, sizeof reply);
    ::_exit(written == static_cast<ssize_t>(sizeof reply) ? 0 : 1);
}

}  // namespace

int ForkedMountProber::ask_statvfs(const char* mount_point, FilesystemUsage& usage) {
    struct statvfs64 info {};
    if (::statvfs64(mount_point, &info) != 0) return errno;
    const std::uint64_t block = info.f_frsize;
    usage = {.size_bytes = info.f_blocks * block,
             .free_bytes = info.f_bfree * block,
             .available_bytes = info.f_bavail * block,
             .files = info.f_files,
             .files_free = info.f_ffree,
             .read_only = (info.f_flag & ST_RDONLY) != 0};
    return 0;
}

ForkedMountProber::~ForkedMountProber() {
    for (Slot& slot : slots_) forget(slot);
}

void ForkedMountProber::forget(Slot& slot) {
    if (slot.answer >= 0) ::close(std::exchange(slot.answer, -1));
    if (slot.helper > 0) {
        ::kill(slot.helper, SIGKILL);
        (void)::waitpid(slot.helper, nullptr, WNOHANG);
    }
    slot = Slot{};
}

ForkedMountProber::Slot* ForkedMountProber::slot_for(std::string_view mount_point, Instant now) {
    Slot* room = nullptr;
    for (Slot& slot : slots_) {
        if (slot.mount_point == mount_point) return &slot;
        const bool unused = slot.mount_point.empty() || now - slot.last_used > kForgottenAfter;
        if (unused && room == nullptr) room = &slot;
    }
    if (room == nullptr) return nullptr;
    forget(*room);
    room->mount_point = mount_point;
    return room;
}

bool ForkedMountProber::start(Slot& slot, Instant now) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return false;
    const pid_t helper = ::fork();
    if (helper == 0) help(question_, slot.mount_point.c_str(), ends[1]);
    const int error = errno;
    ::close(ends[1]);
    if (helper < 0) {
        ::close(ends[0]);
        errno = error;
        return false;
    }
    (void)::fcntl(ends[0], F_SETFL, O_NONBLOCK);
    slot.helper = helper;
    slot.answer = ends[0];
    slot.asked = now;
    return true;
}

// True when the open question has come to its end.
bool ForkedMountProber::collect(Slot& slot, MountAnswer& answer) {
    Reply reply;
    const ssize_t size = ::read(slot.answer, &reply, sizeof reply);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return false;
    // It has answered or died, and is waited for: a moment, since nothing holds it any more.
    (void)::waitpid(slot.helper, nullptr, 0);
    ::close(std::exchange(slot.answer, -1));
    slot.helper = 0;
    const bool whole = size == static_cast<ssize_t>(sizeof reply);
    answer.error_number = whole ? reply.error_number : EIO;
    answer.usage = reply.usage;
    answer.state =
        answer.error_number == 0 ? MountAnswer::State::Known : MountAnswer::State::Failed;
    return true;
}

MountAnswer ForkedMountProber::ask(const char* mount_point, Instant now) {
    MountAnswer answer;
    Slot* slot = slot_for(mount_point, now);
    if (slot == nullptr) {
        answer.state = MountAnswer::State::Refused;
        return answer;
    }
    slot->last_used = now;
    if (slot->helper > 0 && !collect(*slot, answer)) {
        answer.waiting = now - slot->asked;
        return answer;
    }
    if (!start(*slot, now)) {
        answer.state = MountAnswer::State::Failed;
        answer.error_number = errno;
    }
    return answer;
}

}  // namespace homeostat
