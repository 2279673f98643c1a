#include "actions/bundle.hpp"

#include <algorithm>
#include <array>

#include "actions/yaml_fields.hpp"
#include "core/hash.hpp"
#include "core/nearest.hpp"
#include "core/parse.hpp"

namespace homeostat {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
// A clock that shows less has not been set: this program was not written by then.
constexpr std::int64_t kClockLeast = 1'793'491'200LL * kSecond;  // 2026-11-01
constexpr Duration kIssuedSlack = minutes(10);  // between the signer's clock and the host's
constexpr YamlLimits kLimits{.size_max = kBundleBytesMax};
constexpr std::array<std::string_view, 7> kHeaderKeys{"id",        "version", "issued", "expires",
                                                      "min_agent", "select",  "rollout"};
constexpr std::array<std::string_view, 4> kRolloutKeys{"canary", "wait", "spread", "probation"};
constexpr std::array<std::string_view, 3> kSelectKeys{"all", "labels", "facts"};
constexpr std::array<std::string_view, 8> kApprovalKeys{"rule",     "playbook", "target", "host",
                                                        "incident", "from",     "until",  "times"};
constexpr std::uint32_t kApprovalTimesMax = 1000;
constexpr Duration kApprovalCounted = hours(168);  // the ledger's kRunsKept
constexpr std::array<std::string_view, 6> kFacts{"host",       "machine", "os",
                                                 "os_version", "arch",    "agent"};
constexpr std::size_t kTextMax = 255;
constexpr std::size_t kRowsMax = 64;

bool is_name_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
}

bool is_name(std::string_view text) {
    return !text.empty() && text.size() <= kChannelBytesMax && text.front() != '.' &&
           std::all_of(text.begin(), text.end(), is_name_character);
}

// Days since 1970 of a date in the Gregorian calendar (Hinnant, "chrono-Compatible Low-Level Date
// Algorithms", 2021).
std::int64_t days_of(std::int64_t year, std::int64_t month, std::int64_t day) {
    year -= month <= 2 ? 1 : 0;
    const std::int64_t era = year / 400;
    const std::int64_t year_of_era = year - era * 400;
    const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
           719468;
}

