#include "actions/action_group.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "actions/descriptor.hpp"
#include "core/parse.hpp"

namespace homeostat {
namespace {

constexpr const char* kHierarchy = "/sys/fs/cgroup";
constexpr const char* kName = "/run";
constexpr int kRemoveTries = 100;  // of kRemovePauseMs: the dead leave it a moment later
constexpr int kRemovePauseMs = 10;

bool write_to(const std::string& path, std::string_view text) {
    const Descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW));
    return file &&
           ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

}  // namespace

std::string_view unified_group(std::string_view text) {
    static constexpr std::string_view kUnified = "0::";
    std::string_view line;
    while (next_line(text, line)) {
        if (!line.starts_with(kUnified)) continue;
        line.remove_prefix(kUnified.size());
        const bool usable = line.size() > 1 && line.front() == '/' &&
                            line.find("/../") == std::string_view::npos && !line.ends_with("/..");
        return usable ? line : std::string_view{};
    }
    return {};
}

ActionGroup ActionGroup::make(const std::string& hierarchy, std::string_view own_group) {
    if (own_group.empty()) return {};
    const std::string path = hierarchy + std::string(own_group) + kName;
    // One that a killed actuator has left is empty by now, or its rest dies with this.
    if (::mkdir(path.c_str(), 0755) != 0 && errno != EEXIST) return {};
    ActionGroup group(path);
    if (!group.kill()) group.path_.clear();
    return group;
}

ActionGroup ActionGroup::make() {
    const Descriptor file(::open("/proc/self/cgroup", O_RDONLY | O_CLOEXEC));
    std::array<char, 4096> buffer;
    const ssize_t count = ::read(file.get(), buffer.data(), buffer.size());
    if (count <= 0) return {};
    return make(kHierarchy, unified_group({buffer.data(), static_cast<std::size_t>(count)}));
}

ActionGroup::~ActionGroup() {
    if (path_.empty()) return;
    for (int i = 0; i < kRemoveTries; ++i) {
        if (::rmdir(path_.c_str()) == 0 || errno != EBUSY) return;
        kill();
        ::poll(nullptr, 0, kRemovePauseMs);
    }
}

bool ActionGroup::take(pid_t process) const {
    return !path_.empty() && write_to(path_ + "/cgroup.procs", std::to_string(process));
}

bool ActionGroup::kill() const {
    return !path_.empty() && write_to(path_ + "/cgroup.kill", "1");
}

}  // namespace homeostat
