// KmsgCollector reads the kernel's log: known messages become events, all are counted.
//
// Series: kernel_log_lines_count, kernel_log_errors_count (level "err" and worse), and
// kernel_log_lost_count, lines that were overwritten before we read them. Only what the kernel
// itself said becomes an event: programs may write to /dev/kmsg too.
#pragma once

#include "collectors/collector.hpp"
#include "collectors/kernel_message.hpp"
#include "collectors/workbench.hpp"

namespace homeostat {

class KmsgCollector final : public Collector {
public:
    static constexpr int kRecordsMax = 1000;  // in one tick; the rest waits in the kernel's ring

    explicit KmsgCollector(Workbench& bench) : bench_(bench) {}

    // Errc::NotAvailable without a log to read, Denied without the right: the kernel's messages
    // are then unknown to us, unless the journal has them.
    Status collect(const Root& root, Samples& out) override;
    static std::span<const Metric> metrics();

private:
    void take(std::string_view text, Instant now);
    void count_lost(std::uint64_t sequence);

    Workbench& bench_;
    KernelMessages messages_;
    std::uint64_t lines_ = 0;
    std::uint64_t errors_ = 0;
    std::uint64_t lost_ = 0;
    std::uint64_t next_sequence_ = 0;
    bool started_ = false;
};

}  // namespace homeostat
