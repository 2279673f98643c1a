#include "actions/action_config.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <system_error>

#include "actions/trusted_file.hpp"
#include "core/file.hpp"
#include "core/hash.hpp"

namespace homeostat {
namespace {

Result<std::vector<std::string>> list_any(const std::string& directory, std::string_view suffix) {
    std::error_code error;
    std::vector<std::string> names;
    for (auto entry = std::filesystem::directory_iterator(directory, error);
         !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
        std::string name = entry->path().filename().string();
        if (name[0] != '.' && name.ends_with(suffix)) names.push_back(std::move(name));
    }
    if (error) {
        return make_errno_error(errc_of(error.value()), error.value(), "open directory {}",
                                directory);
    }
    std::sort(names.begin(), names.end());
    return names;
}

class Loader {
public:
    Loader(const std::string& directory, Trust trust, std::vector<Error>* errors)
        : trust_(trust), errors_(errors) {
        config_.directory = directory;
    }

    Result<ActionConfig> load() {
        load_rules();
        load_allow_list();
        if (first_) return *first_;
        config_.hash = hash_;
        return std::move(config_);
    }

private:
    void fail(const Error& error) {
        if (!first_) first_ = error;
        if (errors_ != nullptr) errors_->push_back(error);
    }

    [[nodiscard]] Result<std::string> read(const std::string& path, std::size_t size_max) const {
        return trust_ == Trust::OwnerOnly ? read_trusted_file(path, size_max)
                                          : read_file(path, size_max);
    }

    [[nodiscard]] Result<std::vector<std::string>> list(const std::string& directory) const {
        return trust_ == Trust::OwnerOnly ? list_trusted_directory(directory, ".yml")
                                          : list_any(directory, ".yml");
    }

    // Lengths go in as well, so that text cannot move between files unseen.
    void add_to_hash(std::string_view name, std::string_view text) {
        hash_ = fnv1a(name, hash_);
        hash_ = mix(hash_ ^ text.size());
        hash_ = fnv1a(text, hash_);
    }

    void load_rules() {
        const std::string directory = config_.directory + "/rules";
        const auto names = list(directory);
        if (!names) {
            if (names.error().code != Errc::NotFound) fail(names.error());
            return;
        }
        for (const std::string& name : *names) {
            const std::string path = directory + "/" + name;
            const auto text = read(path, kRulebookBytesMax);
            if (!text) {
                fail(text.error());
                continue;
            }
            add_to_hash(name, *text);
            const auto parsed = parse_rulebook(path, *text, config_.rules);
            if (!parsed) fail(parsed.error());
        }
        const auto resolved = resolve_ladders(config_.rules);
        // A rule that could not be read may be one that a ladder names.
        if (!resolved && !first_) fail(resolved.error());
    }

    void load_allow_list() {
        const std::string path = config_.directory + "/allow.yml";
        const auto text = read(path, kAllowListBytesMax);
        if (!text) {
            if (text.error().code != Errc::NotFound) fail(text.error());
            return;
        }
        add_to_hash("allow.yml", *text);
        auto parsed = parse_allow_list(path, *text);
        if (!parsed) return fail(parsed.error());
        config_.allow_list = std::move(*parsed);
        config_.has_allow_list = true;
    }

    Trust trust_;
    std::vector<Error>* errors_;
    ActionConfig config_;
    std::optional<Error> first_;
    std::uint64_t hash_ = fnv1a("homeostat actions 1");
};

}  // namespace

Result<ActionConfig> load_action_config(const std::string& directory, Trust trust,
                                        std::vector<Error>* errors) {
    return Loader(directory, trust, errors).load();
}

Status check_config_directory(const std::string& directory, bool must_exist) {
    std::error_code error;
    const auto status = std::filesystem::status(directory, error);
    if (status.type() == std::filesystem::file_type::not_found) {
        if (!must_exist) return Ok{};
        return make_error(Errc::NotFound, "there is no configuration directory '{}'", directory);
    }
    if (error) {
        return make_errno_error(errc_of(error.value()), error.value(), "configuration directory {}",
                                directory);
    }
    if (status.type() != std::filesystem::file_type::directory) {
        return make_error(Errc::Invalid, "{}: expected a directory with homeostat.yml in it",
                          directory);
    }
    return Ok{};
}

}  // namespace homeostat
