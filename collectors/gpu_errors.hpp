// GpuErrorsCollector reads the memory errors that AMD graphics cards counted.
//
// Source: Documentation/gpu/amdgpu/ras.rst: device/ras/BLOCK_err_count holds "ue: N" and "ce: N".
// NVIDIA's driver tells nothing in /sys: its Xid messages are in the kernel's log.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "collectors/collector.hpp"
#include "collectors/workbench.hpp"

namespace homeostat {

struct GpuErrors {
    std::uint64_t uncorrected = 0;
    std::uint64_t corrected = 0;
};

// One err_count file. Nothing when one of the two numbers is missing.
std::optional<GpuErrors> parse_gpu_errors(std::string_view text);

class GpuErrorsCollector final : public Collector {
public:
    explicit GpuErrorsCollector(Workbench& bench) : bench_(bench) {}
    // Errc::NotAvailable without a card that counts them.
    Status collect(const Root& root, Samples& out) override;
    static std::span<const Metric> metrics();

private:
    Workbench& bench_;
};

}  // namespace homeostat
