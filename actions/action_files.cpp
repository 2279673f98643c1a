#include "actions/action_files.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "actions/fleet_actions.hpp"
#include "actions/trusted_file.hpp"
#include "core/file.hpp"

namespace homeostat {
namespace {

constexpr std::size_t kFleetFileBytesMax = 256UL * 1024;
constexpr std::size_t kLabelsMax = 64;
constexpr Duration kClockStep = minutes(1);  // the memory is not written for less

// What root has said about single bundles, in the directory that fleet.yml names; where others can
// write, nobody can tell who said it, and nothing counts.
OperatorWord read_word(const std::string& directory) {
    const auto text = read_trusted_file(directory + "/" + kOperatorFile, kOperatorBytesMax);
    return text ? parse_operator_word(*text) : OperatorWord{};
}

// Of fleet.yml only who this host is to a fleet; the watcher checks the whole.
Status read_following(const std::string& file, std::string_view text, FleetGate& gate,
                      std::string& directory) {
    const auto document = parse_yaml(text, file, {.size_max = kFleetFileBytesMax});
    if (!document) return document.error();
    const YamlEntry* channel = document->find("channel");
    if (channel == nullptr || !channel->value.is_text()) {
        return yaml_error(file, document->mark, "channel: expected text");
    }
    gate.channel = channel->value.text;
    const YamlEntry* bundles = document->find("directory");
    if (bundles != nullptr && bundles->value.is_text()) directory = bundles->value.text;
    const YamlEntry* labels = document->find("labels");
    if (labels == nullptr) return Ok{};
    if (!labels->value.is_map() || labels->value.entries.size() > kLabelsMax) {
        return yaml_error(file, labels->value.mark, "labels: expected names and values");
    }
    for (const YamlEntry& label : labels->value.entries) {
        if (!label.value.is_scalar() || label.value.is_null()) {
            return yaml_error(file, label.value.mark, "labels: {}: expected text", label.key);
        }
        gate.host.labels.emplace_back(label.key, label.value.text);
    }
    return Ok{};
}

}  // namespace

Result<ActionFiles> ActionFiles::open(const ActionPlaces& places, Instant now) {
    auto owners = load_action_config(places.config, Trust::OwnerOnly);
    if (!owners) return owners.error();
    ActionFiles files(places, std::move(*owners));
    files.look(now);
    return files;
}

Status ActionFiles::reload(Instant now) {
    auto owners = load_action_config(places_.config, Trust::OwnerOnly);
    if (!owners) return owners.error();
    current_ = std::move(*owners);
    look(now);
    return Ok{};
}

bool ActionFiles::look(Instant now) {
    const std::uint64_t before = current_.hash;
    drop_fleet_actions(current_);
    current_.stale_from_unix_ns = INT64_MAX;
    untaken_hash_.reset();
    const auto added = add_bundle(now);
    if (added) refused_.clear();
    if (!added && refused_ != added.error().text.view()) {
        refused_ = added.error().text.view();
        untaken_ = "bundle not taken: " + refused_;
        news_ = {false, untaken_};
        untaken_ += "; a higher version replaces it, `homeostat config rollback` leaves it";
    }
    return current_.hash != before;
}

// Nothing is added where there is no bundle; that is no error.
Status ActionFiles::add_bundle(Instant now) {
    if (places_.bundle.empty()) return Ok{};
    const auto text = read_anybodys_file(places_.bundle, kBundleBytesMax);
    if (!text) {
        if (text.error().code == Errc::NotFound) return Ok{};
        return text.error();
    }
    // Nothing of it is believed: it only tells what somebody means who goes by it.
    if (const auto parts = split_signed(*text)) {
        untaken_hash_ = hash_with(current_.hash, sha256_hex(parts->body));
    }
    if (current_.allow_list.trust.keys.empty()) {
        return make_error(Errc::Denied, "allow.yml trusts no key for a fleet's actions");
    }
    const auto way_in = gate();
    if (!way_in) return way_in.error();
    auto memory = remembered();
    if (!memory) return memory.error();
    memory->clock_unix_ns = std::max(memory->clock_unix_ns, memory_.clock_unix_ns);
    memory_ = *memory;
    const auto bundle = pass_gate(*way_in, *text, now.unix_ns, places_.library, *memory);
    if (!bundle) return bundle.error();
    const std::size_t owners = current_.rules.size();
    if (auto added = add_fleet_actions(current_, *bundle, way_in->host); !added) return added;
    current_.stale_from_unix_ns = bundle->header.expires_unix_ns;
    const auto hash = std::exchange(untaken_hash_, std::nullopt);
    if (memory_ == *memory) return Ok{};
    if (auto saved = remember(*memory); !saved) {
        // What cannot be remembered could be replayed: it does not count.
        drop_fleet_actions(current_);
        untaken_hash_ = hash;
        return saved;
    }
    news_ = {true, fmt::format("{} {}: {} rules, {} approvals", layer_name(bundle->header),
                               bundle->digest.view().substr(0, 12), current_.rules.size() - owners,
                               current_.fleet.approvals.size())};
    return Ok{};
}

Result<FleetGate> ActionFiles::gate() const {
    const std::string path = places_.config + "/fleet.yml";
    const auto text = read_trusted_file(path, kFleetFileBytesMax);
    if (!text) return text.error();
    FleetGate gate;
    std::string directory = places_.config + "/bundles";
    if (const auto read = read_following(path, *text, gate, directory); !read) {
        return read.error();
    }
    gate.word = read_word(directory);
    gate.host = host_facts(std::move(gate.host.labels), read_host_identity(places_.root),
                           places_.agent_version);
    gate.keys = current_.allow_list.trust.keys;
    gate.agent_version = places_.agent_version;
    return gate;
}

Result<FleetMemory> ActionFiles::remembered() const {
    const std::string path = places_.state + "/" + kFleetMemoryFile;
    const auto text = read_trusted_file(path, kFleetMemoryBytesMax);
    if (!text) {
        if (text.error().code == Errc::NotFound) return FleetMemory{};
        return text.error();
    }
    auto memory = parse_fleet_memory(*text);
    if (!memory) {
        return make_error(memory.error().code,
                          "{}: {}. No bundle is taken until a person has removed it", path,
                          memory.error().text);
    }
    return memory;
}

Status ActionFiles::remember(const FleetMemory& next) {
    const std::string path = places_.state + "/" + kFleetMemoryFile;
    if (const auto saved = write_file_atomically(path, to_text(next), 0600); !saved) return saved;
    memory_ = next;
    return Ok{};
}

std::optional<FleetNews> ActionFiles::take_news() {
    auto news = std::move(news_);
    news_.reset();
    return news;
}

std::int64_t ActionFiles::time_of(Instant now) const {
    return std::max(now.unix_ns, memory_.clock_unix_ns);
}

Status ActionFiles::note_use(Instant now) {
    if (now.unix_ns < memory_.clock_unix_ns + kClockStep.ns) return Ok{};
    FleetMemory next = memory_;
    next.clock_unix_ns = now.unix_ns;
    return remember(next);
}

void ActionFiles::note_end(Instant now) {
    const std::int64_t end = current_.stale_from_unix_ns;
    if (now.unix_ns < end || memory_.clock_unix_ns >= end) return;
    FleetMemory next = memory_;
    next.clock_unix_ns = end;  // and no later: a clock that is ahead for a while loses no more
    // On a disk that takes no writes it holds for as long as we run.
    if (!remember(next)) memory_ = next;
}

}  // namespace homeostat
