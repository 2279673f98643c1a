// JsonLinesExporter appends one JSON object a line to a file, or to standard output ("-").
//
// The file is opened anew for each batch, so that logrotate may move it away at any time.
#pragma once

#include <string>

#include "agent/uplink/exporter.hpp"
#include "agent/uplink/settings.hpp"

namespace homeostat {

class JsonLinesExporter final : public Exporter {
public:
    explicit JsonLinesExporter(JsonLinesSettings settings);

    void begin() override { lines_.clear(); }
    bool add(const Incident& incident, const Gap& gap, Instant now) override;
    Outcome send(Instant now) override;
    [[nodiscard]] std::size_t records_max() const override;
    [[nodiscard]] bool is_remote() const override { return false; }

private:
    JsonLinesSettings settings_;
    std::string lines_;
};

}  // namespace homeostat
