// The module `copy`: a file with the content of the playbook.
#include <array>

#include "actions/playbook/modules/file_result.hpp"
#include "actions/playbook/modules/modules.hpp"
#include "actions/playbook/modules/text_diff.hpp"
#include "actions/playbook/path_text.hpp"

namespace homeostat::playbook {
namespace {

constexpr std::size_t kContentBytesMax = 1UL << 20U;
constexpr mode_t kNewFileMode = 0666;  // less the mask: 0644

Status validate(const Parameters& parameters) {
    if (!parameters.has("dest")) return make_error(Errc::Invalid, "'dest' is missing");
    if (!parameters.has("content")) return make_error(Errc::Invalid, "'content' is missing");
    return Ok{};
}

Status authorise(const Parameters& parameters, const Environment& environment) {
    if (!parameters.knows("dest")) return Ok{};
    const auto grant = environment.policy.allow_path(parameters.text("dest"), PathUse::Change);
    if (!grant) return grant.error();
    return Ok{};
}

ModuleResult done(const Place& place, bool changed) {
    ModuleResult result;
    result.fields = Map{{"changed", changed}, {"dest", place.path()}};
    const auto now = place.look();
    if (!now) return failure(now.error());
    if (*now) add_state(result.fields, **now);
    return result;
}

// REQUIRES: a regular file is there. `kept`: the bits of its mode that stay unless asked for.
ModuleResult replace(const ModuleCall& call, const Place& place, const struct stat& there,
                     mode_t kept, const std::string& content, Attributes wanted) {
    const bool force = call.parameters.flag("force", true);
    if (!force) return done(place, false);
    const auto old_size = static_cast<std::size_t>(there.st_size);
    std::string old;
    if (old_size == content.size() || (call.diff && old_size <= kContentBytesMax)) {
        auto read = place.read(kContentBytesMax);
        if (!read) return failure(read.error());
        old = std::move(*read);
    }
    const bool same_content = old_size == content.size() && old == content;
    const bool changed = !same_content || differs(there, wanted);
    std::string diff = call.diff && !same_content ? text_diff(old, content) : std::string();
    if (changed && !call.check) {
        // What is not asked for stays as it was, also when the file is replaced.
        if (!wanted.mode) wanted.mode = there.st_mode & kept;
        if (!wanted.uid) wanted.uid = there.st_uid;
        if (!wanted.gid) wanted.gid = there.st_gid;
        if (auto written = write_file(place, content, wanted); !written) {
            return failure(written.error());
        }
    }
    ModuleResult result = done(place, changed);
    result.diff = std::move(diff);
    return result;
}

ModuleResult create(const ModuleCall& call, const Place& place, const std::string& content,
                    Attributes wanted) {
    if (!wanted.mode) wanted.mode = kNewFileMode & ~call.creation_mask;
    if (!call.check) {
        if (auto written = write_file(place, content, wanted); !written) {
            return failure(written.error());
        }
    }
    ModuleResult result = done(place, true);
    if (call.diff) result.diff = text_diff("", content);
    return result;
}

ModuleResult run(const ModuleCall& call) {
    const std::string path = call.parameters.text("dest");
    const auto grant = call.environment.policy.allow_path(path, PathUse::Change);
    if (!grant) return denial(grant.error());
    const std::string content = call.parameters.text("content");
    if (content.size() > kContentBytesMax) return failure("'content' is larger than 1 MiB");
    const auto attributes = read_attributes(call, *grant);
    if (!attributes) return refused(attributes.error());
    const auto place = Place::open(path, *grant);
    if (!place && place.error().code == Errc::NotFound && call.check) {
        // The directory may be what a task before this one would have made.
        ModuleResult result;
        result.fields = Map{{"changed", true}, {"dest", path}};
        return result;
    }
    if (!place) return failure(place.error());
    const auto there = place->look();
    if (!there) return failure(there.error());
    if (!*there) return create(call, *place, content, *attributes);
    if (!S_ISREG((*there)->st_mode)) {
        return failure(fmt::format("{} is a {}, not a file", path, kind_of((*there)->st_mode)));
    }
    // New content under an old set-user-id bit would be a new program of that user.
    const mode_t kept = grant->root.empty() ? 07777U : 07777U & ~kSpecialBits;
    return replace(call, *place, **there, kept, content, *attributes);
}

constexpr std::array<ParameterSpec, 6> kParameters{{
    {"content", ParameterType::Content},
    {"dest", ParameterType::Path},
    {"mode", ParameterType::Mode},
    {"owner"},
    {"group"},
    {"force", ParameterType::Bool},
}};

}  // namespace

const ModuleSpec kCopyModule{.name = "copy",
                             .parameters = kParameters,
                             .run = run,
                             .validate = validate,
                             .authorise = authorise};

}  // namespace homeostat::playbook
