// Files are those parts of a host that are too large or too lively to be read whole: logs,
// journals, and what stat(2) says of configuration. Beside Root (core/root.hpp), which reads small
// files whole, it is the only way to read the host.
//
// Paths are relative to a root directory ("var/log/syslog"). Nothing waits, nothing allocates.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "core/result.hpp"

namespace homeostat {

// What identifies the file behind a name, and what stat(2) knows of it.
struct FileStamp {
    enum class Type : std::uint8_t { Regular, Directory, Link, Other };

    Type type = Type::Other;
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::uint64_t size_bytes = 0;
    std::uint64_t allocated_bytes = 0;  // on disk: less than the size where there are holes
    std::uint64_t links = 0;            // 0: deleted, but still open somewhere
    std::int64_t changed_ns = 0;  // ctime, wall clock: when content, owner or mode changed last
    bool runs_as_owner = false;   // executable with set-user-id or set-group-id

    // The same file, whatever it holds now.
    [[nodiscard]] bool same_file(const FileStamp& other) const {
        return device == other.device && inode == other.inode;
    }
};

// A file that is held open: it stays the same one when its name goes to another (log rotation).
class OpenFile {
public:
    OpenFile() = default;
    ~OpenFile() { close(); }
    OpenFile(OpenFile&& other) noexcept;
    OpenFile& operator=(OpenFile&& other) noexcept;
    OpenFile(const OpenFile&) = delete;
    OpenFile& operator=(const OpenFile&) = delete;

    [[nodiscard]] bool is_open() const { return fd_ >= 0; }
    void close();

private:
    friend class DirectoryFiles;
    int fd_ = -1;
};

enum class Links : std::uint8_t { Follow, Stay };

class Files {
public:
    virtual ~Files() = default;

    // Errc::NotFound, Denied or Io. A name longer than the system's limit is Io.
    virtual Result<FileStamp> stamp(const char* path, Links links) const = 0;
    virtual Result<FileStamp> stamp(const OpenFile& file) const = 0;
    virtual Status open(const char* path, OpenFile& file) const = 0;

    // Up to a buffer full of the file from `offset` on; empty at its end.
    virtual Result<std::string_view> read_at(const OpenFile& file, std::uint64_t offset,
                                             std::span<char> buffer) const = 0;
};

// Below a real directory.
class DirectoryFiles final : public Files {
public:
    // Errc::NotFound or Denied when `path` cannot be opened as a directory.
    static Result<DirectoryFiles> open_root(const char* path);
    ~DirectoryFiles() override;
    DirectoryFiles(DirectoryFiles&& other) noexcept;
    DirectoryFiles& operator=(DirectoryFiles&&) = delete;
    DirectoryFiles(const DirectoryFiles&) = delete;
    DirectoryFiles& operator=(const DirectoryFiles&) = delete;

    Result<FileStamp> stamp(const char* path, Links links) const override;
    Result<FileStamp> stamp(const OpenFile& file) const override;
    Status open(const char* path, OpenFile& file) const override;
    Result<std::string_view> read_at(const OpenFile& file, std::uint64_t offset,
                                     std::span<char> buffer) const override;

private:
    explicit DirectoryFiles(int fd) : fd_(fd) {}
    int fd_;
};

}  // namespace homeostat
