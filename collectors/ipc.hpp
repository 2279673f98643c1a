// IpcCollector reads how much of the System V semaphores and of the users' key quotas is used.
//
// A leak of either stops databases and logins with errors that name neither. Sources:
// sysvipc(7), proc_sys_kernel(5) (sem: SEMMSL, SEMMNS, SEMOPM, SEMMNI), keyrings(7) on
// /proc/key-users.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "collectors/collector.hpp"
#include "collectors/workbench.hpp"

namespace homeostat {

struct SemaphoreUse {
    std::uint64_t arrays = 0;
    std::uint64_t semaphores = 0;
};

// /proc/sysvipc/sem. Nothing without its head line, or when a line is too short.
std::optional<SemaphoreUse> parse_sysvipc_sem(std::string_view text);
// The same of whole lines of it, added to `use`; false for what is none.
bool add_sysvipc_sem(std::string_view text, bool with_head, SemaphoreUse& use);

// The largest share of its quota of keys that any user but root has used. Nothing when no line of
// /proc/key-users is of the form "uid: usage nkeys/nikeys keys/keys_max bytes/bytes_max".
std::optional<double> parse_key_users(std::string_view text);

class IpcCollector final : public Collector {
public:
    explicit IpcCollector(Workbench& bench) : bench_(bench) {}
    // Errc::NotAvailable when neither can be read.
    Status collect(const Root& root, Samples& out) override;
    static std::span<const Metric> metrics();

private:
    std::optional<SemaphoreUse> read_semaphores();

    Workbench& bench_;
};

}  // namespace homeostat
