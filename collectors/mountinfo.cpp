#include "collectors/mountinfo.hpp"

#include <algorithm>
#include <array>

#include "collectors/source.hpp"

namespace homeostat {
namespace {

constexpr std::array<std::string_view, 36> kPseudoTypes{
    "autofs",     "bdev",       "binder",    "binfmt_misc", "bpf",     "cgroup",
    "cgroup2",    "configfs",   "cpuset",    "debugfs",     "devpts",  "devtmpfs",
    "efivarfs",   "erofs",      "fusectl",   "hugetlbfs",   "iso9660", "mqueue",
    "nsfs",       "pipefs",     "proc",      "pstore",      "ramfs",   "resctrl",
    "rpc_pipefs", "securityfs", "selinuxfs", "smackfs",     "sockfs",  "squashfs",
    "swap",       "sysfs",      "tracefs",   "cramfs",      "rootfs",  "xenfs"};

// These answer by themselves. Every other type may be asking somebody else for what it tells.
constexpr std::array<std::string_view, 26> kLocalTypes{
    "aufs",     "bcachefs", "btrfs", "exfat", "ext2",  "ext3", "ext4",  "f2fs",   "hfs",
    "hfsplus",  "jffs2",    "jfs",   "minix", "msdos", "ntfs", "ntfs3", "nilfs2", "overlay",
    "reiserfs", "tmpfs",    "ubifs", "udf",   "ufs",   "vfat", "xfs",   "zfs"};

// Trees that programs make of something else: they store nothing, or are full by nature.
constexpr std::array<std::string_view, 6> kServiceTypes{"fuse.gvfsd-fuse", "fuse.lxcfs",
                                                        "fuse.portal",     "fuse.snapfuse",
                                                        "fuse.squashfuse", "fuse.archivemount"};

// Beneath these, mounts belong to the kernel or to a container engine and come and go with it.
constexpr std::array<std::string_view, 8> kSkippedTrees{"/proc",
                                                        "/sys",
                                                        "/run/credentials",
                                                        "/run/user",
                                                        "/var/lib/docker",
                                                        "/var/lib/containers",
                                                        "/var/lib/kubelet/pods",
                                                        "/var/lib/containerd"};

template <std::size_t N>
bool holds(const std::array<std::string_view, N>& list, std::string_view word) {
    return std::find(list.begin(), list.end(), word) != list.end();
}

bool parse_line(std::string_view line, MountLine& mount) {
    const auto id = next_u64(line);
    if (!id || !next_u64(line)) return false;  // the parent
    mount.id = *id;
    mount.device = next_word(line);
    mount.root = next_word(line);
    mount.mount_point = next_word(line);
    if (next_word(line).empty()) return false;  // options of this mount
    std::string_view word = next_word(line);
    while (!word.empty() && word != "-") word = next_word(line);  // optional tags
    mount.type = next_word(line);
    mount.source = next_word(line);
    mount.super_options = next_word(line);
    return word == "-" && !mount.type.empty() && mount.device.find(':') != std::string_view::npos &&
           !mount.mount_point.empty() && mount.mount_point.front() == '/';
}

constexpr bool is_octal(char c) {
    return c >= '0' && c <= '7';
}

bool in_skipped_tree(std::string_view path) {
    return std::any_of(kSkippedTrees.begin(), kSkippedTrees.end(),
                       [&](std::string_view tree) { return is_beneath(path, tree); });
}

// Mount points whose file systems may hang. When there are more than fit, the last one kept stands
// for all: then nothing is looked at, which is visible, and better than hanging.
using RemotePoints = FixedVector<FixedString<127>, 128>;

class Gatherer {
public:
    void note_remote(const MountLine& line) {
        if (filesystem_class(line.type) != FilesystemClass::Remote) return;
        list_remote(line);
        if (line.mount_point == "/") return;  // then all is remote: we would not run if it hung
        if (remote_.full()) {
            remote_.back() = "/";
        } else {
            (void)remote_.push(decode_mount_path(line.mount_point));
        }
    }

    void add(const MountLine& line) {
        const FixedString<127> point = decode_mount_path(line.mount_point);
        cover(point);
        if (filesystem_class(line.type) != FilesystemClass::Local || in_skipped_tree(point) ||
            beneath_remote(point) || is_empty_placeholder(line)) {
            return;
        }
        LocalMount mount{
            .device = line.device, .mount_point = point, .read_only = line.is_super_read_only()};
        if (LocalMount* same = find_device(mount.device)) {
            if (point.size() < same->mount_point.size()) *same = mount;
            return;
        }
        if (point.truncated() || mount.device.truncated() || !found.mounts.push(mount)) {
            leave_out(point);
        }
    }

    LocalMounts found;

private:
    void leave_out(const FixedString<127>& point) {
        if (found.untracked++ == 0) found.untracked_one = point;
    }

    // A program's own small tree (a portal, a container engine's layers) is nobody's storage.
    void list_remote(const MountLine& line) {
        const LocalMount mount{.device = line.device,
                               .mount_point = decode_mount_path(line.mount_point),
                               .read_only = line.is_super_read_only()};
        if (in_skipped_tree(mount.mount_point) || holds(kServiceTypes, line.type)) return;
        for (const LocalMount& other : found.remote) {
            if (other.mount_point == mount.mount_point) return;  // mounted over
        }
        if (mount.mount_point.truncated() || !found.remote.push(mount)) {
            leave_out(mount.mount_point);
        }
    }

