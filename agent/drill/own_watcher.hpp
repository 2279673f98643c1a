// OwnWatcher is a watcher that a drill brings along where none runs, or where its state may not be
// read: the same program, with no configuration and a state directory of its own that goes with it.
#pragma once

#include <sys/types.h>

#include <string>

#include "core/result.hpp"
#include "core/time.hpp"

namespace homeostat {

class OwnWatcher {
public:
    // What is usual for a series is known after some twenty seconds of watching.
    static constexpr Duration kWarmUp = seconds(25);

    // Starts `program` run, for at most `length`, with a directory of its own below `temporary`.
    static Result<OwnWatcher> start(const char* program, const std::string& temporary,
                                    Duration length);

    // Ends it and removes its directory.
    ~OwnWatcher() { stop(); }
    void stop();

    OwnWatcher(OwnWatcher&& other) noexcept;
    OwnWatcher& operator=(OwnWatcher&&) = delete;
    OwnWatcher(const OwnWatcher&) = delete;
    OwnWatcher& operator=(const OwnWatcher&) = delete;

    [[nodiscard]] bool is_running();
    [[nodiscard]] std::string state_directory() const { return directory_ + "/state"; }

private:
    OwnWatcher(pid_t pid, std::string directory) : pid_(pid), directory_(std::move(directory)) {}

    pid_t pid_ = -1;
    std::string directory_;
};

}  // namespace homeostat
