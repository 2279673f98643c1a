// Kinds of incidents: what each is called, which resource it is about, and which of them are one
// fault when they come together.
//
// A full memory stalls tasks, swaps to the disk and ends in a memory kill: three conditions, one
// fault. The table of kin says which kinds physically bring each other about, on what they must
// agree (the host, the subject, the device below it) and how near in time they must begin. Kinds
// that are not kin are different faults, even in the same second. A kind that the owner made up in
// the configuration has no kin and is about "other".
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "core/finding.hpp"
#include "core/fixed_string.hpp"

namespace homeostat {

enum class Resource : std::uint8_t {
    Processor,
    Memory,
    Space,
    Disk,
    Network,
    Processes,
    Files,
    Service,
    Clock,
    Kernel,
    Hardware,
    Security,
    Other,
};

std::string_view name_of(Resource resource);

struct Kind {
    std::string_view name;  // "cpu_saturation"
    Resource resource = Resource::Other;
    std::string_view phrase;  // "the processor is saturated"; "{}" is the subject
};

std::span<const Kind> kinds();

// The kind of this name; an unknown one has its own name as phrase.
Kind find_kind(std::string_view name);

// One side of the question whether two findings tell of one fault.
struct FaultSide {
    std::string_view kind;
    const Subject& subject;
    const Subject&
        beneath;  // the device of a mount, or of where a log lies; else the subject itself
    Instant since;
};

// True when what `later` tells of belongs to the fault that `open` tells of.
bool is_one_fault(const FaultSide& open, const FaultSide& later);

}  // namespace homeostat
