#include "actions/precondition.hpp"

#include <array>
#include <string>
#include <vector>

#include "core/format.hpp"
#include "core/parse.hpp"

namespace homeostat {
namespace {

constexpr std::size_t kMountInfoMax = 256UL * 1024;  // hosts with thousands of containers' mounts
constexpr Duration kSystemctlTimeout = seconds(10);
constexpr std::array<const char*, 2> kSystemctl{"/usr/bin/systemctl", "/bin/systemctl"};

int octal_digit(char c) {
    return c >= '0' && c <= '7' ? c - '0' : -1;
}

// Compares with a field of mountinfo, where blank, tab, newline and backslash are \ooo.
bool equals_escaped(std::string_view escaped, std::string_view plain) {
    std::size_t at = 0;
    for (std::size_t i = 0; i < escaped.size(); ++i) {
        char c = escaped[i];
        if (c == '\\' && i + 3 < escaped.size()) {
            const int high = octal_digit(escaped[i + 1]);
            const int middle = octal_digit(escaped[i + 2]);
            const int low = octal_digit(escaped[i + 3]);
            if (high >= 0 && middle >= 0 && low >= 0) {
                c = static_cast<char>(high * 64 + middle * 8 + low);
                i += 3;
            }
        }
        if (at == plain.size() || plain[at++] != c) return false;
    }
    return at == plain.size();
}

Result<PreconditionState> examine_filesystem(double limit, const std::string& mount,
                                             const Root& root) {
    std::vector<char> buffer(kMountInfoMax);
    const auto mounts = root.read("proc/self/mountinfo", buffer);
    if (!mounts) return mounts.error();
    if (!is_mount_point(*mounts, mount)) {
        return make_error(Errc::NotAvailable, "nothing is mounted at {}", mount);
    }
    // Relative to the root directory; "." for the root itself.
    const std::string relative = mount == "/" ? "." : mount.substr(1);
    const auto usage = root.filesystem_usage(relative.c_str());
    if (!usage) return usage.error();
    if (usage->size_bytes == 0) return make_error(Errc::NotAvailable, "{} has no size", mount);
    const double used = used_share(*usage);
    PreconditionState state{.holds = used >= limit, .known = true, .level = used, .measured = {}};
    format_into(state.measured, "{:.1f} % used", used * 100);
    return state;
}

Result<PreconditionState> examine_unit(const std::string& wanted, const std::string& unit,
                                       Spawner& spawner) {
    Command command;
    command.environment = {"LC_ALL=C", "SYSTEMD_COLORS=0", "SYSTEMD_PAGER="};
    command.timeout = kSystemctlTimeout;
    command.output_max = 4096;
    Result<ExitReport> report = make_error(Errc::NotFound, "no systemctl on this host");
    for (const char* program : kSystemctl) {
        // "--" so that a unit name can never be read as an option.
        command.argv = {program,     "--no-pager", "--no-ask-password", "show", "-p",
                        "LoadState", "-p",         "ActiveState",       "--",   unit};
        report = spawner.run(command);
        if (report || report.error().code != Errc::NotFound) break;
    }
    if (!report) return report.error();
    if (!report->succeeded()) {
        return make_error(Errc::Failed, "systemctl show {}: exit {} {}", unit, report->code,
                          trim(std::string_view(report->errors).substr(0, 100)));
    }
    if (unit_property(report->output, "LoadState") != "loaded") {
        return make_error(Errc::NotAvailable, "unit {} is not loaded", unit);
    }
    const std::string_view active = unit_property(report->output, "ActiveState");
    if (active.empty()) return make_error(Errc::Parse, "systemctl show {}: no ActiveState", unit);
    PreconditionState state{.holds = active == wanted, .known = true, .level = 0, .measured = {}};
    format_into(state.measured, "ActiveState {}", active.substr(0, 40));
    return state;
}

}  // namespace

Result<PreconditionState> examine(const Precondition& precondition, const AllowedTarget& target,
                                  const Root& root, Spawner& spawner) {
    switch (precondition.kind) {
        case Precondition::Kind::Nothing:
            return PreconditionState{.holds = true, .known = false, .level = 0, .measured = {}};
        case Precondition::Kind::FilesystemUsedAbove:
            return examine_filesystem(precondition.used_ratio, target.name, root);
        case Precondition::Kind::UnitState:
            return examine_unit(precondition.unit_state, target.name, spawner);
    }
    return make_error(Errc::Invalid, "unknown precondition");
}

bool is_mount_point(std::string_view mountinfo, std::string_view path) {
    std::string_view line;
    while (next_line(mountinfo, line)) {
        std::string_view field;
        for (int i = 0; i < 5; ++i) field = next_word(line);
        if (!field.empty() && equals_escaped(field, path)) return true;
    }
    return false;
}

double used_share(const FilesystemUsage& usage) {
    const std::uint64_t used =
        usage.size_bytes > usage.free_bytes ? usage.size_bytes - usage.free_bytes : 0;
    const double for_users = static_cast<double>(used) + static_cast<double>(usage.available_bytes);
    return for_users > 0 ? static_cast<double>(used) / for_users : 0;
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

}  // namespace homeostat
