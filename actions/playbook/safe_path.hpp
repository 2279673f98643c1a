// Changing files as root where others may write: never through a symbolic link, never across a
// mount, always relative to a directory that is held open (reliability rules B11, C2 rows 11 to 14,
// C3; openat2(2) with RESOLVE_NO_SYMLINKS, RESOLVE_BENEATH and RESOLVE_NO_XDEV, kernel 5.6).
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "actions/descriptor.hpp"
#include "actions/playbook/policy.hpp"
#include "core/clock.hpp"
#include "core/result.hpp"

namespace homeostat::playbook {

inline constexpr std::size_t kTreeDepthMax = 64;           // of a directory that is deleted
inline constexpr std::size_t kTreeEntriesMax = 1'000'000;  // in it

// One name in a directory that is held open.
class Place {
public:
    // Opens the directory that holds the last name of `path`: from the root of the grant, no links,
    // no mounts below that root. Errc::NotFound when a directory on the way is missing,
    // Errc::Denied when a link or a mount is in the way. REQUIRES: `path` is normal and not "/".
    static Result<Place> open(std::string_view path, const PathGrant& grant);

    [[nodiscard]] int directory() const { return directory_.get(); }
    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] const std::string& path() const { return path_; }

    // What is there now, links not followed; nothing when nothing is.
    [[nodiscard]] Result<std::optional<struct stat>> look() const;

    // The thing itself, not for reading or writing. Errc::Denied for a symbolic link.
    [[nodiscard]] Result<Descriptor> open_itself() const;

    // The whole content of a regular file of at most `size_max` bytes.
    [[nodiscard]] Result<std::string> read(std::size_t size_max) const;

private:
    Place(Descriptor directory, std::string name, std::string path)
        : directory_(std::move(directory)), name_(std::move(name)), path_(std::move(path)) {}

    Descriptor directory_;
    std::string name_;
    std::string path_;
};

// Attributes to set; what is empty stays.
struct Attributes {
    std::optional<mode_t> mode{};
    std::optional<uid_t> uid{};
    std::optional<gid_t> gid{};
};

// Does `now` differ from what is wanted?
bool differs(const struct stat& now, const Attributes& wanted);

// Sets them on an open thing (Place::open_itself).
Status set_attributes(int fd, const struct stat& now, const Attributes& wanted,
                      std::string_view path);

// Sets the times that are given. Nanoseconds may be UTIME_NOW or UTIME_OMIT.
Status set_times(int fd, timespec access, timespec modification, std::string_view path);

// Makes `path` and its missing parents, each with `wanted` (0777 less the mask without a mode).
// Says whether anything was made. An existing directory is left as it is.
Result<bool> make_directories(std::string_view path, const PathGrant& grant,
                              const Attributes& wanted, unsigned creation_mask);

// Makes an empty file. Errc::Invalid when something is there already.
Status make_file(const Place& place, mode_t mode);

// Replaces the file as a whole: a temporary beside it, fsync, rename, fsync of the directory.
Status write_file(const Place& place, std::string_view content, const Attributes& attributes);

// Removes what is there; a directory with all it holds, links in it removed and never followed.
// Looks at everything first: a mount point inside, something too young or too deep, a refusal of
// the policy, and nothing is removed at all. `check` only looks.
Status remove(const Place& place, const PathGrant& grant, const Policy& policy, Instant now,
              bool check);

}  // namespace homeostat::playbook
