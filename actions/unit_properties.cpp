#include "actions/unit_properties.hpp"

#include <array>

#include "core/parse.hpp"

namespace homeostat {
namespace {

constexpr Duration kSystemctlTimeout = seconds(10);
constexpr std::array<const char*, 2> kSystemctl{"/usr/bin/systemctl", "/bin/systemctl"};

Result<ExitReport> systemctl(const std::vector<std::string>& arguments, Spawner& spawner) {
    Command command;
    command.environment = {"LC_ALL=C", "SYSTEMD_COLORS=0", "SYSTEMD_PAGER="};
    command.timeout = kSystemctlTimeout;
    command.output_max = 4096;
    Result<ExitReport> report = make_error(Errc::NotFound, "no systemctl on this host");
    for (const char* program : kSystemctl) {
        command.argv = {program, "--no-pager", "--no-ask-password"};
        command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
        report = spawner.run(command);
        if (report || report.error().code != Errc::NotFound) break;
    }
    if (report && !report->succeeded()) {
        return make_error(Errc::Failed, "systemctl {} {}: exit {} {}", arguments.front(),
                          arguments.back(), report->code,
                          trim(std::string_view(report->errors).substr(0, 100)));
    }
    return report;
}

}  // namespace

Result<std::string> show_unit(const std::string& unit, std::span<const char* const> names,
                              Spawner& spawner) {
    std::vector<std::string> arguments{"show", "-p", "LoadState"};
    for (const char* name : names) {
        arguments.emplace_back("-p");
        arguments.emplace_back(name);
    }
    // "--" so that a unit name can never be read as an option.
    arguments.emplace_back("--");
    arguments.push_back(unit);
    auto report = systemctl(arguments, spawner);
    if (!report) return report.error();
    if (unit_property(report->output, "LoadState") != "loaded") {
        return make_error(Errc::NotAvailable, "unit {} is not loaded", unit);
    }
    return std::move(report->output);
}

Status set_unit_properties(const std::string& unit, const std::vector<std::string>& assignments,
                           Spawner& spawner) {
    std::vector<std::string> arguments{"set-property", "--runtime", "--", unit};
    arguments.insert(arguments.end(), assignments.begin(), assignments.end());
    const auto report = systemctl(arguments, spawner);
    return report ? Status(Ok{}) : report.error();
}

Status revert_unit(const std::string& unit, Spawner& spawner) {
    const auto report = systemctl({"revert", "--", unit}, spawner);
    return report ? Status(Ok{}) : report.error();
}

std::string_view unit_property(std::string_view text, std::string_view name) {
    std::string_view line;
    while (next_line(text, line)) {
        if (line.size() > name.size() && line.starts_with(name) && line[name.size()] == '=') {
            return trim(line.substr(name.size() + 1));
        }
    }
    return {};
}

std::optional<std::uint64_t> memory_in_use(std::string_view text) {
    // systemd before 252 writes the largest number for "[not set]".
    const auto used = parse_u64(unit_property(text, "MemoryCurrent"));
    return used && *used != UINT64_MAX ? used : std::nullopt;
}

}  // namespace homeostat
