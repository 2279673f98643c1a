// ActionGroup is the control group of one run: all that the run starts is in it, whatever it does
// to its parents and sessions, and dies in one moment (reliability rule B3; cgroup.kill is of
// Linux 5.14, see the kernel's Documentation/admin-guide/cgroup-v2.rst).
//
// It is made beneath the actuator's own group, which systemd delegates to it (Delegate=yes in its
// unit). Started by hand, or on a host with cgroup version 1, there is none: the run then has only
// its session, and ForkedRunner takes down its descendants one by one, as it does anyway.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

namespace homeostat {

// The path of a process' group of version 2 in the text of /proc/PID/cgroup; empty if it has none
// or it is the root group.
std::string_view unified_group(std::string_view text);

class ActionGroup {
public:
    // Beneath `hierarchy` (/sys/fs/cgroup) and the group that /proc/self/cgroup names.
    static ActionGroup make(const std::string& hierarchy, std::string_view own_group);
    // For this process, in the real places.
    static ActionGroup make();

    ActionGroup() = default;
    ActionGroup(ActionGroup&& other) noexcept : path_(std::move(other.path_)) {
        other.path_.clear();
    }
    ActionGroup& operator=(ActionGroup&&) = delete;
    ~ActionGroup();  // kills what is left and removes the group

    [[nodiscard]] bool exists() const { return !path_.empty(); }
    [[nodiscard]] const std::string& path() const { return path_; }

    // Puts a process into it, before that starts anything.
    bool take(pid_t process) const;
    // SIGKILL to all of it at once.
    bool kill() const;

private:
    explicit ActionGroup(std::string path) : path_(std::move(path)) {}

    std::string path_;
};

}  // namespace homeostat
