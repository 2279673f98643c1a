// Any bytes as a CSV: replay and forecast answer with rows or with an error, never with a crash.

#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>

#include "detectors/replay.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    std::istringstream scores_in(text);
    std::ostringstream scores;
    (void)homeostat::replay_csv(scores_in, scores);
    std::istringstream forecast_in(text);
    std::ostringstream forecast;
    (void)homeostat::forecast_csv(forecast_in, forecast, 1.0);
    return 0;
}
