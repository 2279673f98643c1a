#include "agent/fleet/rollout_record.hpp"

#include <algorithm>

#include "actions/sha256.hpp"
#include "core/format.hpp"
#include "core/parse.hpp"

namespace homeostat {
namespace {

constexpr std::string_view kMagic = "homeostat-fleet 1";
constexpr std::size_t kTextMax = 400;

std::string one_line(std::string_view text) {
    std::string out(text.substr(0, kTextMax));
    std::replace_if(
        out.begin(), out.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; }, ' ');
    return out;
}

std::string line_of(const char* key, const BundleRef& bundle, const std::string& rest = "") {
    if (!bundle.known()) return "";
    return fmt::format("{} {} {}{}{}\n", key, bundle.version, bundle.digest,
                       rest.empty() ? "" : " ", rest);
}

bool is_digest(std::string_view word) {
    return word.size() == kSha256HexSize &&
           word.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool take_bundle(std::string_view& rest, BundleRef& bundle) {
    const auto version = next_u64(rest);
    const std::string_view digest = next_word(rest);
    if (!version || !is_digest(digest)) return false;
    bundle = {*version, std::string(digest)};
    return true;
}

bool take_time(std::string_view& rest, std::int64_t& unix_ns) {
    const auto time = parse_i64(next_word(rest));
    if (time) unix_ns = *time;
    return time.has_value();
}

bool take_event(std::string_view rest, RolloutRecord& record) {
    RolloutEvent event;
    if (!take_time(rest, event.unix_ns) || !take_bundle(rest, event.bundle)) return false;
    event.what = next_word(rest);
    event.text = trim(rest);
    if (event.what.empty() || record.history.size() == kHistoryMax) return false;
    record.history.push_back(std::move(event));
    return true;
}

bool take_former(std::string_view rest, RolloutRecord& record) {
    if (record.elsewhere.size() == kFormerChannelsMax) return false;
    FormerChannel& former = record.elsewhere.emplace_back();
    former.channel = next_word(rest);
    if (former.channel.empty() || !take_bundle(rest, former.highest)) return false;
    const std::string_view word = next_word(rest);
    former.kept = word == "kept";
    return former.kept || word == "-";
}

bool take_line(std::string_view key, std::string_view rest, RolloutRecord& record) {
    if (key == "channel") {
        record.channel = next_word(rest);
        return !record.channel.empty();
    }
    if (key == "highest") return take_bundle(rest, record.highest);
    if (key == "returned") {
        record.returned = next_word(rest) == "1";
        return record.returned;
    }
    if (key == "elsewhere") return take_former(rest, record);
    if (key == "good") return take_bundle(rest, record.good);
    if (key == "event") return take_event(rest, record);
    if (key == "trial") {
        if (!take_bundle(rest, record.trial)) return false;
        const std::string_view boot = next_word(rest);
        record.trial_boot = boot == "-" ? std::string_view{} : boot;
        return !boot.empty();
    }
    if (key == "waiting") {
        return take_bundle(rest, record.waiting) && take_time(rest, record.waiting_since_unix_ns);
    }
    if (key != "failed" || !take_bundle(rest, record.failed)) return false;
    record.failure = trim(rest);
    return true;
}

}  // namespace

void RolloutRecord::add_event(RolloutEvent event) {
    if (history.size() >= kHistoryMax) history.erase(history.begin());
    event.text = one_line(event.text);
    history.push_back(std::move(event));
}

void RolloutRecord::follow(const std::string& next) {
    RolloutRecord record;
    record.channel = next;
    record.elsewhere = std::move(elsewhere);
    std::erase_if(record.elsewhere, [&](const FormerChannel& former) {
        if (former.channel == next) {
            record.highest = former.highest;
            record.returned = former.kept;
        }
        return former.channel == next || former.channel == channel;
    });
    if (highest.known()) {
        if (record.elsewhere.size() == kFormerChannelsMax) {
            record.elsewhere.erase(record.elsewhere.begin());
        }
        record.elsewhere.push_back({channel, highest, good == highest});
    }
    *this = std::move(record);
}

std::string to_text(const RolloutRecord& record) {
    std::string out = std::string(kMagic) + "\n";
    if (!record.channel.empty()) out += "channel " + record.channel + "\n";
    out += line_of("highest", record.highest);
    if (record.returned) out += "returned 1\n";
    for (const FormerChannel& former : record.elsewhere) {
        out += fmt::format("elsewhere {} {} {} {}\n", former.channel, former.highest.version,
                           former.highest.digest, former.kept ? "kept" : "-");
    }
    out += line_of("good", record.good);
    out += line_of("trial", record.trial, record.trial_boot.empty() ? "-" : record.trial_boot);
    out += line_of("waiting", record.waiting, fmt::format("{}", record.waiting_since_unix_ns));
    out += line_of("failed", record.failed, one_line(record.failure));
    for (const RolloutEvent& event : record.history) {
        out += fmt::format("event {} {} {} {} {}\n", event.unix_ns, event.bundle.version,
                           event.bundle.digest, event.what, one_line(event.text));
    }
    return out + "sum " + std::string(sha256_hex(out).view()) + "\n";
}

Result<RolloutRecord> parse_rollout_record(std::string_view text) {
    const auto sum = text.rfind("sum ");
    if (sum == std::string_view::npos || sum == 0 || text[sum - 1] != '\n' ||
        trim(text.substr(sum + 4)) != sha256_hex(text.substr(0, sum)).view()) {
        return make_error(Errc::Parse, "fleet record: damaged: its sum does not fit");
    }
    text = text.substr(0, sum);
    std::string_view line;
    if (!next_line(text, line) || line != kMagic) {
        return make_error(Errc::Parse, "fleet record: expected '{}'", kMagic);
    }
    RolloutRecord record;
    while (next_line(text, line)) {
        std::string_view rest = line;
        const std::string_view key = next_word(rest);
        if (take_line(key, rest, record)) continue;
        return make_error(Errc::Parse, "fleet record: not understood: '{}'", line.substr(0, 100));
    }
    return record;
}

}  // namespace homeostat
