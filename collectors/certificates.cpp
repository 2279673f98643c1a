#include "collectors/certificates.hpp"

#include <array>

#include "collectors/certificate_text.hpp"
#include "collectors/mountinfo.hpp"
#include "collectors/source.hpp"

namespace homeostat {
namespace {

constexpr Metric kLeft{"certificate_valid_seconds", Unit::Seconds, MetricKind::Gauge,
                       Aspect::Other};
constexpr std::array kMetrics{kLeft};

}  // namespace

Status CertificatesCollector::collect(const Root& root, Samples& out) {
    if (bench_.certificates().empty()) {
        return make_error(Errc::NotAvailable, "certificates: the configuration names none");
    }
    Status last_failure = Ok{};
    for (const std::string& path : bench_.certificates()) {
        const auto mounts = root.read("proc/self/mountinfo", bench_.buffer());
        if (mounts && may_hang(*mounts, path)) {
            last_failure = make_error(Errc::Io, "{}: not read: its mount may hang", path);
            continue;
        }
        const auto text = root.read(path.c_str(), bench_.buffer());
        const auto end = text ? certificate_end(*text) : Result<std::int64_t>(text.error());
        if (!end) {
            last_failure = make_error(end.error().code, "{}: {}", path, end.error().text);
            continue;
        }
        const std::int64_t now = out.at().unix_ns / seconds(1).ns;
        out.add(kLeft, {.kind = SubjectKind::Target, .name = std::string_view(path)},
                static_cast<double>(*end - now));
    }
    return last_failure;
}

std::span<const Metric> CertificatesCollector::metrics() {
    return kMetrics;
}

}  // namespace homeostat
