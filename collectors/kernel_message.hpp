// KernelMessages knows what the kernel's own messages mean: a line in, an event out.
//
// Rules are anchored at the start of the message, so that a process which bears a clever name (16
// bytes of its choice stand in some messages) cannot pass for a disk. Wordings of kernels 3.10 to
// 6.18; drivers differ, so the list of link messages is the common ones'. What no rule knows is
// nothing: it is left to the log templates.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/event.hpp"

namespace homeostat {

// What a message says, without its time.
struct KernelFact {
    EventKind kind = EventKind::KernelOops;
    Subject subject;
    FixedString<95> object;
};

// The event that tells it, in the kernel's own words.
Event event_of(const KernelFact& fact, std::string_view message, Instant at);

class KernelMessages {
public:
    // The fact in one message. A memory kill is told over two lines: the first names the control
    // group, which is remembered for the second; hence an object.
    std::optional<KernelFact> read(std::string_view message);

private:
    std::optional<KernelFact> memory_kill(std::string_view message);

    std::uint64_t victim_pid_ = 0;
    FixedString<127> victim_unit_;
};

}  // namespace homeostat
