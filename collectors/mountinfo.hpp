// The kernel's list of mounts, and which of them are worth watching.
//
// Source: proc_pid_mountinfo(5). A line is
//     36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue
//     id parent device root mount-point options [tags...] - type source super-options
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/fixed_string.hpp"
#include "core/fixed_vector.hpp"
#include "core/function_ref.hpp"
#include "core/result.hpp"

namespace homeostat {

// Views into the line; blanks in paths are still octal escapes.
struct MountLine {
    std::uint64_t id = 0;     // of the mount, in the namespace of whose list this is
    std::string_view device;  // "major:minor"
    std::string_view root;
    std::string_view mount_point;
    std::string_view type;
    std::string_view source;
    std::string_view super_options;

    // Of the file system itself. A mount may be read-only by itself (ProtectSystem= makes such ones
    // for us), which is on purpose; an error turns the file system read-only.
    [[nodiscard]] bool is_super_read_only() const;
};

// Calls `mount` for each line. Errc::Parse at the first line that is not of this form.
Status parse_mountinfo(std::string_view text, FunctionRef<void(const MountLine&)> mount);

// "\040" and the like decoded. What does not fit is cut and marked.
FixedString<127> decode_mount_path(std::string_view escaped);

// Whether `path` is `directory` or below it.
bool is_beneath(std::string_view path, std::string_view directory);

enum class FilesystemClass : std::uint8_t {
    Local,   // statvfs answers at once
    Remote,  // may hang for as long as its server is gone: network, FUSE, and types not known
    Pseudo,  // no storage behind it, or full by nature (squashfs)
};

FilesystemClass filesystem_class(std::string_view type);

struct LocalMount {
    FixedString<15> device;
    FixedString<127> mount_point;
    bool read_only = false;
};

struct LocalMounts {
    static constexpr std::size_t kMountsMax = 64;
    static constexpr std::size_t kRemoteMax = 32;
    FixedVector<LocalMount, kMountsMax> mounts;
    FixedVector<LocalMount, kRemoteMax> remote;  // only a helper may ask these
    std::uint32_t untracked = 0;                 // mounts without room, or with too long a path
    FixedString<127> untracked_one;              // the first of them; cut, when it is too long
};

// The local file systems to look at: each device once, at its shortest mount point; of mounts over
// one another the last; nothing beneath a remote mount, since even its path may hang; nothing of
// container engines' layers.
Result<LocalMounts> local_mounts(std::string_view mountinfo);

// Whether looking at `path` ("/etc/x"; the first slash may lack) may wait for a server: it lies
// beneath a remote mount. Not so where the whole root is one: nothing could be looked at then.
bool may_hang(std::string_view mountinfo, std::string_view path);

// The class of the mount of this id; nothing when it is not in the list.
std::optional<FilesystemClass> class_of_mount(std::string_view mountinfo, std::uint64_t id);

// The mount point that carries `path`: the deepest one above it; empty when the list has none.
FixedString<127> mount_above(std::string_view mountinfo, std::string_view path);

// The block device of a mount ("vda1"): the name that diskstats uses. Empty for what lies on none.
FixedString<63> device_of_mount(std::string_view mountinfo, std::string_view mount_point);

}  // namespace homeostat
