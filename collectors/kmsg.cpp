#include "collectors/kmsg.hpp"

#include <array>

#include "collectors/kernel_log.hpp"
#include "collectors/kernel_record.hpp"
#include "collectors/source.hpp"

namespace homeostat {
namespace {

constexpr Metric counter(std::string_view name, Aspect aspect) {
    return {name, Unit::Count, MetricKind::Counter, aspect};
}

constexpr Metric kLines = counter("kernel_log_lines_count", Aspect::Other);
constexpr Metric kErrors = counter("kernel_log_errors_count", Aspect::Errors);
constexpr Metric kLost = counter("kernel_log_lost_count", Aspect::Other);
constexpr std::array kMetrics{kLines, kErrors, kLost};

constexpr std::uint32_t kPriorityError = 3;

}  // namespace

Status KmsgCollector::collect(const Root&, Samples& out) {
    KernelLog* log = bench_.kernel_log();
    if (log == nullptr) {
        return make_error(Errc::NotAvailable, "kmsg: the kernel's log is not watched");
    }
    for (int i = 0; i < kRecordsMax; ++i) {
        const auto record = log->next(bench_.buffer());
        bench_.set_kernel_log_is_read(record.has_value());
        if (!record) return record.error();
        if (record->empty()) break;
        take(*record, out.at());
    }
    out.add(kLines, as_double(lines_));
    out.add(kErrors, as_double(errors_));
    out.add(kLost, as_double(lost_));
    return Ok{};
}

void KmsgCollector::take(std::string_view text, Instant now) {
    ++lines_;
    const auto record = parse_kernel_record(text);
    if (!record) return;
    count_lost(record->sequence);
    if (record->priority <= kPriorityError) ++errors_;
    if (record->facility != 0) return;
    if (LineSink* lines = bench_.lines()) {
        lines->take({.source = "kernel",
                     .priority = static_cast<int>(record->priority),
                     .text = record->message,
                     .at = now});
    }
    const auto known = messages_.read(record->message);
    if (known) bench_.events().add(event_of(*known, record->message, now));
}

void KmsgCollector::count_lost(std::uint64_t sequence) {
    if (started_ && sequence > next_sequence_) lost_ += sequence - next_sequence_;
    started_ = true;
    next_sequence_ = sequence + 1;
}

std::span<const Metric> KmsgCollector::metrics() {
    return kMetrics;
}

}  // namespace homeostat
