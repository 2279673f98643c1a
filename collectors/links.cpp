#include "collectors/links.hpp"

#include <array>

#include "collectors/netdev.hpp"
#include "collectors/source.hpp"

namespace homeostat {
namespace {

constexpr Metric kCarrier{"network_carrier", Unit::None, MetricKind::State, Aspect::Errors};
constexpr Metric kChanges{"network_carrier_changes_count", Unit::Count, MetricKind::Counter,
                          Aspect::Errors};
constexpr Metric kSpeed{"network_speed_bytes", Unit::Bytes, MetricKind::Gauge, Aspect::Other};
constexpr Metric kHalfDuplex{"network_half_duplex", Unit::None, MetricKind::State, Aspect::Errors};
constexpr std::array kMetrics{kCarrier, kChanges, kSpeed, kHalfDuplex};

constexpr const char* kDirectory = "sys/class/net";
constexpr double kMegabitBytes = 1e6 / 8;  // speed is in Mbit/s

class Link {
public:
    Link(const Root& root, std::string_view name, std::span<char> buffer)
        : root_(root), name_(name), buffer_(buffer) {}

    void report(Samples& out) const {
        const Subject subject{.kind = SubjectKind::Interface, .name = name_};
        // Reading the carrier of an interface that is switched off fails: nothing to report.
        const auto carrier = number("carrier");
        if (!carrier) return;
        out.add(kCarrier, subject, as_double(*carrier));
        if (const auto changes = number("carrier_changes")) {
            out.add(kChanges, subject, as_double(*changes));
        }
        // -1, or an error, when it has none.
        if (const auto speed = number("speed"))
            out.add(kSpeed, subject, as_double(*speed) * kMegabitBytes);
        if (const auto duplex = word("duplex"); duplex == "full" || duplex == "half") {
            out.add(kHalfDuplex, subject, duplex == "half" ? 1 : 0);
        }
    }

private:
    [[nodiscard]] std::string_view word(std::string_view file) const {
        FixedString<127> path;
        format_into(path, "{}/{}/{}", kDirectory, name_, file);
        const auto text = root_.read(path.c_str(), buffer_);
        return text ? trim(*text) : std::string_view{};
    }
    [[nodiscard]] std::optional<std::uint64_t> number(std::string_view file) const {
        return parse_u64(word(file));
    }

    const Root& root_;
    std::string_view name_;
    std::span<char> buffer_;
};

}  // namespace

Status LinksCollector::collect(const Root& root, Samples& out) {
    std::uint32_t interfaces = 0;
    const auto status = root.list(kDirectory, [&](std::string_view name) {
        if (is_host_interface(name) && interfaces++ < kInterfacesMax) {
            Link(root, name, bench_.buffer()).report(out);
        }
        return true;
    });
    if (!status && status.error().code == Errc::NotFound) {
        return make_error(Errc::NotAvailable, "{}: not mounted", kDirectory);
    }
    return status;
}

std::span<const Metric> LinksCollector::metrics() {
    return kMetrics;
}

}  // namespace homeostat
