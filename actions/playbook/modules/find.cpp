// The module `find`: files below directories, by name, age and size.
#include <dirent.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>

#include "actions/descriptor.hpp"
#include "actions/playbook/modules/file_result.hpp"
#include "actions/playbook/modules/find_units.hpp"
#include "actions/playbook/modules/modules.hpp"
#include "actions/playbook/safe_path.hpp"
#include "actions/playbook/utf8.hpp"
#include "core/parse.hpp"

namespace homeostat::playbook {
namespace {

constexpr std::size_t kFoundMax = 10'000;  // as many as a loop can take
constexpr std::size_t kExaminedMax = 5'000'000;

Status validate(const Parameters& parameters) {
    if (!parameters.has("paths")) return make_error(Errc::Invalid, "'paths' is missing");
    if (parameters.knows("age")) {
        if (auto age = parse_age(parameters.text("age")); !age) return age.error();
    }
    if (parameters.knows("size")) {
        if (auto size = parse_size(parameters.text("size")); !size) return size.error();
    }
    if (parameters.knows("depth") && parameters.integer("depth", 1) < 1) {
        return make_error(Errc::Invalid, "'depth' must be at least 1");
    }
    return Ok{};
}

Status authorise(const Parameters& parameters, const Environment& environment) {
    for (const std::string& path : parameters.texts("paths")) {
        const auto grant = environment.policy.allow_path(path, PathUse::Read);
        if (!grant) return grant.error();
    }
    return Ok{};
}

struct Filter {
    std::vector<std::string> patterns;
    std::vector<std::string> excludes;
    std::optional<std::int64_t> age;   // seconds; negative: at most
    std::optional<std::int64_t> size;  // bytes; negative: at most
    std::string age_stamp;
    std::string file_type;
    bool hidden = false;
    bool recurse = false;
    std::int64_t depth_max = 0;  // 0: any
    double now = 0;              // seconds
};

bool matches_any(const std::vector<std::string>& patterns, const std::string& name) {
    return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
        return ::fnmatch(pattern.c_str(), name.c_str(), FNM_NOESCAPE) == 0;
    });
}

