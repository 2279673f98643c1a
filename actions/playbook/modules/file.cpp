// The module `file`: directories, empty files, attributes, removal.
#include <array>

#include "actions/playbook/modules/file_result.hpp"
#include "actions/playbook/modules/modules.hpp"
#include "actions/playbook/path_text.hpp"

namespace homeostat::playbook {
namespace {

Status validate(const Parameters& parameters) {
    if (!parameters.has("path")) return make_error(Errc::Invalid, "'path' is missing");
    return Ok{};
}

Status authorise(const Parameters& parameters, const Environment& environment) {
    const bool state_known = !parameters.has("state") || parameters.knows("state");
    if (!parameters.knows("path") || !state_known) return Ok{};
    const PathUse use = parameters.text("state") == "absent" ? PathUse::Delete : PathUse::Change;
    const auto grant = environment.policy.allow_path(parameters.text("path"), use);
    if (!grant) return grant.error();
    return Ok{};
}

// One run of the module: what it needs in every state.
class FileTask {
public:
    FileTask(const ModuleCall& call, PathGrant grant, Attributes attributes)
        : call_(call),
          grant_(std::move(grant)),
          attributes_(attributes),
          path_(call.parameters.text("path")) {}

    ModuleResult run(const std::string& state) {
        if (state == "directory") return make_directory();
        auto place = Place::open(path_, grant_);
        if (!place) {
            const bool gone = place.error().code == Errc::NotFound;
            if (gone && state == "absent") return done(false, nullptr);
            // The directory may be what a task before this one would have made.
            if (gone && state == "touch" && call_.check) return done(true, nullptr);
            return failure(place.error());
        }
        auto there = place->look();
        if (!there) return failure(there.error());
        if (state == "absent") return make_absent(*place, *there);
        if (state == "touch") {
            ModuleResult touched = touch(*place, *there);
            touched.fields.set("dest", path_);  // as Ansible calls it here, and only here
            return touched;
        }
        return set_only(*place, *there, state);
    }

private:
    ModuleResult done(bool changed, const struct stat* info) {
        ModuleResult result;
        result.fields = Map{{"changed", changed}, {"path", path_}};
        if (info != nullptr) {
            add_state(result.fields, *info);
        } else {
            result.fields.set("state", "absent");
        }
        return result;
    }

    // What is there now, after a change (or still the old, when only checking).
    ModuleResult done_looking(bool changed, const Place& place) {
        const auto now = place.look();
        if (!now) return failure(now.error());
        return done(changed, *now ? &**now : nullptr);
    }

    // One file that the policy protects does not stop the others of a loop from going: anybody who
    // can make a file in the directory could then stop every clean-up.
    static ModuleResult left_alone(const Error& error) {
        ModuleResult result;
        result.fields.set("changed", false);
        result.fields.set("skipped", true);
        result.fields.set("left_alone", true);
        result.fields.set("msg", error.text.view());
        return result;
    }

    ModuleResult make_absent(const Place& place, const std::optional<struct stat>& there) {
        if (!there) return done(false, nullptr);
        const auto removed = remove(place, grant_, call_.environment.policy,
                                    call_.environment.clock.now(), call_.check);
        if (!removed && removed.error().code == Errc::Denied) return left_alone(removed.error());
        if (!removed) return failure(removed.error());
        return done(true, nullptr);
    }

    ModuleResult make_directory() {
        if (path_ == "/") return failure("'/' is there already");
        auto place = Place::open(path_, grant_);
        if (!place && place.error().code != Errc::NotFound) return failure(place.error());
        if (place) {
            const auto there = place->look();
            if (!there) return failure(there.error());
            if (*there && !S_ISDIR((*there)->st_mode)) {
                return failure(
                    fmt::format("{} is a {}, not a directory", path_, kind_of((*there)->st_mode)));
            }
            if (*there) return set_on(*place, **there, false);
        }
        if (call_.check) return done(true, nullptr);
        if (auto made = make_directories(path_, grant_, attributes_, call_.creation_mask); !made) {
            return failure(made.error());
        }
        place = Place::open(path_, grant_);
        if (!place) return failure(place.error());
        return done_looking(true, *place);
    }

