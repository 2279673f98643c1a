// The module `stat`: what is at a path.
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "actions/playbook/modules/file_result.hpp"
#include "actions/playbook/modules/modules.hpp"
#include "actions/playbook/utf8.hpp"

namespace homeostat::playbook {
namespace {

Status validate(const Parameters& parameters) {
    if (!parameters.has("path")) return make_error(Errc::Invalid, "'path' is missing");
    return Ok{};
}

Status authorise(const Parameters& parameters, const Environment& environment) {
    if (!parameters.knows("path")) return Ok{};
    const auto grant = environment.policy.allow_path(parameters.text("path"), PathUse::Read);
    if (!grant) return grant.error();
    return Ok{};
}

ModuleResult run(const ModuleCall& call) {
    const std::string path = call.parameters.text("path");
    const int flags = call.parameters.flag("follow", false) ? 0 : AT_SYMLINK_NOFOLLOW;
    ModuleResult result;
    result.fields.set("changed", false);
    struct stat info {};
    if (::fstatat(AT_FDCWD, path.c_str(), &info, flags) != 0) {
        if (errno != ENOENT) {
            return failure(make_errno_error(errc_of(errno), errno, "{}", path));
        }
        result.fields.set("stat", Map{{"exists", false}});
        return result;
    }
    Map fields{{"exists", true}};
    const Accounts accounts(call.environment.root);
    fields.merge(StatFields(accounts).of(path, info));
    if (S_ISLNK(info.st_mode)) {
        std::array<char, 4096> target{};
        const ssize_t size = ::readlink(path.c_str(), target.data(), target.size());
        if (size >= 0) {
            fields.set("lnk_target",
                       to_valid_utf8({target.data(), static_cast<std::size_t>(size)}));
        }
    }
    result.fields.set("stat", std::move(fields));
    return result;
}

constexpr std::array<ParameterSpec, 2> kParameters{{
    {"path", ParameterType::Path},
    {"follow", ParameterType::Bool},
}};

}  // namespace

const ModuleSpec kStatModule{.name = "stat",
                             .parameters = kParameters,
                             .run = run,
                             .validate = validate,
                             .authorise = authorise};

}  // namespace homeostat::playbook
