#include "collectors/softnet.hpp"

#include <array>

#include "collectors/source.hpp"

namespace homeostat {
namespace {

constexpr Metric counter(std::string_view name, Aspect aspect) {
    return {name, Unit::Count, MetricKind::Counter, aspect};
}

constexpr Metric kProcessed = counter("softnet_processed_count", Aspect::Traffic);
constexpr Metric kDropped = counter("softnet_drops_count", Aspect::Saturation);
constexpr Metric kSqueezed = counter("softnet_squeezes_count", Aspect::Saturation);
constexpr std::array kMetrics{kProcessed, kDropped, kSqueezed};

constexpr int kHexadecimal = 16;

}  // namespace

Result<SoftnetCounts> parse_softnet(std::string_view text) {
    SoftnetCounts counts;
    bool any = false;
    std::string_view rest = text;
    for (std::string_view line; next_line(rest, line);) {
        std::string_view words = line;
        for (std::uint64_t* sum : {&counts.processed, &counts.dropped, &counts.squeezed}) {
            const auto value = parse_u64(next_word(words), kHexadecimal);
            if (!value) {
                return make_error(Errc::Parse,
                                  "proc/net/softnet_stat: expected hexadecimal counts, got '{}'",
                                  excerpt(line));
            }
            *sum += *value;
        }
        any = true;
    }
    if (!any)
        return make_error(Errc::Parse, "proc/net/softnet_stat: expected a line for each core");
    return counts;
}

Status SoftnetCollector::collect(const Root& root, Samples& out) {
    const auto text = read_source(root, file_, bench_.buffer());
    if (!text) return text.error();
    const auto counts = parse_softnet(*text);
    if (!counts) return counts.error();
    out.add(kProcessed, as_double(counts->processed));
    out.add(kDropped, as_double(counts->dropped));
    out.add(kSqueezed, as_double(counts->squeezed));
    return Ok{};
}

std::span<const Metric> SoftnetCollector::metrics() {
    return kMetrics;
}

}  // namespace homeostat