    ModuleResult touch(const Place& place, const std::optional<struct stat>& there) {
        if (there) return set_on(place, *there, true);
        if (call_.check) return done(true, nullptr);
        const mode_t mode = 0666U & ~call_.creation_mask;
        if (auto made = make_file(place, mode); !made) return failure(made.error());
        const auto now = place.look();
        if (!now) return failure(now.error());
        ModuleResult result = set_on(place, **now, false);
        if (!is_true(*result.fields.find("changed")) && result.fields.find("failed") == nullptr) {
            result.fields.set("changed", true);
        }
        return result;
    }

    ModuleResult set_only(const Place& place, const std::optional<struct stat>& there,
                          const std::string& state) {
        if (!there) return failure(fmt::format("{} is not there: nothing is created", path_));
        if (state == "file" && !S_ISREG(there->st_mode)) {
            return failure(fmt::format("{} is a {}, not a file", path_, kind_of(there->st_mode)));
        }
        return set_on(place, *there, false);
    }

    // The time that a parameter asks for; UTIME_OMIT keeps it.
    timespec wanted_time(std::string_view parameter, bool touching) const {
        const std::string word = call_.parameters.text(parameter, touching ? "now" : "preserve");
        return {.tv_sec = 0, .tv_nsec = word == "now" ? UTIME_NOW : UTIME_OMIT};
    }

    ModuleResult set_on(const Place& place, const struct stat& now, bool touching) {
        const auto fd = place.open_itself();
        if (!fd) return failure(fd.error());
        // Its other name may be beyond the root of the grant.
        if (!grant_.root.empty() && !S_ISDIR(now.st_mode) && now.st_nlink > 1) {
            return denial(make_error(Errc::Denied, "{} has a second name somewhere", path_));
        }
        const timespec access = wanted_time("access_time", touching);
        const timespec modification = wanted_time("modification_time", touching);
        const bool times = access.tv_nsec == UTIME_NOW || modification.tv_nsec == UTIME_NOW;
        const bool changed = times || differs(now, attributes_);
        if (!changed || call_.check) return done_looking(changed, place);
        if (auto set = set_attributes(fd->get(), now, attributes_, path_); !set) {
            return failure(set.error());
        }
        if (times) {
            const auto set = set_times(fd->get(), access, modification, path_);
            if (!set) return failure(set.error());
        }
        return done_looking(true, place);
    }

    const ModuleCall& call_;
    PathGrant grant_;
    Attributes attributes_;
    std::string path_;
};

ModuleResult run(const ModuleCall& call) {
    const std::string state = call.parameters.text("state");
    const PathUse use = state == "absent" ? PathUse::Delete : PathUse::Change;
    auto grant = call.environment.policy.allow_path(call.parameters.text("path"), use);
    if (!grant) return denial(grant.error());
    const auto attributes = read_attributes(call, *grant);
    if (!attributes) return refused(attributes.error());
    return FileTask(call, std::move(*grant), *attributes).run(state);
}

constexpr std::array<ParameterSpec, 7> kParameters{{
    {"path", ParameterType::Path, {}, "dest name"},
    {"state", ParameterType::Choice, "absent directory file touch"},
    {"mode", ParameterType::Mode},
    {"owner"},
    {"group"},
    {"access_time", ParameterType::Choice, "preserve now"},
    {"modification_time", ParameterType::Choice, "preserve now"},
}};

}  // namespace

const ModuleSpec kFileModule{.name = "file",
                             .parameters = kParameters,
                             .run = run,
                             .validate = validate,
                             .authorise = authorise};

}  // namespace homeostat::playbook