bool is_date(std::int64_t year, std::int64_t month, std::int64_t day) {
    static constexpr std::array kDays{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (year < 1970 || year > 2200 || month < 1 || month > 12 || day < 1) return false;
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return day <= kDays[static_cast<std::size_t>(month - 1)] + (leap && month == 2 ? 1 : 0);
}

class BundleReader {
public:
    explicit BundleReader(const std::string& file) : file_(file) {}

    Result<Bundle> read(std::string_view text) {
        auto document = parse_yaml(text, file_, kLimits);
        if (!document) return document.error();
        if (!document->is_map()) {
            return yaml_error(file_, document->mark, "expected a bundle, got {}",
                              name_of(document->kind));
        }
        const YamlEntry* header = document->find("bundle");
        if (header == nullptr) return yaml_error(file_, document->mark, "a bundle needs `bundle:`");
        Bundle bundle;
        if (const auto read = read_header(header->value, bundle.header); !read) return read.error();
        for (const auto& [key, files] :
             {std::pair{"rules", &bundle.rules}, std::pair{"playbooks", &bundle.playbooks}}) {
            const YamlEntry* entry = document->find(key);
            if (entry == nullptr) continue;
            if (const auto read = read_files(*entry, *files); !read) return read.error();
        }
        if (bundle.rules.size() + bundle.playbooks.size() > kBundleFilesMax) {
            return yaml_error(file_, document->mark, "more than {} rules and playbooks",
                              kBundleFilesMax);
        }
        if (const YamlEntry* entry = document->find("approvals")) {
            if (const auto read = read_approvals(entry->value, bundle); !read) return read.error();
        }
        std::erase_if(document->entries, [](const YamlEntry& entry) {
            return entry.key == "bundle" || entry.key == "rules" || entry.key == "playbooks" ||
                   entry.key == "approvals";
        });
        bundle.settings = std::move(*document);
        bundle.digest = sha256_hex(text);
        return bundle;
    }

private:
    Status read_header(const YamlNode& node, BundleHeader& header) const {
        const auto fields = YamlFields::open(file_, node, "bundle", kHeaderKeys);
        if (!fields) return fields.error();
        for (const char* needed : {"id", "version", "issued", "expires", "select"}) {
            if (const auto there = fields->require(needed); !there) return there.error();
        }
        if (const auto read = fields->take("id", header.id, kChannelBytesMax); !read) return read;
        if (!is_name(header.id)) {
            return fields->wrong(*fields->find("id"), "id", "letters, digits, '-', '_' and '.'");
        }
        const YamlNode& version = *fields->find("version");
        if (!version.is_int() || version.integer < 1) {
            return fields->wrong(version, "version", "a whole number from 1");
        }
        header.version = static_cast<std::uint64_t>(version.integer);
        if (const auto read = take_time(*fields, "issued", header.issued_unix_ns); !read)
            return read;
        if (const auto read = take_time(*fields, "expires", header.expires_unix_ns); !read)
            return read;
        if (header.expires_unix_ns <= header.issued_unix_ns) {
            return fields->wrong(*fields->find("expires"), "expires", "a time after `issued`");
        }
        if (const YamlNode* agent = fields->find("min_agent")) {
            if (!agent->is_scalar() || agent->is_null() || agent->text.size() > kTextMax) {
                return fields->wrong(*agent, "min_agent", "a version such as 0.1.0");
            }
            header.min_agent = agent->text;
        }
        if (const auto read = read_select(*fields->find("select"), header.select); !read)
            return read;
        const YamlNode* rollout = fields->find("rollout");
        return rollout == nullptr ? Status(Ok{}) : read_rollout(*rollout, header.rollout);
    }

    static Status take_time(const YamlFields& fields, std::string_view key, std::int64_t& out) {
        const auto node = fields.require(key);
        if (!node) return node.error();
        const auto time = parse_utc((*node)->is_text() ? (*node)->text : std::string_view{});
        if (!time) return fields.wrong(**node, key, "a time such as '2026-11-21T03:00:00Z'");
        out = *time;
        return Ok{};
    }

    Status read_rollout(const YamlNode& node, Rollout& rollout) const {
        const auto fields = YamlFields::open(file_, node, "rollout", kRolloutKeys);
        if (!fields) return fields.error();
        const Duration week = hours(24 * 7);
        if (const auto read = fields->take("canary", rollout.canary, 0, 1); !read) return read;
        if (const auto read = fields->take("wait", rollout.wait, Duration{}, week); !read)
            return read;
        if (const auto read = fields->take("spread", rollout.spread, Duration{}, week); !read)
            return read;
        return fields->take("probation", rollout.probation, seconds(1), hours(24));
    }

    Status read_select(const YamlNode& node, HostSelector& select) const {
        const auto fields = YamlFields::open(file_, node, "select", kSelectKeys);
        if (!fields) return fields.error();
        if (const auto read = fields->take("all", select.all); !read) return read;
        if (const YamlNode* labels = fields->find("labels")) {
            if (const auto read = read_rows(*labels, "labels", select.labels); !read) return read;
        }
        const YamlNode* facts = fields->find("facts");
        if (facts == nullptr) return Ok{};
        if (const auto read = read_rows(*facts, "facts", select.facts); !read) return read;
        for (const YamlEntry& entry : facts->entries) {
            if (std::find(kFacts.begin(), kFacts.end(), entry.key) != kFacts.end()) continue;
            return yaml_error(file_, entry.key_mark, "there is no fact '{}'{}", entry.key,
                              did_you_mean(entry.key, kFacts));
        }
        return Ok{};
    }

    Status read_rows(const YamlNode& node, std::string_view what,
                     std::vector<HostSelector::Row>& rows) const {
        if (!node.is_map() || node.entries.size() > kRowsMax) {
            return yaml_error(file_, node.mark, "{}: expected names and values, {} at most", what,
                              kRowsMax);
        }
        for (const YamlEntry& entry : node.entries) {
            HostSelector::Row row{entry.key, {}};
            const YamlNode& value = entry.value;
            if (value.is_scalar() && !value.is_null()) row.values.push_back(value.text);
            for (const YamlNode& item : value.items) {
                if (!item.is_scalar() || item.is_null() || row.values.size() == kRowsMax) {
                    return yaml_error(file_, item.mark, "{}: {}: expected text, {} values at most",
                                      what, entry.key, kRowsMax);
                }
                row.values.push_back(item.text);
            }
            if (row.values.empty()) {
                return yaml_error(file_, value.mark, "{}: {}: expected a value or a list of them",
                                  what, entry.key);
            }
            rows.push_back(std::move(row));
        }
        return Ok{};
    }

    Status read_files(const YamlEntry& entry, std::vector<BundleFile>& files) const {
        if (!entry.value.is_map()) {
            return yaml_error(file_, entry.value.mark, "{}: expected files by name", entry.key);
        }
        for (const YamlEntry& file : entry.value.entries) {
            if (!is_name(file.key) || !std::string_view(file.key).ends_with(".yml")) {
                return yaml_error(file_, file.key_mark,
                                  "{}: '{}': expected a name that ends in .yml, without "
                                  "directories",
                                  entry.key, file.key);
            }
            if (!file.value.is_text()) {
                return yaml_error(file_, file.value.mark,
                                  "{}: {}: expected the file's text, got {}", entry.key, file.key,
                                  name_of(file.value.kind));
            }
            files.push_back({file.key, file.value.text});
        }
        return Ok{};
    }

    Status read_approvals(const YamlNode& node, Bundle& bundle) const {
        if (!node.is_list() || node.items.size() > kBundleApprovalsMax) {
            return yaml_error(file_, node.mark, "approvals: expected a list of {} at most",
                              kBundleApprovalsMax);
        }
        for (const YamlNode& item : node.items) {
            const auto fields = YamlFields::open(file_, item, "an approval", kApprovalKeys);
            if (!fields) return fields.error();
            BundleApproval approval;
            approval.from_unix_ns = bundle.header.issued_unix_ns;
            if (const auto read = read_approval(*fields, approval); !read) return read;
            bundle.approvals.push_back(std::move(approval));
        }
        return Ok{};
    }

    Status read_approval(const YamlFields& fields, BundleApproval& approval) const {
        for (const auto& [key, out] :
             {std::pair{"rule", &approval.rule}, std::pair{"playbook", &approval.playbook},
              std::pair{"target", &approval.target}, std::pair{"host", &approval.host},
              std::pair{"incident", &approval.incident}}) {
            if (const auto read = fields.take(key, *out, kTextMax); !read) return read;
        }
        if (approval.rule.empty() && approval.playbook.empty()) {
            return yaml_error(file_, fields.node().mark,
                              "an approval needs `rule:` or `playbook:`");
        }
        if (const auto read = fields.take("times", approval.times, 1, kApprovalTimesMax); !read) {
            return read;
        }
        if (fields.find("from") != nullptr) {
            if (const auto read = take_time(fields, "from", approval.from_unix_ns); !read)
                return read;
        }
        if (const auto read = take_time(fields, "until", approval.until_unix_ns); !read)
            return read;
        const std::int64_t length = approval.until_unix_ns - approval.from_unix_ns;
        const YamlNode& until = *fields.find("until");
        if (length <= 0) return fields.wrong(until, "until", "a time after `from`");
        if (approval.times == 0 || length <= kApprovalCounted.ns) return Ok{};
        return fields.wrong(until, "until",
                            "7 days after `from` at most: runs are counted so long");
    }

    const std::string& file_;
};

bool row_matches(const HostSelector::Row& row,
                 const std::vector<std::pair<std::string, std::string>>& known) {
    return std::any_of(known.begin(), known.end(), [&](const auto& pair) {
        return pair.first == row.name &&
               std::find(row.values.begin(), row.values.end(), pair.second) != row.values.end();
    });
}

// Of the first of the numbers between dots, which is taken off; -1: none, or no number.
std::int64_t take_number(std::string_view& rest) {
    const auto dot = rest.find('.');
    const auto number = parse_u64(rest.substr(0, dot));
    rest = dot == std::string_view::npos ? std::string_view{} : rest.substr(dot + 1);
    return number && *number <= 1'000'000 ? static_cast<std::int64_t>(*number) : -1;
}

}  // namespace

