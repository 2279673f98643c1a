// BoundedQueue hands work from one thread to another through fixed memory.
//
// The tick must never wait: push() refuses when the queue is full and the caller keeps its work for
// the next tick. The consumer sleeps in pop() until there is work, time is up, or the queue closes.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>

#include "core/lazy_array.hpp"
#include "core/time.hpp"

namespace homeostat {

template <typename T>
class BoundedQueue {
public:
    explicit BoundedQueue(std::size_t capacity) : items_(capacity) {}

    [[nodiscard]] bool push(const T& item) {
        {
            const std::lock_guard lock(mutex_);
            if (closed_ || size_ == items_.max()) return false;
            items_.touch((first_ + size_) % items_.max()) = item;
            ++size_;
        }
        ready_.notify_one();
        return true;
    }

    // The oldest item; nothing after `patience`, or at once when closed and empty.
    std::optional<T> pop(Duration patience) {
        std::unique_lock lock(mutex_);
        ready_.wait_for(lock, std::chrono::nanoseconds(patience.ns),
                        [this] { return size_ > 0 || closed_; });
        return take();
    }

    // The oldest item if there is one now.
    std::optional<T> try_pop() {
        const std::lock_guard lock(mutex_);
        return take();
    }

    // Wakes the consumer for good: what is queued is still handed out, nothing new is taken.
    void close() {
        {
            const std::lock_guard lock(mutex_);
            closed_ = true;
        }
        ready_.notify_all();
    }

    [[nodiscard]] bool closed() const {
        const std::lock_guard lock(mutex_);
        return closed_;
    }

    [[nodiscard]] std::size_t size() const {
        const std::lock_guard lock(mutex_);
        return size_;
    }

private:
    std::optional<T> take() {
        if (size_ == 0) return std::nullopt;
        std::optional<T> item(items_[first_]);
        first_ = (first_ + 1) % items_.max();
        if (--size_ == 0) first_ = 0;  // rarely more than one waits: one place is enough
        return item;
    }

    mutable std::mutex mutex_;
    std::condition_variable ready_;
    LazyArray<T> items_;
    std::size_t first_ = 0;
    std::size_t size_ = 0;
    bool closed_ = false;
};

}  // namespace homeostat
