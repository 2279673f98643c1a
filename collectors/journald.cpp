#include "collectors/journald.hpp"

#include <algorithm>

#include "collectors/source.hpp"
#include "core/hash.hpp"

namespace homeostat {
namespace {

constexpr Metric counter(std::string_view name, Aspect aspect) {
    return {name, Unit::Count, MetricKind::Counter, aspect};
}

constexpr Metric kLines = counter("journal_lines_count", Aspect::Traffic);
constexpr Metric kErrors = counter("journal_errors_count", Aspect::Errors);
constexpr Metric kLost = counter("journal_lost_count", Aspect::Other);
constexpr Metric kUnread = counter("journal_unread_count", Aspect::Other);
constexpr Metric kWarnings = counter("unit_log_warnings_count", Aspect::Errors);
constexpr Metric kLoginFailures = counter("login_failures_count", Aspect::Errors);
constexpr Metric kUnitFailures = counter("unit_failures_count", Aspect::Errors);
constexpr Metric kUnitRestarts = counter("unit_restarts_count", Aspect::Errors);
constexpr std::array kMetrics{kLines,    kErrors,        kLost,         kUnread,
                              kWarnings, kLoginFailures, kUnitFailures, kUnitRestarts};

constexpr int kPriorityCritical = 2;
constexpr int kPriorityError = 3;
constexpr int kPriorityWarning = 4;

}  // namespace

Status JournaldCollector::collect(const Root& root, Samples& out) {
    const Files* files = bench_.files();
    if (files == nullptr) {
        return make_error(Errc::NotAvailable, "journald: the journal is not watched");
    }
    const Instant now = out.at();
    const Status status = journal_.poll(
        root, *files, kEntriesMax, [&](const JournalEntry& entry) { take(entry, *files, now); });
    bench_.set_journal_is_read(status.has_value());
    units_.settle(now, bench_.events());
    if (!status) return status;
    out.add(kLines, as_double(lines_));
    out.add(kErrors, as_double(errors_));
    out.add(kLost, as_double(journal_.lost()));
    out.add(kUnread, as_double(unread_));
    out.add(kLoginFailures, as_double(logins_.failures()));
    out.add(kUnitFailures, as_double(units_.failures()));
    out.add(kUnitRestarts, as_double(units_.restarts()));
    for (const UnitWarnings& unit : warnings_) {
        out.add(kWarnings, {.kind = SubjectKind::Unit, .name = unit.unit.view()},
                as_double(unit.count));
    }
    return Ok{};
}

void JournaldCollector::take(const JournalEntry& entry, const Files& files, Instant now) {
    ++lines_;
    if (entry.priority <= kPriorityError) ++errors_;
    if (entry.message_compressed) ++unread_;
    if (entry.from_kernel) {
        if (bench_.kernel_log_is_read()) return;  // its own collector has told this line
        if (const auto known = kernel_.read(entry.message)) {
            bench_.events().add(event_of(*known, entry.message, now));
        }
    } else if (entry.priority <= kPriorityWarning) {
        count_warning(entry.unit);
    }
    tell_disk_trouble(entry, now);
    units_.read(entry, files, now, bench_.events());
    logins_.read(entry, now, bench_.events());
    if (LineSink* lines = bench_.lines()) {
        const std::string_view source = entry.from_kernel    ? std::string_view("kernel")
                                        : entry.unit.empty() ? entry.identifier.view()
                                                             : entry.unit.view();
        lines->take(
            {.source = source, .priority = entry.priority, .text = entry.message, .at = now});
    }
}

std::string_view JournaldCollector::limit() const {
    if (unread_ == 0) return {};
    return "some messages of more than 512 bytes are counted and not read: packed by LZ4 or XZ "
           "(systemd 245 and older), or larger than 64 KiB";
}

// Both run as root: anybody else may claim any name.
void JournaldCollector::tell_disk_trouble(const JournalEntry& entry, Instant now) {
    const bool smart = entry.identifier == "smartd" && entry.priority <= kPriorityCritical;
    const bool mapper = entry.identifier == "dmeventd" && entry.priority <= kPriorityError;
    if (entry.uid != 0 || (!smart && !mapper)) return;
    const std::uint64_t hash = fnv1a(entry.message.view(), 1);
    auto* word = std::find_if(disk_words_.begin(), disk_words_.end(),
                              [&](const DiskWord& known) { return known.hash == hash; });
    if (word != disk_words_.end() && now - word->told < kDiskWordAgain) return;
    if (word == disk_words_.end()) {
        if (disk_words_.full()) {
            word = std::min_element(
                disk_words_.begin(), disk_words_.end(),
                [](const DiskWord& a, const DiskWord& b) { return a.told < b.told; });
        } else {
            (void)disk_words_.push({});
            word = &disk_words_.back();
        }
    }
    *word = {.hash = hash, .told = now};
    Event event{.at = now,
                .kind = EventKind::IoError,
                .subject = {},
                .object = entry.identifier.view(),
                .text = entry.message.view()};
    constexpr std::string_view kDevices = "/dev/";
    std::string_view device = entry.message.view();
    if (const auto at = device.find(kDevices); at != std::string_view::npos) {
        device.remove_prefix(at + kDevices.size());
        device = device.substr(0, device.find_first_of(" ,:;'\")"));
        if (!device.empty() && device.find('/') == std::string_view::npos) {
            event.subject = {.kind = SubjectKind::Device, .name = device};
            event.object = device;
        }
    }
    bench_.events().add(event);
}

// A unit beyond the table's size is counted in the host's series only.
void JournaldCollector::count_warning(std::string_view unit) {
    if (unit.empty()) return;
    for (UnitWarnings& known : warnings_) {
        if (!(known.unit == unit)) continue;
        ++known.count;
        return;
    }
    (void)warnings_.push({.unit = unit, .count = 1});
}

std::span<const Metric> JournaldCollector::metrics() {
    return kMetrics;
}

}  // namespace homeostat
