#include "actions/playbook/modules/program.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>

#include "actions/playbook/accounts.hpp"
#include "actions/playbook/path_text.hpp"

namespace homeostat::playbook {
namespace {

constexpr std::array<std::string_view, 6> kSearchPath{
    "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"};

constexpr std::size_t kOutsideDistribution = 2;  // so many of them, at the beginning

std::string search_path(bool only_distribution) {
    std::string path;
    for (std::size_t i = only_distribution ? kOutsideDistribution : 0; i < kSearchPath.size();
         ++i) {
        const std::string_view directory = kSearchPath[i];
        if (!path.empty()) path += ':';
        path += directory;
    }
    return path;
}

}  // namespace

Status check_variable(std::string_view name) {
    static constexpr std::array<std::string_view, 17> kExact{"PATH",
                                                             "IFS",
                                                             "ENV",
                                                             "BASH_ENV",
                                                             "APT_CONFIG",
                                                             "DBUS_SYSTEM_BUS_ADDRESS",
                                                             "GCONV_PATH",
                                                             "GETCONF_DIR",
                                                             "LOCPATH",
                                                             "GLIBC_TUNABLES",
                                                             "NLSPATH",
                                                             "NODE_OPTIONS",
                                                             "RUBYLIB",
                                                             "OPENSSL_CONF",
                                                             "RUBYOPT",
                                                             "OPENSSL_ENGINES",
                                                             "OPENSSL_MODULES"};
    static constexpr std::array<std::string_view, 4> kBeginnings{"LD_", "PYTHON", "PERL",
                                                                 "BASH_FUNC_"};
    const bool malformed = name.empty() || name.find('=') != std::string_view::npos ||
                           name.find('\0') != std::string_view::npos;
    const bool begins = std::any_of(kBeginnings.begin(), kBeginnings.end(),
                                    [&](std::string_view text) { return name.starts_with(text); });
    if (malformed || begins || std::find(kExact.begin(), kExact.end(), name) != kExact.end()) {
        return make_error(Errc::Invalid, "'{}' cannot be set in 'environment'", name);
    }
    return Ok{};
}

std::vector<std::string> program_environment(const Environment& environment,
                                             const std::vector<std::string>& variables) {
    const std::string home = Accounts(environment.root).home(::geteuid());
    std::vector<std::string> all{"PATH=" + search_path(environment.policy.only_distribution()),
                                 "LANG=C.UTF-8"};
    const auto sets = [&](std::string_view name) {
        return std::any_of(variables.begin(), variables.end(),
                           [&](const std::string& variable) { return variable.starts_with(name); });
    };
    if (sets("LANG=")) all.pop_back();
    if (!sets("HOME=")) all.push_back("HOME=" + (home.empty() ? "/" : home));
    all.insert(all.end(), variables.begin(), variables.end());
    return all;
}

Result<std::string> find_program(const std::string& program, const std::string& directory) {
    if (program.find('/') != std::string::npos) {
        auto path = normal_path(program, true);
        if (!path || (*path)[0] == '/') return path;
        if (directory.empty()) {
            return make_error(Errc::Invalid, "the program '{}' is relative: give its whole path",
                              program);
        }
        return normal_path(directory + "/" + *path, false);
    }
    for (const std::string_view place : kSearchPath) {
        std::string path = fmt::format("{}/{}", place, program);
        if (::access(path.c_str(), X_OK) == 0) return path;
    }
    return make_error(Errc::NotFound, "no program is called '{}'", program);
}

Status authorise_program(const std::string& program, const std::string& directory,
                         const Environment& environment) {
    const auto path = find_program(program, directory);
    if (!path) return path.error().code == Errc::NotFound ? Status(Ok{}) : path.error();
    return environment.policy.allow_program(*path);
}

Result<ExitReport> spawn(const ModuleCall& call, Command command) {
    command.environment = program_environment(call.environment, call.variables);
    command.timeout = call.time_max;
    command.output_max = kStreamBytesMax;
    command.creation_mask = call.creation_mask;
    return call.environment.spawner.run(command);
}

}  // namespace homeostat::playbook
