#include "collectors/pstore.hpp"

#include <array>

#include "collectors/small_files.hpp"

namespace homeostat {
namespace {

constexpr Metric kRecords{"pstore_records_count", Unit::Count, MetricKind::Gauge, Aspect::Errors};
constexpr std::array kMetrics{kRecords};

constexpr std::array kDirectories{"sys/fs/pstore", "var/lib/systemd/pstore"};

}  // namespace

Status PstoreCollector::collect(const Root& root, Samples& out) {
    std::uint32_t records = 0;
    bool any = false;
    Status refusal = Ok{};
    for (const char* directory : kDirectories) {
        const auto status = root.list(directory, [&](std::string_view) {
            ++records;
            return true;
        });
        any = any || status;
        if (!status && status.error().code != Errc::NotFound) refusal = status;
    }
    if (any) {
        out.add(kRecords, records);
        return Ok{};
    }
    if (!refusal) return refusal;
    return make_error(Errc::NotAvailable, "sys/fs/pstore: not there");
}

std::span<const Metric> PstoreCollector::metrics() {
    return kMetrics;
}

}  // namespace homeostat
