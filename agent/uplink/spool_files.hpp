// SpoolFiles is the little that the spool needs of a disk, so that tests can be a bad one.
//
// Files are made once, at full size, and never renamed, grown or removed afterwards.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace homeostat {

// What making a file leaves free on its disk: on a small disk a quarter of it.
inline constexpr std::uint64_t kSpoolRoomLeft = 64ULL << 20U;

// Whether `wanted` bytes may be taken of a disk of `total` bytes with `free` bytes left.
[[nodiscard]] bool leaves_room(std::uint64_t total, std::uint64_t free, std::uint64_t wanted);

class SpoolFiles {
public:
    virtual ~SpoolFiles() = default;

    // Opens the file, making it if it is missing, with room for `size` bytes set aside on disk.
    // Making it is refused where it would take the last room of the disk (kSpoolRoomLeft).
    // A file that is already open is closed first: after a failed sync() its descriptor is used
    // no more. Content of an existing file stays.
    virtual Status open(const std::string& name, std::size_t size) = 0;

    // Bytes from `offset` on, fewer at the end of the file. REQUIRES (as below): the file is open.
    virtual Result<std::size_t> read(const std::string& name, std::size_t offset,
                                     std::span<char> out) = 0;
    // All of it, or an error.
    virtual Status write(const std::string& name, std::size_t offset, std::string_view bytes) = 0;

    // What was written to the file is on the disk when this returns Ok. After an error what was
    // written since the last sync is in doubt: write it again, elsewhere; do not call again.
    virtual Status sync(const std::string& name) = 0;

    // The names of the files made by open() are on the disk.
    virtual Status sync_directory() = 0;
};

// The real ones, in one directory (made if missing, not its parents).
class DirectorySpoolFiles final : public SpoolFiles {
public:
    explicit DirectorySpoolFiles(std::string directory);
    ~DirectorySpoolFiles() override;
    DirectorySpoolFiles(const DirectorySpoolFiles&) = delete;
    DirectorySpoolFiles& operator=(const DirectorySpoolFiles&) = delete;

    Status open(const std::string& name, std::size_t size) override;
    Result<std::size_t> read(const std::string& name, std::size_t offset,
                             std::span<char> out) override;
    Status write(const std::string& name, std::size_t offset, std::string_view bytes) override;
    Status sync(const std::string& name) override;
    Status sync_directory() override;

private:
    [[nodiscard]] int descriptor(const std::string& name) const;

    std::string directory_;
    std::map<std::string, int> descriptors_;
};

}  // namespace homeostat
