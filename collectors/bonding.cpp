#include "collectors/bonding.hpp"

#include <array>

#include "collectors/small_files.hpp"

namespace homeostat {
namespace {

constexpr Metric kMembers{"bond_members_count", Unit::Count, MetricKind::Gauge, Aspect::Other};
constexpr Metric kDown{"bond_members_down_count", Unit::Count, MetricKind::Gauge, Aspect::Errors};
constexpr std::array kMetrics{kMembers, kDown};

constexpr const char* kDirectory = "proc/net/bonding";
constexpr std::string_view kDriver = "Ethernet Channel Bonding Driver";
constexpr std::string_view kMember = "Slave Interface: ";
constexpr std::string_view kStatus = "MII Status: ";

bool begins_with(std::string_view text, std::string_view start) {
    return text.substr(0, start.size()) == start;
}

}  // namespace

Result<BondMembers> parse_bonding(std::string_view text) {
    if (!begins_with(text, kDriver)) {
        return make_error(Errc::Parse, "proc/net/bonding: expected '{}', got '{}'", kDriver,
                          excerpt(text));
    }
    BondMembers members;
    std::uint32_t with_status = 0;
    for (std::string_view line; next_line(text, line);) {
        if (begins_with(line, kMember)) {
            ++members.all;
        } else if (members.all > 0 && begins_with(line, kStatus)) {
            // The first status in the file is the bond's own, before any member.
            ++with_status;
            if (trim(line.substr(kStatus.size())) != "up") ++members.down;
        }
    }
    if (with_status != members.all) {
        return make_error(Errc::Parse, "proc/net/bonding: {} members, but {} with an MII Status",
                          members.all, with_status);
    }
    return members;
}

Status BondingCollector::collect(const Root& root, Samples& out) {
    SmallFiles files(root, bench_.buffer(), out);
    Status wrong = Ok{};
    files.each(kDirectory, [&](std::string_view bond) {
        const std::string_view text = files.text("{}/{}", kDirectory, bond);
        if (text.empty()) return;  // taken away while we look
        const auto members = parse_bonding(text);
        if (!members) {
            wrong = members.error();
            return;
        }
        const Subject subject{.kind = SubjectKind::Interface, .name = bond};
        out.add(kMembers, subject, members->all);
        out.add(kDown, subject, members->down);
    });
    if (!wrong) return wrong;
    return files.outcome("proc/net/bonding: no bonds");
}

std::span<const Metric> BondingCollector::metrics() {
    return kMetrics;
}

}  // namespace homeostat
