// Bell lets one thread sleep until another one has something for it.
//
// A ring while nobody waits is kept: the next wait returns at once. Many rings are one.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

#include "core/time.hpp"

namespace homeostat {

class Bell {
public:
    void ring() {
        {
            const std::lock_guard lock(mutex_);
            rung_ = true;
        }
        woken_.notify_one();
    }

    // Until rung, at most for `patience`. True when it was rung since the last wait.
    bool wait(Duration patience) {
        std::unique_lock lock(mutex_);
        woken_.wait_for(lock, std::chrono::nanoseconds(patience.ns), [this] { return rung_; });
        const bool rung = rung_;
        rung_ = false;
        return rung;
    }

private:
    std::mutex mutex_;
    std::condition_variable woken_;
    bool rung_ = false;
};

}  // namespace homeostat
