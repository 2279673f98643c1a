// Subject is what a series, an event or an incident is about: one thing on this host.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/fixed_string.hpp"
#include "core/hash.hpp"

namespace homeostat {

enum class SubjectKind : std::uint8_t {
    Host,
    Core,       // one CPU
    Unit,       // a systemd unit (its cgroup)
    Mount,      // a mounted file system, by mount point
    Device,     // a block device
    Interface,  // a network interface
    Process,    // by command name
    Target,     // a scraped exporter's series, by its labels
    Sensor,
};
inline constexpr std::size_t kSubjectKinds = 9;

std::string_view name_of(SubjectKind kind);

struct Subject {
    SubjectKind kind = SubjectKind::Host;
    FixedString<127> name;  // empty for the host itself

    friend bool operator==(const Subject& a, const Subject& b) {
        return a.kind == b.kind && a.name == b.name;
    }
    [[nodiscard]] std::uint64_t hash() const {
        return fnv1a(name.view(), mix(static_cast<std::uint64_t>(kind) + 1));
    }
};

}  // namespace homeostat