std::string layer_name(const BundleHeader& header) {
    return fmt::format("bundle {} {}", header.id, header.version);
}

HostFacts host_facts(std::vector<std::pair<std::string, std::string>> labels,
                     const HostIdentity& host, std::string_view agent_version) {
    HostFacts facts;
    facts.labels = std::move(labels);
    facts.facts = {{"host", host.name}, {"machine", host.id},
                   {"os", host.os},     {"os_version", host.os_version},
                   {"arch", host.arch}, {"agent", std::string(agent_version)}};
    return facts;
}

Result<Bundle> parse_bundle(const std::string& file, std::string_view text) {
    return BundleReader(file).read(text);
}

Status check_time(const BundleHeader& header, std::int64_t now_unix_ns) {
    if (now_unix_ns < kClockLeast) {
        return make_error(Errc::Invalid,
                          "this host's clock says {}: nothing is taken by such a clock",
                          rfc3339(now_unix_ns).view());
    }
    if (now_unix_ns < header.issued_unix_ns - kIssuedSlack.ns) {
        return make_error(Errc::Invalid, "issued at {}, and this host's clock says {}",
                          rfc3339(header.issued_unix_ns).view(), rfc3339(now_unix_ns).view());
    }
    if (now_unix_ns >= header.expires_unix_ns) {
        return make_error(Errc::Invalid, "expired at {}", rfc3339(header.expires_unix_ns).view());
    }
    return Ok{};
}

