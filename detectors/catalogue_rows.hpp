// The parts of the stock catalogue, one file for each area, and the words that its rows use.
#pragma once

#include "detectors/catalogue.hpp"

namespace homeostat {

// Each in detectors/catalogue_NAME.cpp.
std::span<const Condition> processor_conditions();
std::span<const Condition> memory_conditions();
std::span<const Condition> storage_conditions();
std::span<const Condition> device_conditions();
std::span<const Condition> network_conditions();
std::span<const Condition> kernel_conditions();
std::span<const Condition> service_conditions();

namespace catalogue {

constexpr ConditionSteps steps(ConditionStep a) {
    ConditionSteps out;
    (void)out.push(a);
    return out;
}
constexpr ConditionSteps steps(ConditionStep a, ConditionStep b) {
    ConditionSteps out = steps(a);
    (void)out.push(b);
    return out;
}
constexpr ConditionSteps steps(ConditionStep a, ConditionStep b, ConditionStep c) {
    ConditionSteps out = steps(a, b);
    (void)out.push(c);
    return out;
}

constexpr ConditionStep info(double limit) {
    return {Severity::Info, limit, 0};
}
constexpr ConditionStep warning(double limit, double room_max = 0) {
    return {Severity::Warning, limit, room_max};
}
constexpr ConditionStep error(double limit, double room_max = 0) {
    return {Severity::Error, limit, room_max};
}
constexpr ConditionStep critical(double limit, double room_max = 0) {
    return {Severity::Critical, limit, room_max};
}

inline constexpr double kMiB = 1024.0 * 1024.0;
inline constexpr double kGiB = 1024.0 * kMiB;

}  // namespace catalogue
}  // namespace homeostat
