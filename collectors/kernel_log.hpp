// KernelLog hands out the kernel's messages one by one, as they come.
#pragma once

#include <span>
#include <string_view>

#include "core/fixed_string.hpp"
#include "core/result.hpp"

namespace homeostat {

class KernelLog {
public:
    virtual ~KernelLog() = default;

    // The next record, as in collectors/kernel_record.hpp, in `buffer`; empty when there is none
    // now. Never waits. A record that was overwritten before it was read is simply not seen: its
    // number is missing. Errc::NotAvailable where there is no such device, Denied without rights.
    virtual Result<std::string_view> next(std::span<char> buffer) = 0;
};

// /dev/kmsg (Documentation/ABI/testing/dev-kmsg), from the moment of the first call on: what was
// said before our start belongs to an incident that is over or that other sources still show.
// Reading wants CAP_SYSLOG where kernel.dmesg_restrict is 1, as on Debian.
class DeviceKernelLog final : public KernelLog {
public:
    // `path` is the device below the root directory that we watch: "/dev/kmsg".
    explicit DeviceKernelLog(std::string_view path) : path_(path) {}
    ~DeviceKernelLog() override;
    DeviceKernelLog(const DeviceKernelLog&) = delete;
    DeviceKernelLog& operator=(const DeviceKernelLog&) = delete;

    Result<std::string_view> next(std::span<char> buffer) override;

private:
    Status open();

    FixedString<255> path_;
    int fd_ = -1;
};

}  // namespace homeostat
