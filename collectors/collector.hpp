// Collector turns one source of the host into samples.
#pragma once

#include "core/root.hpp"
#include "core/series.hpp"

namespace homeostat {

class Collector {
public:
    virtual ~Collector() = default;

    // Appends what the source says now; the time is out.at(). Raw counters in base units: rates
    // are computed once, downstream. What cannot be read is left out, never reported as zero.
    // Errc::NotAvailable means that this host lacks the source: it is left out and named once.
    // Any other error means "unknown" for this time. Allocates nothing.
    virtual Status collect(const Root& root, Samples& out) = 0;

    // What it does not see although it works, in one line for a person; empty: nothing. It is told
    // once, and stands in `homeostat status` for as long as this is said. Valid until collect().
    [[nodiscard]] virtual std::string_view limit() const { return {}; }
};

}  // namespace homeostat
