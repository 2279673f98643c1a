#include "tests/bench/recorded_floor.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
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
    stamps.clear();
    pieces.clear();
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

Result<FileStamp> RecordingFiles::stamp(const char* path, Links links) const {
    recording_.stamps.push_back({absolute(path), links});
    return files_.stamp(path, links);
}

Result<FileStamp> RecordingFiles::stamp(const OpenFile& file) const {
    if (const auto known = open_.find(&file); known != open_.end()) {
        recording_.pieces.push_back({known->second, 0, 0});
    }
    return files_.stamp(file);
}

Status RecordingFiles::open(const char* path, OpenFile& file) const {
    open_[&file] = absolute(path);
    return files_.open(path, file);
}

Result<std::string_view> RecordingFiles::read_at(const OpenFile& file, std::uint64_t offset,
                                                 std::span<char> buffer) const {
    const auto text = files_.read_at(file, offset, buffer);
    if (const auto known = open_.find(&file); known != open_.end()) {
        recording_.pieces.push_back({known->second, offset, buffer.size()});
    }
    return text;
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
    stamps_ = recording.stamps;
    pieces_.clear();
    for (const Recording::Piece& piece : recording.pieces) {
        const int fd = open_once(piece.path, 0);
        if (fd >= 0) pieces_.push_back({fd, piece.offset, std::min(piece.bytes, buffer_.size())});
    }
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
    struct stat64 stamp {};
    for (const Recording::Stamp& asked : stamps_) {
        const int flags = asked.links == Links::Follow ? 0 : AT_SYMLINK_NOFOLLOW;
        (void)::fstatat64(AT_FDCWD, asked.path.c_str(), &stamp, flags);
    }
    for (const Piece& piece : pieces_) {
        if (piece.bytes == 0) {
            (void)::fstat64(piece.fd, &stamp);
        } else if (::pread64(piece.fd, buffer_.data(), piece.bytes,
                             static_cast<off64_t>(piece.offset)) < 0) {
            continue;  // gone
        }
    }
}

}  // namespace homeostat::bench
