#include "collectors/sensors.hpp"

#include <array>

#include "collectors/source.hpp"

namespace homeostat {
namespace {

constexpr Metric kTemperature{"sensor_temperature_celsius", Unit::Celsius, MetricKind::Gauge,
                              Aspect::Utilisation};
// 1 is the temperature at which the maker calls it critical.
constexpr Metric kOfCritical{"sensor_temperature_critical_ratio", Unit::None, MetricKind::Gauge,
                             Aspect::Capacity};
constexpr Metric kFan{"sensor_fan_rpm", Unit::None, MetricKind::Gauge, Aspect::Other};
constexpr Metric kAlarm{"sensor_alarm", Unit::None, MetricKind::State, Aspect::Errors};
constexpr Metric kUntracked{"sensors_untracked_count", Unit::Count, MetricKind::Gauge,
                            Aspect::Other};
constexpr std::array kMetrics{kTemperature, kOfCritical, kFan, kAlarm, kUntracked};

constexpr const char* kDirectory = "sys/class/hwmon";
constexpr std::string_view kInput = "_input";
constexpr std::string_view kAlarmFile = "_alarm";
constexpr double kMillidegrees = 1e-3;

using Path = FixedString<127>;

bool begins_with(std::string_view text, std::string_view start) {
    return text.substr(0, start.size()) == start;
}

// in3_alarm, curr1_crit_alarm, power2_cap_alarm: voltages, currents, supplies. Their numbers mean
// nothing without the board's wiring; the chip's own verdict does.
bool is_supply_alarm(std::string_view file) {
    if (!file.ends_with(kAlarmFile)) return false;
    for (const std::string_view kind : {"in", "curr", "power"}) {
        if (begins_with(file, kind) && file[kind.size()] >= '0' && file[kind.size()] <= '9') {
            return true;
        }
    }
    return false;
}

// One chip: a directory with a name and, for each place, temp1_input, temp1_crit, ...
class Chip {
public:
    Chip(const Root& root, std::string_view directory, std::span<char> buffer, Samples& out)
        : root_(root), directory_(directory), buffer_(buffer), out_(out) {
        const auto text = root_.read(path("", "name").c_str(), buffer_);
        // The number keeps two chips of one name apart; it is stable between boots as a rule.
        format_into(name_, "{}-{}", text ? trim(*text) : "chip", directory_);
    }

    // Reports up to `room` sensors; the number found.
    std::uint32_t report(std::uint32_t room) {
        std::uint32_t found = 0;
        Path directory;
        format_into(directory, "{}/{}", kDirectory, directory_);
        (void)root_.list(directory.c_str(), [&](std::string_view file) {
            if (is_supply_alarm(file)) {
                const auto place = file.substr(0, file.size() - kAlarmFile.size());
                if (found++ < room) report_alarm(subject(place), place, kAlarmFile);
                return true;
            }
            const bool temperature = begins_with(file, "temp");
            if (file.size() <= kInput.size() ||
                file.substr(file.size() - kInput.size()) != kInput ||
                (!temperature && !begins_with(file, "fan"))) {
                return true;
            }
            const std::string_view place = file.substr(0, file.size() - kInput.size());
            if (found++ < room) temperature ? report_temperature(place) : report_fan(place);
            return true;
        });
        return found;
    }

private:
    [[nodiscard]] Path path(std::string_view place, std::string_view suffix) const {
        Path text;
        format_into(text, "{}/{}/{}{}", kDirectory, directory_, place, suffix);
        return text;
    }

    // Nothing when the sensor does not answer (a chip asleep), or has no such file.
    [[nodiscard]] std::optional<double> number(std::string_view place,
                                               std::string_view suffix) const {
        const auto text = root_.read(path(place, suffix).c_str(), buffer_);
        const auto value = text ? parse_i64(trim(*text)) : std::nullopt;
        if (!value) return std::nullopt;
        return static_cast<double>(*value);
    }

    [[nodiscard]] Subject subject(std::string_view place) const {
        Subject sensor{.kind = SubjectKind::Sensor, .name = {}};
        format_into(sensor.name, "{}/{}", name_, place);
        return sensor;
    }

    void report_temperature(std::string_view place) {
        const auto value = number(place, kInput);
        if (!value) return;
        const Subject sensor = subject(place);
        out_.add(kTemperature, sensor, *value * kMillidegrees);
        const auto critical = number(place, "_crit");
        if (critical && *critical > 0) out_.add(kOfCritical, sensor, *value / *critical);
        report_alarm(sensor, place, "_crit_alarm");
    }

    void report_fan(std::string_view place) {
        const auto value = number(place, kInput);
        if (!value) return;
        const Subject sensor = subject(place);
        out_.add(kFan, sensor, *value);
        report_alarm(sensor, place, kAlarmFile);
    }

    void report_alarm(const Subject& sensor, std::string_view place, std::string_view suffix) {
        const auto alarm = number(place, suffix);
        if (alarm) out_.add(kAlarm, sensor, *alarm != 0 ? 1 : 0);
    }

    const Root& root_;
    std::string_view directory_;
    std::span<char> buffer_;
    Samples& out_;
    FixedString<63> name_;
};

}  // namespace

Status SensorsCollector::collect(const Root& root, Samples& out) {
    std::uint32_t sensors = 0;
    const auto status = root.list(kDirectory, [&](std::string_view directory) {
        const std::uint32_t room = sensors < kSensorsMax ? kSensorsMax - sensors : 0;
        sensors += Chip(root, directory, bench_.buffer(), out).report(room);
        return true;
    });
    if (!status && status.error().code != Errc::NotFound) return status;
    if (sensors == 0) return make_error(Errc::NotAvailable, "{}: no sensors", kDirectory);
    out.add(kUntracked, sensors > kSensorsMax ? sensors - kSensorsMax : 0);
    return Ok{};
}

std::span<const Metric> SensorsCollector::metrics() {
    return kMetrics;
}

}  // namespace homeostat