    // A later mount hides an earlier one at the same place.
    void cover(std::string_view point) {
        auto& mounts = found.mounts;
        for (std::size_t i = 0; i < mounts.size(); ++i) {
            if (mounts[i].mount_point != point) continue;
            mounts[i] = mounts.back();
            mounts.shrink(mounts.size() - 1);
            return;
        }
    }

    [[nodiscard]] bool beneath_remote(std::string_view point) const {
        return std::any_of(remote_.begin(), remote_.end(),
                           [&](const auto& remote) { return is_beneath(point, remote); });
    }

    // Sandboxes hide directories under small read-only tmpfs: they are no storage.
    static bool is_empty_placeholder(const MountLine& line) {
        return line.type == "tmpfs" && line.is_super_read_only();
    }

    LocalMount* find_device(std::string_view device) {
        for (LocalMount& mount : found.mounts) {
            if (mount.device == device) return &mount;
        }
        return nullptr;
    }

    RemotePoints remote_;
};

}  // namespace

bool MountLine::is_super_read_only() const {
    return super_options.substr(0, super_options.find(',')) == "ro";
}

Status parse_mountinfo(std::string_view text, FunctionRef<void(const MountLine&)> mount) {
    std::string_view rest = text;
    for (std::string_view line; next_line(rest, line);) {
        MountLine parsed;
        if (!parse_line(line, parsed)) {
            return make_error(Errc::Parse,
                              "mountinfo: expected 'id parent major:minor root "
                              "mount-point options - type source options', got '{}'",
                              excerpt(line));
        }
        mount(parsed);
    }
    return Ok{};
}

FixedString<127> decode_mount_path(std::string_view escaped) {
    std::array<char, 256> decoded{};
    std::size_t size = 0;
    for (std::size_t i = 0; i < escaped.size() && size < decoded.size(); ++i) {
        if (escaped[i] == '\\' && i + 3 < escaped.size() && is_octal(escaped[i + 1]) &&
            is_octal(escaped[i + 2]) && is_octal(escaped[i + 3])) {
            const int code =
                (escaped[i + 1] - '0') * 64 + (escaped[i + 2] - '0') * 8 + (escaped[i + 3] - '0');
            decoded[size++] = static_cast<char>(code);
            i += 3;
        } else {
            decoded[size++] = escaped[i];
        }
    }
    return {std::string_view(decoded.data(), size)};
}

bool is_beneath(std::string_view path, std::string_view directory) {
    if (directory == "/") return !path.empty() && path.front() == '/';
    return path.substr(0, directory.size()) == directory &&
           (path.size() == directory.size() || path[directory.size()] == '/');
}

FilesystemClass filesystem_class(std::string_view type) {
    if (holds(kPseudoTypes, type)) return FilesystemClass::Pseudo;
    return holds(kLocalTypes, type) ? FilesystemClass::Local : FilesystemClass::Remote;
}

Result<LocalMounts> local_mounts(std::string_view mountinfo) {
    Gatherer gatherer;
    auto status =
        parse_mountinfo(mountinfo, [&](const MountLine& line) { gatherer.note_remote(line); });
    if (status) {
        status = parse_mountinfo(mountinfo, [&](const MountLine& line) { gatherer.add(line); });
    }
    if (!status) return status.error();
    return gatherer.found;
}

bool may_hang(std::string_view mountinfo, std::string_view path) {
    FixedString<255> absolute(path.starts_with('/') ? "" : "/");
    absolute.append(path);
    bool found = false;
    (void)parse_mountinfo(mountinfo, [&](const MountLine& line) {
        found = found || (line.mount_point != "/" &&
                          filesystem_class(line.type) == FilesystemClass::Remote &&
                          is_beneath(absolute, decode_mount_path(line.mount_point)));
    });
    return found;
}

std::optional<FilesystemClass> class_of_mount(std::string_view mountinfo, std::uint64_t id) {
    std::optional<FilesystemClass> found;
    (void)parse_mountinfo(mountinfo, [&](const MountLine& line) {
        if (line.id == id) found = filesystem_class(line.type);
    });
    return found;
}

FixedString<127> mount_above(std::string_view mountinfo, std::string_view path) {
    FixedString<127> deepest;
    (void)parse_mountinfo(mountinfo, [&](const MountLine& line) {
        const FixedString<127> point = decode_mount_path(line.mount_point);
        if (point.size() >= deepest.size() && is_beneath(path, point)) deepest = point;
    });
    return deepest;
}

FixedString<63> device_of_mount(std::string_view mountinfo, std::string_view mount_point) {
    constexpr std::string_view kDevices = "/dev/";
    FixedString<63> device;
    (void)parse_mountinfo(mountinfo, [&](const MountLine& line) {
        if (!(decode_mount_path(line.mount_point) == mount_point)) return;
        device.clear();  // of mounts over one another the last one counts
        if (line.source.starts_with(kDevices)) device = line.source.substr(kDevices.size());
    });
    return device;
}

}  // namespace homeostat
