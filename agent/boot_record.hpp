// BootRecord remembers which boot and which kernel we ran under last, and how we ended.
//
// One line in STATE/boot: the kernel's boot id, its release, and "running" or "stopped". Another
// boot id at our start is a reboot; one that still says "running" came without a clean shutdown
// (power, panic, reset). Another release is another kernel. A missing or strange file tells
// nothing.
#pragma once

#include <string>
#include <string_view>

#include "core/event.hpp"
#include "core/fixed_vector.hpp"
#include "core/result.hpp"
#include "core/root.hpp"

namespace homeostat {

inline constexpr const char* kBootFile = "boot";

struct BootRecord {
    FixedString<63> boot_id;
    FixedString<95> kernel;
    bool stopped = false;  // we ended in order
};

// "BOOT-ID RELEASE running|stopped". Errc::Parse for any other text.
Result<BootRecord> parse_boot_record(std::string_view text);
std::string to_text(const BootRecord& record);

// What this host runs now. An error where /proc does not tell.
Result<BootRecord> read_boot(const Root& root);

// What has happened between the two.
FixedVector<Event, 2> compare_boots(const BootRecord& before, const BootRecord& now, Instant at);

// At our start: what has happened since we ended. Writes the new record.
FixedVector<Event, 2> note_start(const Root& root, const std::string& state_directory, Instant now);

// At our end in order.
Status note_stop(const Root& root, const std::string& state_directory);

}  // namespace homeostat
