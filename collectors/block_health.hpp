// BlockHealthCollector reads what /sys/block says of failing storage: RAID arrays that lost
// members, and requests that disks answered with an error or not at all.
//
// Sources: Documentation/admin-guide/md.rst, Documentation/scsi/scsi_mid_low_api.rst (ioerr_cnt,
// iotmo_cnt: hexadecimal with 0x).
#pragma once

#include <optional>

#include "collectors/collector.hpp"
#include "collectors/workbench.hpp"

namespace homeostat {

// "0x1f" or "31". Nothing when it is neither.
std::optional<std::uint64_t> parse_hexadecimal_or_decimal(std::string_view text);

class BlockHealthCollector final : public Collector {
public:
    static constexpr std::uint32_t kDevicesMax = 256;

    explicit BlockHealthCollector(Workbench& bench) : bench_(bench) {}
    // Errc::NotAvailable when no device tells anything of the kind.
    Status collect(const Root& root, Samples& out) override;
    static std::span<const Metric> metrics();

private:
    Workbench& bench_;
};

}  // namespace homeostat
