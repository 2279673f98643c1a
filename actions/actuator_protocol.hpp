// The protocol between the watcher and the actuator: one request, one answer, then the end.
//
// A request is 64 bytes of numbers, little-endian. Text never travels to the actuator (reliability
// rule B1): it names a rule and a target by their numbers in the owner's files.
//
//    0  u32  magic "HSAR"           24  u8[16] incident id
//    4  u16  version, 1             40  u64    nonce, repeated in the answer
//    6  u16  opcode                 48  u64    hash of the rules and the allow-list
//    8  u16  rule                   56  u64    Approve: seconds, 0 withdraws; Pause: seconds, 0
//   10  u16  target                             until resumed; else zero
//   12  u8   mode, 0 1 2
//   13  u8[11] zero
//
// The answer is a u32 length and so many bytes of JSON (at most kAnswerBytesMax), an ActionReport.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/decision.hpp"
#include "core/result.hpp"
#include "core/time.hpp"

namespace homeostat {

inline constexpr std::size_t kRequestBytes = 64;
inline constexpr std::size_t kAnswerBytesMax = 8192;
inline constexpr std::uint16_t kProtocolVersion = 1;

enum class Opcode : std::uint16_t {
    Run = 1,      // the rule's playbook on the target
    Ping = 2,     // is anybody there, and do we mean the same rules? Also the audit log's heartbeat
    Approve = 3,  // from a person only: the watcher may run it in mode recommend for so long
    Harm = 4,     // the last run made matters worse: the breaker opens, what can be undone is
    Undo = 5,     // from a person only: takes back what was done for this incident
    Pause = 6,    // from a person only: nothing runs for so long
    Resume = 7,   // from a person only: ends that
};

// So long, at most, holds an approval that is given in advance, and a pause that ends by itself.
inline constexpr Duration kApprovalMax = hours(168);

struct ActionRequest {
    Opcode opcode = Opcode::Run;
    std::uint16_t rule = 0;
    std::uint16_t target = 0;
    ActionMode mode = ActionMode::Observe;
    IncidentId incident;
    std::uint64_t nonce = 0;
    std::uint64_t config_hash = 0;  // not looked at for Undo, Pause and Resume
    std::uint64_t length_s = 0;     // of an approval or a pause
};

using RequestBytes = std::array<std::uint8_t, kRequestBytes>;

RequestBytes encode(const ActionRequest& request);

// Refuses everything that encode() cannot have made: other lengths, versions, opcodes, modes, and
// bytes that must be zero.
Result<ActionRequest> decode_request(std::span<const std::uint8_t> bytes);

// The body of an answer, without its length.
std::string encode_report(const ActionReport& report, std::uint64_t nonce);

// Errc::Parse when the text is not an answer of this version; Errc::Invalid for another nonce.
Result<ActionReport> decode_report(std::string_view body, std::uint64_t nonce);

}  // namespace homeostat
