#include "agent/model_store.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "agent/uplink/crc32c.hpp"
#include "detectors/forecast.hpp"
#include "detectors/series_model.hpp"

namespace homeostat {
namespace {

constexpr std::string_view kMagic = "HSMODEL1";
constexpr std::uint32_t kByteOrder = 1;
constexpr std::size_t kMetricMax = decltype(SeriesInfo::metric)::capacity();
constexpr std::size_t kSubjectMax = decltype(Subject::name)::capacity();

struct Header {
    char magic[8] = {};
    std::uint32_t byte_order = kByteOrder;
    std::uint32_t series_version = SeriesModel::kVersion;
    std::uint32_t series_size = sizeof(SeriesModel);
    std::uint32_t forecast_version = CapacityForecast::kVersion;
    std::uint32_t forecast_size = sizeof(CapacityForecast);
    std::uint32_t series_records = 0;
    std::uint32_t forecast_records = 0;
    double forecast_clock = 0;
    std::int64_t saved_unix_ns = 0;
    std::uint32_t zero = 0;
    std::uint32_t crc = 0;
};
static_assert(sizeof(Header) == 64);

// All of a record but its state.
struct RecordHead {
    std::uint32_t crc = 0;
    std::uint8_t metric_kind = 0;
    std::uint8_t subject_kind = 0;
    std::uint8_t metric_size = 0;
    std::uint8_t subject_size = 0;
    char metric[kMetricMax] = {};
    char subject[kSubjectMax] = {};
    char zeros[2] = {};
};
static_assert(sizeof(RecordHead) == 200);

std::size_t state_size(ModelKind kind) {
    return kind == ModelKind::Series ? sizeof(SeriesModel) : sizeof(CapacityForecast);
}

std::size_t record_size(ModelKind kind) {
    constexpr std::size_t kAlign = 4;
    return sizeof(RecordHead) + (state_size(kind) + kAlign - 1) / kAlign * kAlign;
}

std::uint32_t header_crc(const Header& header) {
    return crc32c({reinterpret_cast<const char*>(&header), offsetof(Header, crc)});
}

void append_record(std::string& content, const SavedModel& model) {
    RecordHead head;
    head.metric_kind = static_cast<std::uint8_t>(model.metric_kind);
    head.subject_kind = static_cast<std::uint8_t>(model.subject_kind);
    head.metric_size = static_cast<std::uint8_t>(model.metric.copy(head.metric, kMetricMax));
    head.subject_size = static_cast<std::uint8_t>(model.subject.copy(head.subject, kSubjectMax));
    const std::size_t begin = content.size();
    content.append(reinterpret_cast<const char*>(&head), sizeof head);
    content.append(model.state);
    content.resize(begin + record_size(model.kind), '\0');
    const std::uint32_t crc =
        crc32c(std::string_view(content).substr(begin + sizeof(std::uint32_t)));
    std::memcpy(content.data() + begin, &crc, sizeof crc);
}

Status check_header(const Header& header, std::string_view content) {
    if (content.size() < sizeof header || std::string_view(header.magic, 8) != kMagic) {
        return make_error(Errc::Invalid, "no models of a homeostat that this one can read");
    }
    if (header.byte_order != kByteOrder) {
        return make_error(Errc::Invalid, "models of a machine with another byte order");
    }
    if (header.crc != header_crc(header)) {
        return make_error(Errc::Parse, "damaged header");
    }
    const Header ours;
    if (header.series_version != ours.series_version || header.series_size != ours.series_size ||
        header.forecast_version != ours.forecast_version ||
        header.forecast_size != ours.forecast_size) {
        return make_error(Errc::Invalid, "models of version {}.{}, this homeostat has {}.{}",
                          header.series_version, header.forecast_version, ours.series_version,
                          ours.forecast_version);
    }
    return Ok{};
}

// The record at the beginning of `rest`, or nothing when it is damaged.
bool read_record(std::string_view rest, ModelKind kind, SavedModel& out) {
    RecordHead head;
    std::memcpy(&head, rest.data(), sizeof head);
    const std::string_view record = rest.substr(0, record_size(kind));
    if (head.crc != crc32c(record.substr(sizeof head.crc))) return false;
    if (head.metric_size > kMetricMax || head.subject_size > kSubjectMax) return false;
    out.kind = kind;
    out.metric_kind = static_cast<MetricKind>(head.metric_kind);
    out.subject_kind = static_cast<SubjectKind>(head.subject_kind);
    out.metric = record.substr(offsetof(RecordHead, metric), head.metric_size);
    out.subject = record.substr(offsetof(RecordHead, subject), head.subject_size);
    out.state = record.substr(sizeof head, state_size(kind));
    return true;
}

// Cuts `count` records off `rest` into the bank; returns how many were damaged or missing.
std::size_t read_records(std::string_view& rest, ModelKind kind, std::size_t count,
                         ModelBank& bank) {
    std::size_t read = 0;
    for (std::size_t i = 0; i < count && rest.size() >= record_size(kind); ++i) {
        SavedModel model;
        if (read_record(rest, kind, model)) {
            bank.add(model);
            ++read;
        }
        rest.remove_prefix(record_size(kind));
    }
    return count - read;
}

}  // namespace

std::string encode_models(const Detectors& detectors, const SeriesTable& table, Instant now) {
    Header header;
    std::memcpy(header.magic, kMagic.data(), kMagic.size());
    header.forecast_clock = detectors.forecast_clock(now);
    header.saved_unix_ns = now.unix_ns;
    std::string content(sizeof header, '\0');
    content.reserve(sizeof header + table.size() * record_size(ModelKind::Series));
    detectors.save(table, [&](const SavedModel& model) {
        append_record(content, model);
        ++(model.kind == ModelKind::Series ? header.series_records : header.forecast_records);
    });
    header.crc = header_crc(header);
    std::memcpy(content.data(), &header, sizeof header);
    return content;
}

Result<ModelLoad> decode_models(std::string content) {
    Header header;
    std::memcpy(&header, content.data(), std::min(sizeof header, content.size()));
    const Status sound = check_header(header, content);
    if (!sound) return sound.error();
    ModelLoad load;
    load.forecast_clock = std::isfinite(header.forecast_clock) ? header.forecast_clock : 0;
    load.saved_unix_ns = header.saved_unix_ns;
    load.bank = std::make_unique<ModelBank>(std::move(content));
    std::string_view rest = load.bank->backing().substr(sizeof header);
    load.damaged = read_records(rest, ModelKind::Series, header.series_records, *load.bank) +
                   read_records(rest, ModelKind::Forecast, header.forecast_records, *load.bank);
    load.bank->seal();
    return load;
}

}  // namespace homeostat
