// Conditions of file systems: full, read-only, broken, hung.
#include "detectors/catalogue_rows.hpp"

namespace homeostat {
namespace {

using namespace catalogue;

constexpr std::string_view kDiskAdvice =
    "the kernel met errors on it: stop writers, check the disk, restore from backup if need be";

constexpr std::array kRows{
    Condition{
        .name = "filesystem_full",
        .incident = "filesystem_space",
        .metric = "filesystem_used_ratio",
        .steps = steps(warning(0.90, 20 * kGiB), error(0.95, 10 * kGiB), critical(0.98, 5 * kGiB)),
        .room_metric = "filesystem_avail_bytes",
        .clear_margin = 0.02,
        .confirm = seconds(10),
        .clear_after = seconds(30),
        .remedy = "clean-disk",
        .advice = "delete what is not needed, or grow the file system"},
    Condition{.name = "filesystem_inodes_full",
              .incident = "filesystem_inodes",
              .metric = "filesystem_files_used_ratio",
              .steps = steps(warning(0.90), error(0.95), critical(0.99)),
              .clear_margin = 0.02,
              .confirm = seconds(10),
              .clear_after = seconds(30),
              .advice = "many small files: look for sessions, caches and mail queues"},
    Condition{.name = "filesystem_read_only",
              .incident = "filesystem_read_only",
              .metric = "filesystem_read_only",
              .comparison = Comparison::Became,
              .steps = steps(critical(1)),
              .clear_margin = 0.5,
              .clear_after = seconds(10),
              .advice =
                  "the kernel stops writing after an I/O error: stop writers, check the disk, "
                  "do not remount blindly"},
    Condition{.name = "filesystem_remounted_read_only",
              .incident = "filesystem_read_only",
              .metric = "",
              .event = EventKind::FilesystemReadOnly,
              .steps = steps(critical(1)),
              .clear_after = minutes(2),
              .advice =
                  "the kernel stops writing after an I/O error: stop writers, check the disk, "
                  "do not remount blindly"},
    Condition{.name = "mount_missing",
              .incident = "mount_missing",
              .metric = "mount_missing",
              .comparison = Comparison::Became,
              .steps = steps(error(1)),
              .clear_margin = 0.5,
              .confirm = seconds(30),
              .clear_after = seconds(10),
              .remedy = "mount-again",
              .advice = "fstab names it and it is not mounted: look at the device, then mount it"},
    Condition{.name = "mount_hung",
              .incident = "mount_hung",
              .metric = "mount_hung",
              .comparison = Comparison::Became,
              .steps = steps(error(1)),
              .clear_margin = 0.5,
              .confirm = seconds(5),
              .clear_after = seconds(20),
              .advice = "a file system does not answer: look at its server, then umount -l"},
    Condition{.name = "filesystem_errors",
              .incident = "filesystem_errors",
              .metric = "filesystem_errors_count",
              .comparison = Comparison::Grew,
              .steps = steps(error(1)),
              .clear_after = minutes(10),
              .advice = kDiskAdvice},
    Condition{.name = "filesystem_error_reported",
              .incident = "filesystem_errors",
              .metric = "",
              .event = EventKind::FilesystemError,
              .steps = steps(error(1)),
              .clear_after = minutes(5),
              .advice = kDiskAdvice},
    Condition{.name = "btrfs_allocated",
              .incident = "filesystem_space",
              .metric = "btrfs_metadata_used_ratio",
              .steps = steps(warning(0.95), error(0.98)),
              .clear_margin = 0.02,
              .confirm = minutes(1),
              .clear_after = minutes(1),
              .advice = "no room for metadata although df shows some: run a balance"},
    Condition{.name = "zfs_pool_degraded",
              .incident = "disk_degraded",
              .metric = "zfs_pool_degraded",
              .steps = steps(error(1)),
              .clear_margin = 0.5,
              .confirm = seconds(30),
              .clear_after = minutes(1),
              .advice = "zpool status -x tells which device; replace it"},
    Condition{.name = "zfs_arc_throttled",
              .incident = "",
              .metric = "zfs_arc_throttles_count",
              .steps = steps(info(1)),
              .clear_margin = 0.5,
              .confirm = seconds(30),
              .advice = "the ARC gives way to memory pressure: see what uses the memory"},
    Condition{.name = "xfs_log_waits",
              .incident = "",
              .metric = "xfs_log_waits_count",
              .steps = steps(info(10)),
              .witness = {"pressure_io_full_seconds", 0.2},
              .clear_margin = 5,
              .confirm = seconds(30),
              .advice = "XFS waits for its log: the disk behind it is too slow"},
    Condition{.name = "log_flood",
              .incident = "log_flood",
              .metric = "",
              .event = EventKind::LogBurst,
              .steps = steps(warning(1)),
              .clear_after = minutes(1),
              .remedy = "vacuum-journal",
              .advice = "one message repeats itself: see who writes it before it fills the disk"},
};

}  // namespace

std::span<const Condition> storage_conditions() {
    return kRows;
}

}  // namespace homeostat