Status check_agent(const BundleHeader& header, std::string_view agent_version) {
    std::string_view wanted = header.min_agent;
    std::string_view have = agent_version;
    while (!wanted.empty()) {
        const std::int64_t needed = take_number(wanted);
        if (needed < 0) {
            return make_error(Errc::Invalid, "min_agent: '{}' is no version", header.min_agent);
        }
        const std::int64_t ours = have.empty() ? 0 : take_number(have);
        if (ours > needed) return Ok{};
        if (ours < needed) {
            return make_error(Errc::Invalid, "needs agent {} or newer, this is {}",
                              header.min_agent, agent_version);
        }
    }
    return Ok{};
}

bool matches(const HostSelector& selector, const HostFacts& host) {
    if (selector.all) return true;
    if (selector.labels.empty() && selector.facts.empty()) return false;
    return std::all_of(selector.labels.begin(), selector.labels.end(),
                       [&](const auto& row) { return row_matches(row, host.labels); }) &&
           std::all_of(selector.facts.begin(), selector.facts.end(),
                       [&](const auto& row) { return row_matches(row, host.facts); });
}

Duration ring_delay(const Rollout& rollout, std::string_view machine_id, std::string_view digest) {
    const std::uint64_t hash = mix(fnv1a(digest, fnv1a(machine_id)));
    const double place = static_cast<double>(hash >> 11U) * 0x1p-53;  // in [0, 1)
    if (place < rollout.canary) return Duration{};
    const double rest = (place - rollout.canary) / (1 - rollout.canary);
    return rollout.wait +
           Duration{static_cast<std::int64_t>(rest * static_cast<double>(rollout.spread.ns))};
}

Result<std::int64_t> parse_utc(std::string_view text) {
    const auto fault = [&] {
        return make_error(Errc::Parse, "expected a time such as 2026-11-21T03:00:00Z, got '{}'",
                          text.substr(0, 40));
    };
    if (text.size() < 20 || text.back() != 'Z' || text[4] != '-' || text[7] != '-' ||
        text[10] != 'T' || text[13] != ':' || text[16] != ':') {
        return fault();
    }
    const std::string_view fraction = text.substr(19, text.size() - 20);
    if (!fraction.empty() &&
        (fraction[0] != '.' || fraction.size() > 10 || !parse_u64(fraction.substr(1)))) {
        return fault();
    }
    const auto part = [&](std::size_t at, std::size_t size) -> std::int64_t {
        const auto number = parse_u64(text.substr(at, size));
        return number ? static_cast<std::int64_t>(*number) : -1;
    };
    const std::int64_t hour = part(11, 2);
    const std::int64_t minute = part(14, 2);
    const std::int64_t second = part(17, 2);
    const bool time =
        hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 && second < 60;
    if (!time || !is_date(part(0, 4), part(5, 2), part(8, 2))) return fault();
    const std::int64_t days = days_of(part(0, 4), part(5, 2), part(8, 2));
    return ((days * 24 + hour) * 60 + minute) * 60 * kSecond + second * kSecond;
}

}  // namespace homeostat
