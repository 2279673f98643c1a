#include "agent/fleet/bundle_directory.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "actions/rulebook.hpp"
#include "agent/config/load_config.hpp"
#include "agent/fleet/ceiling.hpp"
#include "core/file.hpp"
#include "core/root.hpp"

namespace homeostat {
namespace {

constexpr const char* kApprovalsFile = "approvals.yml";

// Errc::NotFound: there is nothing of this name.
Status check_kind(const std::string& path, mode_t kind, std::string_view called) {
    struct stat info {};
    if (::lstat(path.c_str(), &info) != 0) {
        return make_errno_error(errc_of(errno), errno, "{}", path);
    }
    if (S_ISLNK(info.st_mode)) {
        return make_error(Errc::Denied,
                          "{} is a symbolic link: put what it leads to into the directory itself",
                          path);
    }
    if ((info.st_mode & S_IFMT) == kind) return Ok{};
    return make_error(Errc::Invalid, "{} is no {}", path, called);
}

Result<std::string> read_plain(const std::string& path) {
    const auto plain = check_kind(path, S_IFREG, "plain file");
    return plain ? read_file(path, kBundleBytesMax) : Result<std::string>(plain.error());
}

Status read_optional(const std::string& path, std::string& out) {
    auto text = read_plain(path);
    if (!text) return text.error().code == Errc::NotFound ? Status(Ok{}) : text.error();
    out = std::move(*text);
    return Ok{};
}

Error not_read(const std::string& directory, std::string_view name) {
    return make_error(Errc::Invalid, "{}/{} is not read: call it {}.yml", directory, name,
                      name.substr(0, name.rfind('.')));
}

Result<std::vector<std::string>> list_directory(const std::string& directory) {
    const auto root = DirectoryRoot::open(directory.c_str());
    if (!root) return root.error();
    std::vector<std::string> names;
    const auto listed = root->list(".", [&names](std::string_view name) {
        if (!name.starts_with('.')) names.emplace_back(name);
        return true;
    });
    if (!listed) return listed.error();
    std::sort(names.begin(), names.end());
    return names;
}

Status read_files(const std::string& directory, std::vector<BundleFile>& files) {
    const auto there = check_kind(directory, S_IFDIR, "directory");
    if (!there) return there.error().code == Errc::NotFound ? Status(Ok{}) : there;
    const auto names = list_directory(directory);
    if (!names) return names.error();
    for (const std::string& name : *names) {
        if (name.ends_with(".yaml")) return not_read(directory, name);
        if (!name.ends_with(".yml")) continue;
        auto text = read_plain(directory + "/" + name);
        if (!text) return text.error();
        files.push_back({name, std::move(*text)});
    }
    return Ok{};
}

}  // namespace

Status read_bundle_directory(const std::string& directory, BundleParts& parts) {
    const auto names = list_directory(directory);
    if (!names && names.error().code == Errc::NotFound) {
        return make_error(Errc::NotFound, "there is no directory {}", directory);
    }
    if (!names) return names.error();
    for (const char* name : {"homeostat.yaml", "approvals.yaml"}) {
        if (std::binary_search(names->begin(), names->end(), name)) {
            return not_read(directory, name);
        }
    }
    parts.settings_name = directory + "/" + kConfigFile;
    parts.approvals_name = directory + "/" + kApprovalsFile;
    for (const auto& read : {read_optional(parts.settings_name, parts.settings),
                             read_optional(parts.approvals_name, parts.approvals),
                             read_files(directory + "/rules", parts.rules),
                             read_files(directory + "/playbooks", parts.playbooks)}) {
        if (!read) return read;
    }
    if (parts.settings.empty() && parts.approvals.empty() && parts.rules.empty() &&
        parts.playbooks.empty()) {
        return make_error(Errc::NotFound,
                          "{} holds nothing to send: no {}, no {}, no rules/*.yml, no "
                          "playbooks/*.yml",
                          directory, kConfigFile, kApprovalsFile);
    }
    return Ok{};
}

void check_bundle_parts(const BundleParts& parts, std::vector<Error>& errors) {
    Settings settings;
    const auto added = add_layer(settings, parts.settings_name, parts.settings, kBundleBytesMax);
    if (!added) errors.push_back(added.error());
    if (added && !settings.tree.is_null()) {
        (void)check_settable(settings.tree, parts.settings_name, errors);
        const auto of_hosts = [](const std::string& name, SecretKind) -> Result<std::string> {
            return make_error(Errc::NotAvailable, "{} is a file of the hosts", name);
        };
        (void)read_settings(settings, of_hosts, errors);
    }
    std::vector<Rule> rules;
    for (const BundleFile& file : parts.rules) {
        const auto parsed = parse_rulebook("rules/" + file.name, file.text, rules);
        if (!parsed) errors.push_back(parsed.error());
    }
}

}  // namespace homeostat
