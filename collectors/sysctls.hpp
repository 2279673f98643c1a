// SysctlsCollector tells when somebody sets a kernel parameter: vm.swappiness from 60 to 10.
//
// Once a minute the files directly in some directories of /proc/sys are read and compared with what
// they held before. A parameter that changes by itself (a counter, a list of free numbers) is told
// apart by changing often: after three changes it is muted. Series: sysctl_changes_count.
#pragma once

#include <cstdint>
#include <vector>

#include "collectors/collector.hpp"
#include "collectors/workbench.hpp"

namespace homeostat {

class SysctlsCollector final : public Collector {
public:
    static constexpr std::size_t kParametersMax = 1024;  // 48 bytes each; more are not watched
    static constexpr std::uint8_t kChangesMax = 3;       // then it is no setting, it is a reading

    explicit SysctlsCollector(Workbench& bench);

    Status collect(const Root& root, Samples& out) override;
    static std::span<const Metric> metrics();

private:
    struct Parameter {
        std::uint64_t name = 0;   // hash of the path
        std::uint64_t value = 0;  // hash of the whole value
        FixedString<21> shown;    // its beginning
        std::uint8_t changes = 0;
    };

    void read(const Root& root, std::string_view directory, std::string_view name, Instant now);
    void compare(std::uint64_t name, std::string_view path, std::string_view text, Instant now);

    Workbench& bench_;
    std::vector<Parameter> parameters_;  // sorted by name
    std::uint64_t changes_ = 0;
};

// "proc/sys/net/core/somaxconn" is net.core.somaxconn.
FixedString<95> sysctl_name(std::string_view path);

}  // namespace homeostat
