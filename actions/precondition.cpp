#include "actions/precondition.hpp"

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "actions/host_guards.hpp"
#include "actions/unit_properties.hpp"
#include "core/format.hpp"
#include "core/parse.hpp"

namespace homeostat {
namespace {

constexpr std::size_t kMountInfoMax = 256UL * 1024;  // hosts with thousands of containers' mounts
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

// Holds as long as nothing is mounted there.
Result<PreconditionState> examine_mount(const std::string& mount, const Root& root) {
    std::vector<char> buffer(kMountInfoMax);
    const auto mounts = root.read("proc/self/mountinfo", buffer);
    if (!mounts) return mounts.error();
    PreconditionState state{
        .holds = !is_mount_point(*mounts, mount), .known = true, .level = 0, .measured = {}};
    state.measured = state.holds ? "nothing mounted" : "something mounted";
    return state;
}

Result<PreconditionState> examine_unit(const std::string& wanted, const std::string& unit,
                                       Spawner& spawner) {
    static constexpr std::array kProperties{"ActiveState"};
    const auto shown = show_unit(unit, kProperties, spawner);
    if (!shown) return shown.error();
    const std::string_view active = unit_property(*shown, "ActiveState");
    if (active.empty()) return make_error(Errc::Parse, "systemctl show {}: no ActiveState", unit);
    PreconditionState state{.holds = active == wanted, .known = true, .level = 0, .measured = {}};
    format_into(state.measured, "ActiveState {}", active.substr(0, 40));
    return state;
}

std::optional<std::uint64_t> memory_total_kib(std::string_view meminfo) {
    std::string_view line;
    while (next_line(meminfo, line)) {
        if (next_word(line) == "MemTotal:") return next_u64(line);
    }
    return std::nullopt;
}

// A unit that does not run uses nothing. What is not counted is not known.
Result<PreconditionState> examine_memory(double limit, const std::string& unit, const Root& root,
                                         Spawner& spawner) {
    std::array<char, 4096> buffer;
    const auto memory = root.read("proc/meminfo", buffer);
    if (!memory) return memory.error();
    const auto total_kib = memory_total_kib(*memory);
    if (!total_kib || *total_kib == 0) return make_error(Errc::Parse, "meminfo: no MemTotal");
    static constexpr std::array kProperties{"ActiveState", "MemoryCurrent"};
    const auto shown = show_unit(unit, kProperties, spawner);
    if (!shown) return shown.error();
    const std::string_view active = unit_property(*shown, "ActiveState");
    const bool runs = active != "inactive" && active != "failed";
    const auto used = memory_in_use(*shown);
    if (runs && !used) {
        return make_error(Errc::NotAvailable, "systemd does not count the memory of {}", unit);
    }
    const double share =
        static_cast<double>(used.value_or(0)) / 1024 / static_cast<double>(*total_kib);
    PreconditionState state{.holds = share >= limit, .known = true, .level = share, .measured = {}};
    format_into(state.measured, "{:.1f} % of memory", share * 100);
    return state;
}

// An average of what was: it says when to begin, and nothing about what the action has just done.
Result<PreconditionState> examine_stall(double limit, const char* resource, const Root& root) {
    FixedString<63> path;
    format_into(path, "proc/pressure/{}", resource);
    std::array<char, 512> buffer;
    const auto text = root.read(path.c_str(), buffer);
    if (!text) return text.error();
    const double percent = stall_percent(*text, "some", "avg10=");
    if (percent < 0) return make_error(Errc::Parse, "{}: no avg10", path);
    PreconditionState state{
        .holds = percent / 100 >= limit, .known = false, .level = percent / 100, .measured = {}};
    format_into(state.measured, "something waits for {} in {:.0f} % of the time", resource,
                percent);
    return state;
}

}  // namespace

Result<PreconditionState> examine(const Precondition& precondition, const AllowedTarget& target,
                                  const Root& root, Spawner& spawner) {
    switch (precondition.kind) {
        case Precondition::Kind::Nothing:
            return PreconditionState{.holds = true, .known = false, .level = 0, .measured = {}};
        case Precondition::Kind::FilesystemUsedAbove:
            return examine_filesystem(precondition.ratio, target.name, root);
        case Precondition::Kind::NotMounted: return examine_mount(target.name, root);
        case Precondition::Kind::UnitState:
            return examine_unit(precondition.unit_state, target.name, spawner);
        case Precondition::Kind::MemoryShareAbove:
            return examine_memory(precondition.ratio, target.name, root, spawner);
        case Precondition::Kind::CpuStallAbove:
            return examine_stall(precondition.ratio, "cpu", root);
        case Precondition::Kind::IoStallAbove: return examine_stall(precondition.ratio, "io", root);
        case Precondition::Kind::MemoryStallAbove:
            return examine_stall(precondition.ratio, "memory", root);
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

}  // namespace homeostat
