#include "agent/fleet/ceiling.hpp"

#include <algorithm>
#include <array>

#include "core/function_ref.hpp"

namespace homeostat {
namespace {

// What stands below the allowed keys and is the owner's all the same.
constexpr std::array<std::string_view, 5> kOwnersKeys{"tls_config", "insecure_skip_verify",
                                                      "socket", "path", "json_lines"};

bool is_owners(std::string_view key) {
    return key.ends_with("_file") || key.ends_with("_files") ||
           std::find(kOwnersKeys.begin(), kOwnersKeys.end(), key) != kOwnersKeys.end();
}

void check_below(const YamlNode& node, const std::string& file, std::vector<Error>& errors) {
    for (const YamlNode& item : node.items) check_below(item, file, errors);
    for (const YamlEntry& entry : node.entries) {
        if (is_owners(entry.key)) {
            errors.push_back(yaml_error(file, entry.key_mark,
                                        "'{}' is set by the owner of the host, never by a bundle",
                                        entry.key));
        } else {
            check_below(entry.value, file, errors);
        }
    }
}

// Where a destination is, and what is sent there that is for the owner's destination alone.
constexpr std::array<std::string_view, 3> kAddresses{"endpoint", "url", "urls"};
constexpr std::array<std::string_view, 6> kForOwnersAddress{
    "authorization", "basic_auth", "headers", "secret", "secret_previous", "tls_config"};

bool is_for_owners_address(std::string_view key) {
    return key.ends_with("_file") || key.ends_with("_files") ||
           std::find(kForOwnersAddress.begin(), kForOwnersAddress.end(), key) !=
               kForOwnersAddress.end();
}

bool is_address(std::string_view key) {
    return std::find(kAddresses.begin(), kAddresses.end(), key) != kAddresses.end();
}

const YamlNode* below(const YamlNode& node, std::string_view key) {
    const YamlEntry* entry = node.is_map() ? node.find(key) : nullptr;
    return entry == nullptr ? nullptr : &entry->value;
}

std::string_view text_below(const YamlNode& node, std::string_view key) {
    const YamlNode* found = below(node, key);
    return found != nullptr && found->is_scalar() ? std::string_view(found->text)
                                                  : std::string_view();
}

// Calls take(node) for every single value at or below `node`.
void each_value(const YamlNode& node, FunctionRef<void(const YamlNode&)> take) {
    if (node.is_scalar() && !node.is_null()) take(node);
    for (const YamlNode& item : node.items) each_value(item, take);
    for (const YamlEntry& entry : node.entries) each_value(entry.value, take);
}

// Calls take(key, address) for every address of one destination, or of a list of them.
void each_address(const YamlNode& destinations,
                  FunctionRef<void(const std::string&, const YamlNode&)> take) {
    for (const YamlNode& item : destinations.items) each_address(item, take);
    for (const YamlEntry& entry : destinations.entries) {
        if (!is_address(entry.key)) continue;
        each_value(entry.value, [&](const YamlNode& address) { take(entry.key, address); });
    }
}

// What the bundle's addresses may not do to what is the owner's.
class AddressCheck {
public:
    AddressCheck(const Settings& owners, const Settings& whole, std::vector<Error>& errors)
        : owners_(owners), whole_(whole), errors_(errors) {}

    void run() {
        if (const YamlNode* exporters = below(whole_.tree, "exporters")) {
            const YamlNode* owners = below(owners_.tree, "exporters");
            for (const YamlEntry& entry : exporters->entries) {
                check("exporters." + entry.key, entry.value,
                      owners == nullptr ? nullptr : below(*owners, entry.key));
            }
        }
        if (const YamlNode* warm_start = below(whole_.tree, "warm_start")) {
            check("warm_start", *warm_start, below(owners_.tree, "warm_start"));
        }
        check_scrapes();
    }

private:
    [[nodiscard]] bool is_bundles(const YamlNode& node) const {
        return static_cast<std::size_t>(node.mark.source) + 1 == whole_.files.size();
    }

    template <typename... Args>
    void refuse(const YamlNode& node, fmt::format_string<Args...> format, Args&&... args) {
        errors_.push_back(
            yaml_error(whole_.files.back(), node.mark, format, std::forward<Args>(args)...));
    }

    [[nodiscard]] std::string place(const Settings& settings, const YamlNode& node) const {
        const auto source = static_cast<std::size_t>(node.mark.source);
        return fmt::format("{}:{}",
                           source < settings.files.size() ? settings.files[source] : "the owner",
                           node.mark.line);
    }

    // `now`: one destination or a list of them; `before`: what the owner has there, or null.
    void check(const std::string& key, const YamlNode& now, const YamlNode* before) {
        const YamlNode* secure = nullptr;
        if (before != nullptr) {
            each_address(*before, [&](const std::string&, const YamlNode& address) {
                if (address.text.starts_with("https://")) secure = &address;
            });
        }
        each_address(now, [&](const std::string& name, const YamlNode& address) {
            if (!is_bundles(address)) return;
            if (secure != nullptr && !address.text.starts_with("https://")) {
                refuse(address,
                       "{}.{}: leads from the https of the host's owner ({}) to an address "
                       "without TLS",
                       key, name, place(owners_, *secure));
            }
            check_company(key, name, address, now);
        });
    }

