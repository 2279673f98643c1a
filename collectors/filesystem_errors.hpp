// FilesystemErrorsCollector reads the errors that ext4 and btrfs found on their disks.
//
// Sources: Documentation/admin-guide/ext4.rst (/sys/fs/ext4/DEVICE/errors_count), btrfs' sysfs
// (/sys/fs/btrfs/UUID/devinfo/ID/error_stats, since Linux 5.14).
#pragma once

#include <optional>

#include "collectors/collector.hpp"
#include "collectors/workbench.hpp"

namespace homeostat {

// The sum of a file of "name count" lines, such as error_stats. Nothing when it has no such line.
std::optional<std::uint64_t> sum_of_counts(std::string_view text);

class FilesystemErrorsCollector final : public Collector {
public:
    explicit FilesystemErrorsCollector(Workbench& bench) : bench_(bench) {}
    // Errc::NotAvailable when neither kind of file system is mounted.
    Status collect(const Root& root, Samples& out) override;
    static std::span<const Metric> metrics();

private:
    bool collect_ext4(const Root& root, Samples& out);
    bool collect_btrfs(const Root& root, Samples& out);

    Workbench& bench_;
};

}  // namespace homeostat
