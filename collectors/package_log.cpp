#include "collectors/package_log.hpp"

#include <array>

#include "core/parse.hpp"

namespace homeostat {
namespace {

constexpr auto kNone = std::string_view::npos;

struct Word {
    std::string_view text;
    PackageAction action;
};

template <std::size_t Size>
std::optional<PackageAction> action_of(const std::array<Word, Size>& words, std::string_view text) {
    for (const Word& word : words) {
        if (word.text == text) return word.action;
    }
    return std::nullopt;
}

using enum PackageAction;
constexpr std::array kDpkg{Word{"install", Installed}, Word{"upgrade", Upgraded},
                           Word{"remove", Removed}};
// dnf tells an upgrade twice: "Upgrade:" the new package, "Upgraded:" the old one.
constexpr std::array kRpm{Word{"Installed:", Installed}, Word{"Upgrade:", Upgraded},
                          Word{"Updated:", Upgraded},    Word{"Downgrade:", Upgraded},
                          Word{"Erase:", Removed},       Word{"Erased:", Removed},
                          Word{"Removed:", Removed}};
constexpr std::array kDnf5{Word{"install", Installed}, Word{"uninstall", Removed}};
constexpr std::array kZypp{Word{"install", Installed}, Word{"remove ", Removed},
                           Word{"remove", Removed}};
constexpr std::array kPacman{Word{"installed", Installed}, Word{"upgraded", Upgraded},
                             Word{"downgraded", Upgraded}, Word{"removed", Removed}};

// "nginx-1:1.22-1.el9.x86_64" is name, version and release; an epoch may stand before either.
void split_rpm(std::string_view package, PackageChange& change) {
    const auto release = package.find_last_of('-');
    const auto version =
        release == kNone || release == 0 ? kNone : package.find_last_of('-', release - 1);
    change.name = package.substr(0, version);
    if (version == kNone) return;
    change.version = package.substr(version + 1);
    change.version = change.version.substr(0, change.version.find_last_of('.'));
    if (const auto colon = change.name.find(':'); colon != kNone) {
        change.name.remove_prefix(colon + 1);
    }
}

std::optional<PackageChange> parse_dpkg(std::string_view rest) {
    (void)next_word(rest);  // date and time
    (void)next_word(rest);
    const auto action = action_of(kDpkg, next_word(rest));
    if (!action) return std::nullopt;
    PackageChange change{.action = *action, .name = next_word(rest), .version = {}};
    change.name = change.name.substr(0, change.name.find(':'));
    const auto before = next_word(rest);
    const auto after = next_word(rest);
    if (change.name.empty() || after.empty()) return std::nullopt;
    change.version = *action == Removed ? before : after;
    return change;
}

std::optional<PackageChange> parse_rpm(std::string_view rest) {
    constexpr int kWordsMax = 5;  // "Nov 20 10:00:00 Updated: x"; dnf writes fewer
    for (int i = 0; i < kWordsMax; ++i) {
        const auto action = action_of(kRpm, next_word(rest));
        if (!action) continue;
        PackageChange change{.action = *action, .name = {}, .version = {}};
        split_rpm(next_word(rest), change);
        if (change.name.empty() || !trim(rest).empty()) return std::nullopt;
        return change;
    }
    return std::nullopt;
}

// 2026-11-20T10:00:00+0000 [99] INFO RPM callback install stop "nginx-1:1.22-1.fc40.x86_64" amount
// 1 An upgrade is one package installed and one removed: the log does not say which belong
// together.
std::optional<PackageChange> parse_dnf5(std::string_view line) {
    constexpr std::string_view kMark = " RPM callback ";
    const auto at = line.find(kMark);
    if (at == kNone) return std::nullopt;
    std::string_view rest = line.substr(at + kMark.size());
    const auto action = action_of(kDnf5, next_word(rest));
    if (!action || next_word(rest) != "stop") return std::nullopt;
    std::string_view package = next_word(rest);
    if (package.size() < 3 || package.front() != '"' || package.back() != '"') return std::nullopt;
    PackageChange change{.action = *action, .name = {}, .version = {}};
    split_rpm(package.substr(1, package.size() - 2), change);
    if (change.version.starts_with("0:")) change.version.remove_prefix(2);
    return change;
}

std::optional<PackageChange> parse_zypp(std::string_view line) {
    std::array<std::string_view, 4> fields;
    std::size_t used = 0;
    for (; used < fields.size(); ++used) {
        const auto end = line.find('|');
        if (end == kNone) break;
        fields[used] = line.substr(0, end);
        line.remove_prefix(end + 1);
    }
    if (used < fields.size()) return std::nullopt;
    const auto action = action_of(kZypp, fields[1]);
    if (!action || fields[2].empty()) return std::nullopt;
    return PackageChange{.action = *action, .name = fields[2], .version = fields[3]};
}

std::optional<PackageChange> parse_pacman(std::string_view line) {
    constexpr std::string_view kMark = "] [ALPM] ";
    const auto at = line.find(kMark);
    if (at == kNone) return std::nullopt;
    std::string_view rest = line.substr(at + kMark.size());
    const auto action = action_of(kPacman, next_word(rest));
    const auto name = next_word(rest);
    if (!action || name.empty()) return std::nullopt;
    std::string_view versions = trim(rest);
    if (versions.starts_with('(') && versions.ends_with(')')) {
        versions = versions.substr(1, versions.size() - 2);
    }
    const auto arrow = versions.find(" -> ");
    return PackageChange{.action = *action,
                         .name = name,
                         .version = arrow == kNone ? versions : versions.substr(arrow + 4)};
}

}  // namespace

std::string_view name_of(PackageAction action) {
    switch (action) {
        case Installed: return "installed";
        case Upgraded: return "upgraded";
        case Removed: return "removed";
    }
    return "changed";
}

std::optional<PackageChange> parse_package_line(std::string_view line) {
    if (line.starts_with('[')) return parse_pacman(line);
    if (line.starts_with('#')) return std::nullopt;
    if (line.find('|') != kNone) return parse_zypp(line);
    if (auto change = parse_dpkg(line)) return change;
    if (auto change = parse_dnf5(line)) return change;
    return parse_rpm(line);
}

}  // namespace homeostat
