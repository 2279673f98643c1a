#include "actions/fleet_gate.hpp"

#include <algorithm>

#include "actions/sha256.hpp"
#include "core/format.hpp"
#include "core/parse.hpp"

namespace homeostat {
namespace {

constexpr std::string_view kMagic = "homeostat-actuator-fleet 1";

bool take_number(std::string_view& rest, std::int64_t& out) {
    const auto number = parse_i64(next_word(rest));
    if (number) out = *number;
    return number.has_value();
}

bool take_accepted(std::string_view& rest, FleetMemory::Accepted& out) {
    const auto version = next_u64(rest);
    const std::string_view digest = next_word(rest);
    if (!version || digest.size() != kSha256HexSize) return false;
    out = {*version, std::string(digest)};
    return true;
}

bool take_line(std::string_view key, std::string_view rest, FleetMemory& memory) {
    if (key == "channel") memory.channel = next_word(rest);
    if (key == "channel") return !memory.channel.empty();
    if (key == "back") {
        memory.went_back = next_word(rest) == "1";
        return memory.went_back;
    }
    if (key == "former") return take_accepted(rest, memory.former);
    if (key == "earlier") {
        return memory.earlier.size() < kEarlierMax &&
               take_accepted(rest, memory.earlier.emplace_back());
    }
    if (key == "elsewhere") {
        if (memory.elsewhere.size() == kElsewhereMax) return false;
        auto& [channel, highest] = memory.elsewhere.emplace_back();
        channel = next_word(rest);
        return !channel.empty() && take_accepted(rest, highest);
    }
    if (key == "clock") return take_number(rest, memory.clock_unix_ns);
    return key == "newest" && take_accepted(rest, memory.newest) &&
           take_number(rest, memory.newest_unix_ns) && take_number(rest, memory.probation_ns);
}

// The way back is open while the newest one is on probation.
bool on_probation(const FleetMemory& memory, std::int64_t now) {
    return now - memory.newest_unix_ns < memory.probation_ns;
}

FleetMemory::Accepted named(const Bundle& bundle) {
    return {bundle.header.version, std::string(bundle.digest.view())};
}

// What was accepted before, when root has left everything that was accepted after it.
bool is_way_back(const FleetMemory::Accepted& wanted, const OperatorWord& word,
                 const FleetMemory& memory) {
    std::vector<FleetMemory::Accepted> known = memory.earlier;
    known.push_back(memory.newest);
    known.push_back(memory.former);
    return std::find(known.begin(), known.end(), wanted) != known.end() &&
           std::all_of(known.begin(), known.end(), [&](const FleetMemory::Accepted& other) {
               return other.version <= wanted.version || word.has_left(other.digest);
           });
}

Status check_order(const Bundle& bundle, std::int64_t now, const OperatorWord& word,
                   const FleetMemory& memory) {
    const std::uint64_t version = bundle.header.version;
    if (bundle.digest.view() == word.older) return Ok{};
    if (word.has_left(bundle.digest.view())) {
        return make_error(Errc::Denied, "version {} was left by the operator", version);
    }
    if (version > memory.newest.version || bundle.digest.view() == memory.newest.digest) {
        return Ok{};
    }
    if (version == memory.newest.version) {
        return make_error(Errc::Denied, "version {} was accepted with other content", version);
    }
    if (bundle.digest.view() == memory.former.digest &&
        (memory.went_back || on_probation(memory, now) || word.has_left(memory.newest.digest))) {
        return Ok{};
    }
    if (is_way_back(named(bundle), word, memory)) return Ok{};
    return make_error(Errc::Denied, "version {} is older than {}, which was accepted", version,
                      memory.newest.version);
}

bool is_known(const FleetMemory::Accepted& bundle, const FleetMemory& memory) {
    return bundle == memory.newest || bundle == memory.former ||
           std::find(memory.earlier.begin(), memory.earlier.end(), bundle) != memory.earlier.end();
}

// The newest, which is in force, is about to be followed by a newer one.
void note_former(FleetMemory& memory) {
    memory.former = memory.newest;
    if (memory.newest.version == 0) return;
    memory.earlier.insert(memory.earlier.begin(), memory.newest);
    if (memory.earlier.size() > kEarlierMax) memory.earlier.pop_back();
}

// Another fleet: of the former one only its highest version stays, for when it is followed again.
FleetMemory memory_of(const std::string& channel, const FleetMemory& memory) {
    FleetMemory next;
    next.channel = channel;
    next.clock_unix_ns = memory.clock_unix_ns;
    next.elsewhere = memory.elsewhere;
    std::erase_if(next.elsewhere, [&](const auto& one) {
        if (one.first == channel) next.newest = one.second;
        return one.first == channel || one.first == memory.channel;
    });
    if (memory.newest.version == 0) return next;
    if (next.elsewhere.size() == kElsewhereMax) next.elsewhere.erase(next.elsewhere.begin());
    next.elsewhere.emplace_back(memory.channel, memory.newest);
    return next;
}

Result<Bundle> read_genuine(const FleetGate& gate, std::string_view text,
                            const SignatureLibrary& library) {
    if (text.size() > kBundleBytesMax) {
        return make_error(Errc::Limit, "larger than the {} bytes allowed", kBundleBytesMax);
    }
    if (gate.keys.empty()) {
        return make_error(Errc::Denied, "allow.yml trusts no key for a fleet's actions");
    }
    const auto parts = split_signed(text);
    if (!parts) return parts.error();
    if (parts->signature.empty()) return make_error(Errc::Denied, "is not signed");
    const auto signature = parse_minisign_signature(parts->signature);
    if (!signature) return signature.error();
    const auto genuine = verify_minisign(parts->body, *signature, gate.keys, library);
    if (!genuine) return genuine.error();
    return parse_bundle("bundle", parts->body);
}

}  // namespace

std::string to_text(const FleetMemory& memory) {
    std::string out = std::string(kMagic) + "\n";
    if (!memory.channel.empty()) out += "channel " + memory.channel + "\n";
    if (memory.newest.version > 0) {
        out += fmt::format("newest {} {} {} {}\n", memory.newest.version, memory.newest.digest,
                           memory.newest_unix_ns, memory.probation_ns);
    }
    if (memory.former.version > 0) {
        out += fmt::format("former {} {}\n", memory.former.version, memory.former.digest);
    }
    if (memory.went_back) out += "back 1\n";
    for (const FleetMemory::Accepted& bundle : memory.earlier) {
        out += fmt::format("earlier {} {}\n", bundle.version, bundle.digest);
    }
    for (const auto& [channel, highest] : memory.elsewhere) {
        out += fmt::format("elsewhere {} {} {}\n", channel, highest.version, highest.digest);
    }
    out += fmt::format("clock {}\n", memory.clock_unix_ns);
    return out + "sum " + std::string(sha256_hex(out).view()) + "\n";
}

Result<FleetMemory> parse_fleet_memory(std::string_view text) {
    const auto sum = text.rfind("sum ");
    if (sum == std::string_view::npos || sum == 0 || text[sum - 1] != '\n' ||
        text.substr(sum + 4) != fmt::format("{}\n", sha256_hex(text.substr(0, sum)).view())) {
        return make_error(Errc::Parse, "damaged: its sum does not fit");
    }
    text = text.substr(0, sum);
    std::string_view line;
    if (!next_line(text, line) || line != kMagic) {
        return make_error(Errc::Parse, "expected '{}'", kMagic);
    }
    FleetMemory memory;
    while (next_line(text, line)) {
        std::string_view rest = line;
        const std::string_view key = next_word(rest);
        if (take_line(key, rest, memory)) continue;
        return make_error(Errc::Parse, "not understood: '{}'", line.substr(0, 100));
    }
    return memory;
}

Result<Bundle> pass_gate(const FleetGate& gate, std::string_view text, std::int64_t unix_ns,
                         const SignatureLibrary& library, FleetMemory& memory) {
    auto bundle = read_genuine(gate, text, library);
    if (!bundle) return bundle;
    const BundleHeader& header = bundle->header;
    if (header.id != gate.channel) {
        return make_error(Errc::Denied, "is for channel '{}', and this host follows '{}'",
                          header.id, gate.channel);
    }
    FleetMemory next = memory;
    if (next.channel != gate.channel) next = memory_of(gate.channel, memory);
    if (!matches(header.select, gate.host)) {
        return make_error(Errc::Denied, "version {} is not for this host", header.version);
    }
    if (const auto fits = check_agent(header, gate.agent_version); !fits) return fits.error();
    // By the latest time that was ever seen: a clock that was set back revives nothing.
    const std::int64_t now = std::max(unix_ns, next.clock_unix_ns);
    if (const auto newer = check_order(*bundle, now, gate.word, next); !newer) {
        return newer.error();
    }
    const FleetMemory::Accepted taken = named(*bundle);
    if (!is_known(taken, next)) {
        if (const auto in_time = check_time(header, now); !in_time) return in_time.error();
        next.clock_unix_ns = now;
    }
    const bool is_back = taken.version <= next.newest.version && taken != next.newest;
    if (is_back) {
        next.former = taken;
    } else if (taken != next.newest) {
        if (!next.went_back) note_former(next);  // else the way back stays what it was
        next.newest = taken;
        next.newest_unix_ns = now;
        next.probation_ns = header.rollout.probation.ns;
    }
    next.went_back = is_back;
    memory = std::move(next);
    return bundle;
}

}  // namespace homeostat
