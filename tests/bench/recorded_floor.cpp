#include "tests/bench/recorded_floor.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>

namespace homeostat::bench {
namespace {

std::string absolute(const char* path) {
    return *path == '/' ? std::string(path) : "/" + std::string(path);
}

void read_whole(int fd, std::vector<char>& buffer) {
    off_t at = 0;
    for (ssize_t count = 1; count > 0; at += count) {
        count = ::pread(fd, buffer.data(), buffer.size(), at);
    }
}

void list_whole(int fd) {
    alignas(dirent64) std::array<char, 16384> names;
    ::lseek(fd, 0, SEEK_SET);
    while (::syscall(SYS_getdents64, fd, names.data(), names.size()) > 0) {
    }
}

}  // namespace

void Recording::clear() {
    files.clear();
    directories.clear();
    mounts.clear();
    links.clear();
}

Result<std::string_view> RecordingRoot::read(const char* path, std::span<char> buffer) const {
    const auto text = root_.read(path, buffer);
    if (text) recording_.files.push_back(absolute(path));
    return text;
}

Result<std::string_view> RecordingRoot::read(KeptFile& file, std::span<char> buffer) const {
    const auto text = root_.read(file, buffer);
    if (text) recording_.files.push_back(absolute(file.path()));
    return text;
}

Result<std::string_view> RecordingRoot::read_link(const char* path, std::span<char> buffer) const {
    const auto text = root_.read_link(path, buffer);
    if (text) recording_.links.push_back(absolute(path));
    return text;
}

Status RecordingRoot::list(const char* directory, FunctionRef<bool(std::string_view)> visit) const {
    recording_.directories.push_back(absolute(directory));
    return root_.list(directory, visit);
}

Result<FilesystemUsage> RecordingRoot::filesystem_usage(const char* path) const {
    recording_.mounts.push_back(absolute(path));
    return root_.filesystem_usage(path);
}

Floor::~Floor() {
    for (const auto& [path, fd] : open_) {
        if (fd >= 0) ::close(fd);
    }
}

int Floor::open_once(const std::string& path, int flags) {
    const auto known = open_.find(path);
    if (known != open_.end() && known->second >= 0) return known->second;
    const int fd = ::open(path.c_str(), flags | O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    open_[path] = fd;
    return fd;
}

void Floor::prepare(const Recording& recording) {
    const auto open_all = [&](const std::vector<std::string>& paths, int flags,
                              std::vector<int>& out) {
        out.clear();
        for (const std::string& path : paths) {
            const int fd = open_once(path, flags);
            if (fd >= 0) out.push_back(fd);
        }
    };
    open_all(recording.files, 0, files_);
    open_all(recording.directories, O_DIRECTORY, directories_);
    open_all(recording.mounts, O_DIRECTORY, mounts_);
    links_ = recording.links;
}

void Floor::run() {
    for (const int fd : files_) read_whole(fd, buffer_);
    for (const int fd : directories_) list_whole(fd);
    struct statvfs64 info {};
    for (const int fd : mounts_) (void)::fstatvfs64(fd, &info);
    for (const std::string& link : links_) {
        const ssize_t size = ::readlink(link.c_str(), buffer_.data(), buffer_.size());
        if (size < 0) continue;  // gone
    }
}

}  // namespace homeostat::bench
