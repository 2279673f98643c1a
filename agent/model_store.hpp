// ModelStore: what has been learned, on disk, so that a restart or an upgrade does not forget it.
//
// STATE/models, replaced as a whole (core/file.hpp), in the byte order of this machine:
//
//     header   64 bytes  magic "HSMODEL1" | u32 1 (byte order) | u32 version and u32 state size of
//                        series models | the same two of forecasts | u32 number of
//                        series records | u32 of forecasts | f64 forecast clock |
//                        i64 saved, Unix ns | 0 | u32 CRC-32C of all that
//     record             u32 CRC-32C of the rest | u8 metric kind, subject kind, metric size,
//                        subject size | metric (63) | subject (127) | 2 zeros |
//                        state (its kind's size, rounded up to 4)
//
// All series records, then all forecasts; each has its kind's fixed size, so that damage to one
// does not hide the next. What is damaged, of another version, or makes no sense is
// left out: that series is learned anew.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "detectors/detectors.hpp"

namespace homeostat {

inline constexpr const char* kModelsFile = "models";
inline constexpr std::size_t kModelsBytesMax = std::size_t{256} * 1024 * 1024;

// What a models file held.
struct ModelLoad {
    std::unique_ptr<ModelBank> bank;  // never null
    std::size_t damaged = 0;          // records left out
    double forecast_clock = 0;        // when it was saved, seconds
    std::int64_t saved_unix_ns = 0;
};

// All models of the detectors as one file's content.
std::string encode_models(const Detectors& detectors, const SeriesTable& table, Instant now);

// Errc::Invalid for a file of another version or byte order, Errc::Parse for a damaged header;
// damaged records are left out and counted. Never more than the content's own size is allocated.
Result<ModelLoad> decode_models(std::string content);

}  // namespace homeostat
