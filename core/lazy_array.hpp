// LazyArray sets aside room for a fixed number of items, and makes an item when it is asked for.
//
// Room that was never used costs addresses and no memory: the kernel gives a page when it is first
// written. A host with 300 series so pays for 300, and one with 2,000 for no more than was set
// aside at start. After construction nothing is allocated.
#pragma once

#include <cassert>
#include <cstddef>
#include <span>
#include <vector>

namespace homeostat {

template <typename T>
class LazyArray {
public:
    explicit LazyArray(std::size_t max) : max_(max) { items_.reserve(max); }

    // The item; it and all before it are made if they are not there. REQUIRES: i < max().
    T& touch(std::size_t i) {
        assert(i < max_);
        if (i >= items_.size()) items_.resize(i + 1);
        return items_[i];
    }

    // REQUIRES: i < size().
    T& operator[](std::size_t i) { return items_[i]; }
    const T& operator[](std::size_t i) const { return items_[i]; }

    [[nodiscard]] std::size_t size() const { return items_.size(); }  // made so far
    [[nodiscard]] std::size_t max() const { return max_; }
    [[nodiscard]] std::size_t memory_bytes() const { return max_ * sizeof(T); }  // set aside

    auto begin() { return items_.begin(); }
    auto end() { return items_.end(); }
    auto begin() const { return items_.begin(); }
    auto end() const { return items_.end(); }
    operator std::span<const T>() const { return items_; }  // NOLINT: reads like one

private:
    std::vector<T> items_;
    std::size_t max_;
};

}  // namespace homeostat
