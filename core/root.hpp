// Root is a directory that stands for "/": the only way to read the host.
//
// main() hands in the real root, `--root DIR` a copy of one, tests a small tree in memory. All
// paths are relative to it ("proc/loadavg"). Reading allocates nothing.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "core/function_ref.hpp"
#include "core/result.hpp"

namespace homeostat {

// A file that is read again and again. Root keeps it open between reads: for procfs, opening and
// closing is half the cost of a read. Each open file costs the kernel some 4 kB, so keep handles
// for global files, not for one per process.
class KeptFile {
public:
    explicit KeptFile(std::string_view path) : path_(path) {}
    ~KeptFile();
    KeptFile(KeptFile&& other) noexcept;
    KeptFile& operator=(KeptFile&&) = delete;
    KeptFile(const KeptFile&) = delete;
    KeptFile& operator=(const KeptFile&) = delete;

    [[nodiscard]] const char* path() const { return path_.c_str(); }

private:
    friend class DirectoryRoot;
    FixedString<127> path_;
    mutable int fd_ = -1;
};

// What statvfs(3) tells of one mounted file system, in bytes and inodes.
struct FilesystemUsage {
    std::uint64_t size_bytes = 0;
    std::uint64_t free_bytes = 0;       // for root
    std::uint64_t available_bytes = 0;  // for everybody else: what df calls Avail
    std::uint64_t files = 0;            // 0: this file system does not count inodes
    std::uint64_t files_free = 0;
    bool read_only = false;
};

class Root {
public:
    virtual ~Root() = default;

    // The whole content of the file, in `buffer`. Errc::NotFound, Denied or Io; Errc::Limit when
    // the file is larger than the buffer. Never partial content.
    virtual Result<std::string_view> read(const char* path, std::span<char> buffer) const = 0;

    // The same for a file that is kept open; it is opened anew when the kernel says it is gone.
    virtual Result<std::string_view> read(KeptFile& file, std::span<char> buffer) const = 0;

    // Where a symbolic link points, in `buffer`.
    virtual Result<std::string_view> read_link(const char* path, std::span<char> buffer) const = 0;

    // Calls `visit` with each name in the directory but "." and "..", in no particular order.
    // The name is valid during the call only. `visit` returns false to stop.
    virtual Status list(const char* directory, FunctionRef<bool(std::string_view)> visit) const = 0;

    // May block for as long as a dead network file system does: callers pass local mounts only.
    virtual Result<FilesystemUsage> filesystem_usage(const char* path) const = 0;
};

// A real directory.
class DirectoryRoot final : public Root {
public:
    // Errc::NotFound or Denied when `path` cannot be opened as a directory.
    static Result<DirectoryRoot> open(const char* path);
    ~DirectoryRoot() override;
    DirectoryRoot(DirectoryRoot&& other) noexcept;
    DirectoryRoot& operator=(DirectoryRoot&&) = delete;
    DirectoryRoot(const DirectoryRoot&) = delete;
    DirectoryRoot& operator=(const DirectoryRoot&) = delete;

    Result<std::string_view> read(const char* path, std::span<char> buffer) const override;
    Result<std::string_view> read(KeptFile& file, std::span<char> buffer) const override;
    Result<std::string_view> read_link(const char* path, std::span<char> buffer) const override;
    Status list(const char* directory, FunctionRef<bool(std::string_view)> visit) const override;
    Result<FilesystemUsage> filesystem_usage(const char* path) const override;

private:
    explicit DirectoryRoot(int fd) : fd_(fd) {}
    int fd_;
};

}  // namespace homeostat
