#include "collectors/packages.hpp"

#include "collectors/package_log.hpp"
#include "collectors/source.hpp"
#include "core/format.hpp"

namespace homeostat {
namespace {

constexpr Metric kChanges{"package_changes_count", Unit::Count, MetricKind::Counter, Aspect::Other};
constexpr std::array kMetrics{kChanges};

Event package_event(std::string_view object, Instant at) {
    return {
        .at = at, .kind = EventKind::PackageChanged, .subject = {}, .object = object, .text = {}};
}

}  // namespace

Status PackagesCollector::collect(const Root&, Samples& out) {
    const Files* files = bench_.files();
    bool found = false;
    Status trouble = Ok{};
    changes_now_ = 0;
    for (FollowedLog& log : logs_) {
        if (files == nullptr) break;
        const Status status =
            log.poll(*files, bench_.buffer(), [&](std::string_view line) { take(line, out.at()); });
        found = found || status;
        if (!status && status.error().code != Errc::NotFound) trouble = status;
    }
    if (changes_now_ > kNamedMax) {
        Event event = package_event("packages", out.at());
        format_into(event.text, "{} more packages were changed", changes_now_ - kNamedMax);
        bench_.events().add(event);
    }
    if (!trouble) return trouble;
    if (!found) return make_error(Errc::NotAvailable, "packages: no package manager's log");
    out.add(kChanges, as_double(changes_));
    return Ok{};
}

void PackagesCollector::take(std::string_view line, Instant now) {
    const auto change = parse_package_line(line);
    if (!change) return;
    ++changes_;
    if (++changes_now_ > kNamedMax) return;
    Event event = package_event(change->name, now);
    format_into(event.text, "package {} was {}", change->name, name_of(change->action));
    if (!change->version.empty()) format_into(event.text, " ({})", change->version);
    bench_.events().add(event);
}

std::span<const Metric> PackagesCollector::metrics() {
    return kMetrics;
}

}  // namespace homeostat