double stamp_of(const struct stat& info, const std::string& stamp) {
    const timespec& time = stamp == "atime"   ? info.st_atim
                           : stamp == "ctime" ? info.st_ctim
                                              : info.st_mtim;
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

bool is_wanted(const Filter& filter, const std::string& name, const struct stat& info) {
    if (!filter.hidden && name.starts_with('.')) return false;
    const bool type = filter.file_type == "any" ||
                      (filter.file_type == "file" && S_ISREG(info.st_mode)) ||
                      (filter.file_type == "directory" && S_ISDIR(info.st_mode)) ||
                      (filter.file_type == "link" && S_ISLNK(info.st_mode));
    if (!type || !matches_any(filter.patterns, name) || matches_any(filter.excludes, name)) {
        return false;
    }
    if (filter.age) {
        const double age = filter.now - stamp_of(info, filter.age_stamp);
        const auto limit = static_cast<double>(std::llabs(*filter.age));
        if (*filter.age >= 0 ? age < limit : age > limit) return false;
    }
    if (filter.size && S_ISREG(info.st_mode)) {
        const std::int64_t limit = std::llabs(*filter.size);
        if (*filter.size >= 0 ? info.st_size < limit : info.st_size > limit) return false;
    }
    return true;
}

struct CloseDirectory {
    void operator()(DIR* directory) const { ::closedir(directory); }
};
using DirectoryStream = std::unique_ptr<DIR, CloseDirectory>;

// Walks below one path with a stack of open directories, links not followed, mounts not entered.
class Walk {
public:
    Walk(const Filter& filter, const Clock& clock, Instant deadline, const Accounts& accounts)
        : filter_(filter), clock_(clock), deadline_(deadline), fields_(accounts) {}

    Status below(const std::string& path) {
        Descriptor top(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        struct stat info {};
        if (!top || ::fstat(top.get(), &info) != 0) {
            skipped.set(path, errno == ENOTDIR ? std::string("not a directory")
                                               : std::string(errno_text(errno)));
            return Ok{};
        }
        device_ = info.st_dev;
        enter(std::move(top), path);
        while (!levels_.empty()) {
            const dirent* entry = ::readdir(levels_.back().stream.get());
            if (entry == nullptr) {
                levels_.pop_back();
                continue;
            }
            const std::string name = entry->d_name;
            if (name == "." || name == "..") continue;
            if (auto visited = visit(name); !visited) return visited;
        }
        return Ok{};
    }

    std::vector<Map> found;
    Map skipped;
    std::int64_t examined = 0;

private:
    struct Level {
        DirectoryStream stream;
        std::string path;
    };

    void enter(Descriptor directory, const std::string& path) {
        DirectoryStream stream(::fdopendir(directory.get()));
        if (stream == nullptr) return;
        directory.release();
        levels_.push_back({std::move(stream), path});
    }

    Status visit(const std::string& name) {
        if (++examined % 1024 == 0 && clock_.now() >= deadline_) {
            return make_error(Errc::Timeout, "the search took too long");
        }
        if (static_cast<std::size_t>(examined) > kExaminedMax) {
            return make_error(Errc::Limit, "more than {} files were looked at", kExaminedMax);
        }
        // Ansible looks into directories at the last depth as well, and counts what is there.
        const auto depth = static_cast<std::int64_t>(levels_.size());
        if (filter_.depth_max > 0 && depth > filter_.depth_max) return Ok{};
        const int directory = ::dirfd(levels_.back().stream.get());
        const std::string& above = levels_.back().path;
        const std::string path = above == "/" ? "/" + name : above + "/" + name;
        struct stat info {};
        if (::fstatat(directory, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
            if (errno != ENOENT) skipped.set(to_valid_utf8(path), std::string(errno_text(errno)));
            return Ok{};
        }
        if (is_wanted(filter_, name, info)) {
            if (auto kept = keep(path, info); !kept) return kept;
        }
        if (filter_.recurse && S_ISDIR(info.st_mode) && info.st_dev == device_) {
            return descend(directory, name, path);
        }
        return Ok{};
    }

    Status keep(const std::string& path, const struct stat& info) {
        // A name that is no text could not be given to another module: it would be another file.
        if (find_invalid_utf8(path) != std::string::npos) {
            skipped.set(to_valid_utf8(path), "its name is not UTF-8");
            return Ok{};
        }
        if (found.size() >= kFoundMax) {
            return make_error(Errc::Limit, "more than {} files were found", kFoundMax);
        }
        found.push_back(fields_.of(path, info));
        return Ok{};
    }

    Status descend(int directory, const std::string& name, const std::string& path) {
        if (levels_.size() >= kTreeDepthMax) {
            skipped.set(to_valid_utf8(path), "too deep");
            return Ok{};
        }
        Descriptor fd(
            ::openat(directory, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
        if (!fd) {
            skipped.set(to_valid_utf8(path), std::string(errno_text(errno)));
            return Ok{};
        }
        enter(std::move(fd), path);
        return Ok{};
    }

    const Filter& filter_;
    const Clock& clock_;
    Instant deadline_;
    StatFields fields_;
    std::vector<Level> levels_;
    dev_t device_ = 0;
};

Filter read_filter(const ModuleCall& call) {
    const Parameters& parameters = call.parameters;
    Filter filter;
    filter.patterns =
        parameters.has("patterns") ? parameters.texts("patterns") : std::vector<std::string>{"*"};
    filter.excludes = parameters.texts("excludes");
    if (parameters.has("age")) filter.age = *parse_age(parameters.text("age"));
    if (parameters.has("size")) filter.size = *parse_size(parameters.text("size"));
    filter.age_stamp = parameters.text("age_stamp", "mtime");
    filter.file_type = parameters.text("file_type", "file");
    filter.hidden = parameters.flag("hidden", false);
    filter.recurse = parameters.flag("recurse", false);
    filter.depth_max = parameters.integer("depth", 0);
    filter.now = static_cast<double>(call.environment.clock.now().unix_ns) * 1e-9;
    return filter;
}

ModuleResult run(const ModuleCall& call) {
    for (const std::string& path : call.parameters.texts("paths")) {
        const auto grant = call.environment.policy.allow_path(path, PathUse::Read);
        if (!grant) return denial(grant.error());
    }
    const Filter filter = read_filter(call);
    const Accounts accounts(call.environment.root);
    Walk walk(filter, call.environment.clock, call.environment.clock.now() + call.time_max,
              accounts);
    for (const std::string& path : call.parameters.texts("paths")) {
        if (auto walked = walk.below(path); !walked) return failure(walked.error());
    }
    std::sort(walk.found.begin(), walk.found.end(), [](const Map& a, const Map& b) {
        return a.find("path")->text() < b.find("path")->text();
    });
    ValueList files;
    files.reserve(walk.found.size());
    for (Map& file : walk.found) files.emplace_back(std::move(file));
    walk.found = {};
    const auto matched = static_cast<std::int64_t>(files.size());
    ModuleResult result;
    result.fields = Map{{"changed", false},
                        {"files", std::move(files)},
                        {"matched", matched},
                        {"examined", walk.examined},
                        {"skipped_paths", std::move(walk.skipped)},
                        {"msg", ""}};
    return result;
}

constexpr std::array<ParameterSpec, 10> kParameters{{
    {"paths", ParameterType::PathList, {}, "path"},
    {"patterns", ParameterType::TextList},
    {"excludes", ParameterType::TextList},
    {"age"},
    {"age_stamp", ParameterType::Choice, "mtime atime ctime"},
    {"size"},
    {"file_type", ParameterType::Choice, "file directory link any"},
    {"recurse", ParameterType::Bool},
    {"depth", ParameterType::Int},
    {"hidden", ParameterType::Bool},
}};

}  // namespace

const ModuleSpec kFindModule{.name = "find",
                             .parameters = kParameters,
                             .run = run,
                             .validate = validate,
                             .authorise = authorise};

}  // namespace homeostat::playbook
