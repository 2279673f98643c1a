#include "actions/fleet_actions.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "core/hash.hpp"

namespace homeostat {
namespace {

Status resolve_anew(std::vector<Rule>& rules) {
    for (Rule& rule : rules) {
        rule.rungs.clear();
        rule.below.reset();
    }
    return resolve_ladders(rules);
}

class Layer {
public:
    Layer(ActionConfig& config, const Bundle& bundle, std::vector<Error>* errors)
        : config_(config), bundle_(bundle), errors_(errors), owners_(config.rules.size()) {}

    Status add(const HostFacts& host) {
        config_.fleet.name = layer_name(bundle_.header);
        config_.fleet.owners_rules = owners_;
        config_.fleet.owners_hash = config_.hash;
        add_playbooks();
        add_rules();
        add_approvals(host);
        config_.hash = hash_with(config_.hash, bundle_.digest);
        if (first_.empty()) return Ok{};
        drop_fleet_actions(config_);
        return first_.front();
    }

private:
    void fail(const Error& error) {
        if (first_.empty()) first_.push_back(error);
        if (errors_ != nullptr) errors_->push_back(error);
    }

    [[nodiscard]] std::string place(const char* folder, const std::string& name) const {
        return fmt::format("{}: {}/{}", config_.fleet.name, folder, name);
    }

    [[nodiscard]] bool owner_has(const std::string& playbook) const {
        std::error_code ignored;
        return std::filesystem::exists(config_.directory + "/playbooks/" + playbook, ignored);
    }

    // An entry of allow.yml names a playbook that its owner has read: that one, and no other, runs.
    void add_playbooks() {
        for (const BundleFile& file : bundle_.playbooks) {
            if (owner_has(file.name)) {
                fail(make_error(Errc::Denied, "{}: this host has its own, which stays",
                                place("playbooks", file.name)));
            }
            config_.fleet.playbooks.push_back(file);
        }
    }

    void add_rules() {
        for (const BundleFile& file : bundle_.rules) {
            const auto parsed = parse_rulebook(place("rules", file.name), file.text, config_.rules);
            if (!parsed) fail(parsed.error());
        }
        for (std::size_t i = owners_; i < config_.rules.size(); ++i) adopt(config_.rules[i]);
        const auto resolved = resolve_anew(config_.rules);
        if (!resolved && first_.empty()) fail(resolved.error());
        for (std::size_t i = owners_; i < config_.rules.size(); ++i) check_ladder(config_.rules[i]);
    }

    void adopt(Rule& rule) {
        rule.from_fleet = true;
        rule.mode = std::min(rule.mode, config_.allow_list.trust.max_mode);
        if (fleet_playbook(config_, rule) != nullptr || owner_has(rule.playbook)) return;
        fail(make_error(Errc::NotFound, "{}:{}:1: rule '{}': there is no playbook {}", rule.file,
                        rule.line, rule.name, rule.playbook));
    }

    // What stands on a ladder does not act by itself: that would silence a rule of the owner's.
    void check_ladder(const Rule& rule) {
        for (const std::uint16_t rung : rule.rungs) {
            if (rung >= owners_) continue;
            fail(make_error(Errc::Denied, "{}:{}:1: ladder of rule '{}': '{}' is this host's own",
                            rule.file, rule.line, rule.name, config_.rules[rung].name));
        }
    }

    void add_approvals(const HostFacts& host) {
        if (!config_.allow_list.trust.approvals) return;
        for (const BundleApproval& approval : bundle_.approvals) {
            const bool ours =
                approval.host.empty() ||
                std::any_of(host.facts.begin(), host.facts.end(), [&](const auto& fact) {
                    return (fact.first == "host" || fact.first == "machine") &&
                           fact.second == approval.host;
                });
            if (ours) config_.fleet.approvals.push_back(approval);
        }
    }

    ActionConfig& config_;
    const Bundle& bundle_;
    std::vector<Error>* errors_;
    std::size_t owners_;  // so many rules are the owner's
    std::vector<Error> first_;
};

}  // namespace

Status add_fleet_actions(ActionConfig& config, const Bundle& bundle, const HostFacts& host,
                         std::vector<Error>* errors) {
    if (!bundle.brings_actions()) return Ok{};
    return Layer(config, bundle, errors).add(host);
}

std::uint64_t hash_with(std::uint64_t owners_hash, const Sha256Hex& digest) {
    std::uint64_t hash = owners_hash;
    for (std::size_t i = 0; i < digest.size(); i += 16) {
        hash = mix(fnv1a(digest.view().substr(i, 16), hash));
    }
    return hash;
}

void drop_fleet_actions(ActionConfig& config) {
    if (config.fleet.name.empty()) return;
    config.rules.erase(
        config.rules.begin() + static_cast<std::ptrdiff_t>(config.fleet.owners_rules),
        config.rules.end());
    (void)resolve_anew(config.rules);  // as when they were read
    config.hash = config.fleet.owners_hash;
    config.fleet = {};
}

const std::string* fleet_playbook(const ActionConfig& config, const Rule& rule) {
    return fleet_playbook(config, rule, rule.playbook);
}

const std::string* fleet_playbook(const ActionConfig& config, const Rule& rule,
                                  std::string_view playbook) {
    if (!rule.from_fleet) return nullptr;
    for (const BundleFile& file : config.fleet.playbooks) {
        if (file.name == playbook) return &file.text;
    }
    return nullptr;
}

std::string playbook_place(const ActionConfig& config, const Rule& rule) {
    return playbook_place(config, rule, rule.playbook);
}

std::string playbook_place(const ActionConfig& config, const Rule& rule,
                           std::string_view playbook) {
    if (fleet_playbook(config, rule, playbook) == nullptr) {
        return fmt::format("{}/playbooks/{}", config.directory, playbook);
    }
    return fmt::format("{}: playbooks/{}", config.fleet.name, playbook);
}

bool covers(const BundleApproval& approval, const Rule& rule, std::string_view target,
            std::string_view incident, std::int64_t unix_ns) {
    const auto fits = [](const std::string& wanted, std::string_view is) {
        return wanted.empty() || wanted == is;
    };
    return unix_ns >= approval.from_unix_ns && unix_ns < approval.until_unix_ns &&
           fits(approval.rule, rule.name) && fits(approval.playbook, rule.playbook) &&
           fits(approval.target, target) && fits(approval.incident, incident);
}

}  // namespace homeostat