    // A list is the bundle's as a whole: only in a mapping do both come together.
    void check_company(const std::string& key, const std::string& name, const YamlNode& address,
                       const YamlNode& destination) {
        for (const YamlEntry& entry : destination.entries) {
            if (!is_for_owners_address(entry.key)) continue;
            const YamlNode* owners = nullptr;
            each_value(entry.value, [&](const YamlNode& value) {
                if (!is_bundles(value)) owners = &value;
            });
            if (owners == nullptr) continue;
            return refuse(address,
                          "{}.{}: '{}' of the host's owner ({}) is for the owner's address alone",
                          key, name, entry.key, place(whole_, *owners));
        }
    }

    void check_scrapes() {
        const YamlNode* now = below(whole_.tree, "scrape_configs");
        const YamlNode* before = below(owners_.tree, "scrape_configs");
        if (now == nullptr || before == nullptr || !is_bundles(*now)) return;
        for (const YamlNode& job : now->items) {
            if (text_below(job, "scheme") == "https") continue;
            const auto secure = std::find_if(
                before->items.begin(), before->items.end(), [&](const YamlNode& owners) {
                    return text_below(owners, "scheme") == "https" && is_same(job, owners);
                });
            if (secure == before->items.end()) continue;
            refuse(job,
                   "scrape_configs: '{}' is scraped by https by the host's owner ({}), and without "
                   "TLS here",
                   text_below(job, "job_name"), place(owners_, *secure));
        }
    }

    static bool is_same(const YamlNode& job, const YamlNode& owners) {
        if (text_below(job, "job_name") == text_below(owners, "job_name")) return true;
        bool same = false;
        each_target(job, [&](const YamlNode& target) {
            each_target(owners, [&](const YamlNode& other) { same |= target.text == other.text; });
        });
        return same;
    }

    static void each_target(const YamlNode& job, FunctionRef<void(const YamlNode&)> take) {
        const YamlNode* groups = below(job, "static_configs");
        if (groups == nullptr) return;
        for (const YamlNode& group : groups->items) {
            if (const YamlNode* targets = below(group, "targets")) each_value(*targets, take);
        }
    }

    const Settings& owners_;
    const Settings& whole_;
    std::vector<Error>& errors_;
};

}  // namespace

bool check_addresses(const Settings& owners, const Settings& whole, std::vector<Error>& errors) {
    const std::size_t before = errors.size();
    AddressCheck(owners, whole, errors).run();
    return errors.size() == before;
}

bool check_ceiling(const YamlNode& settings, const std::string& file, const FleetSettings& fleet,
                   std::vector<Error>& errors) {
    const std::size_t before = errors.size();
    for (const YamlEntry& entry : settings.entries) {
        const bool allowed =
            std::find(fleet.may_set.begin(), fleet.may_set.end(), entry.key) != fleet.may_set.end();
        if (!allowed) {
            errors.push_back(yaml_error(file, entry.key_mark,
                                        "'{}' is not in may_set of this host's fleet.yml",
                                        entry.key));
            continue;
        }
        check_below(entry.value, file, errors);
    }
    return errors.size() == before;
}

bool check_settable(const YamlNode& settings, const std::string& file, std::vector<Error>& errors) {
    const auto keys = settable_keys();
    const std::size_t before = errors.size();
    for (const YamlEntry& entry : settings.entries) {
        if (std::find(keys.begin(), keys.end(), entry.key) == keys.end()) {
            errors.push_back(
                yaml_error(file, entry.key_mark, "no host lets a bundle set '{}'", entry.key));
        }
        check_below(entry.value, file, errors);
    }
    return errors.size() == before;
}

Status check_limits(const Config& config, std::size_t memory_bytes, const FleetLimits& limits) {
    if (config.series_max > limits.series_max) {
        return make_error(Errc::Denied, "series_max: {}, and fleet.yml allows {}",
                          config.series_max, limits.series_max);
    }
    if (config.tick < limits.tick) {
        return make_error(Errc::Denied, "tick: {}, and fleet.yml allows no less than {}",
                          to_text(config.tick).view(), to_text(limits.tick).view());
    }
    if (config.exporters.size() > limits.exporters_max) {
        return make_error(Errc::Denied, "{} targets to scrape, and fleet.yml allows {}",
                          config.exporters.size(), limits.exporters_max);
    }
    if (memory_bytes > limits.memory_bytes) {
        return make_error(Errc::Denied, "reserves {}, and fleet.yml allows {}",
                          human_bytes(static_cast<double>(memory_bytes)).view(),
                          human_bytes(static_cast<double>(limits.memory_bytes)).view());
    }
    return Ok{};
}

}  // namespace homeostat
