// StateLock is STATE/lock: held by the agent that runs on this state directory, for as long as it
// lives.
//
// Two agents on one directory would overwrite each other's spool. And because the kernel gives the
// lock back when its holder dies, by whatever death, it tells the other commands at once whether
// the watcher is alive. An open file description lock (fcntl(2), F_OFD_SETLK): unlike flock(2) it
// can be asked about without being taken.
#pragma once

#include <string>

#include "core/result.hpp"

namespace homeostat {

class StateLock {
public:
    StateLock() = default;
    ~StateLock();
    StateLock(const StateLock&) = delete;
    StateLock& operator=(const StateLock&) = delete;

    // Ok without a lock where the file system is read-only and has no lock file: nobody can write
    // there. Errc::Failed: another agent holds it. Others: the file cannot be made or opened, see
    // errno's text; whether another agent runs is then unknown.
    Status acquire(const std::string& directory);

private:
    int fd_ = -1;
};

enum class WatcherState {
    Running,   // the lock is held
    Gone,      // it was held once, and is not now
    NeverRan,  // there is no lock file
    Unknown,   // it cannot be looked at
};

WatcherState watcher_state(const std::string& directory);

}  // namespace homeostat
