// PackagesCollector tells what was installed, upgraded and removed, from the package managers'
// logs.
//
// Each change is an event; a large upgrade names its first packages and counts the rest, so that it
// does not push out what else has changed. Series: package_changes_count, since our start.
#pragma once

#include <array>

#include "collectors/collector.hpp"
#include "collectors/followed_log.hpp"
#include "collectors/workbench.hpp"

namespace homeostat {

class PackagesCollector final : public Collector {
public:
    static constexpr std::uint32_t kNamedMax = 8;  // of one look; the rest is one more event

    explicit PackagesCollector(Workbench& bench) : bench_(bench) {}

    // Errc::NotAvailable where no package manager keeps a log that we know.
    Status collect(const Root& root, Samples& out) override;
    static std::span<const Metric> metrics();

private:
    void take(std::string_view line, Instant now);

    Workbench& bench_;
    std::array<FollowedLog, 6> logs_{
        FollowedLog("var/log/dpkg.log"),     FollowedLog("var/log/dnf.rpm.log"),
        FollowedLog("var/log/dnf5.log"),     FollowedLog("var/log/yum.log"),
        FollowedLog("var/log/zypp/history"), FollowedLog("var/log/pacman.log")};
    std::uint64_t changes_ = 0;
    std::uint32_t changes_now_ = 0;  // of the present look
};

}  // namespace homeostat
