// FixedVector is an array that knows how much of it is used. It never allocates.
#pragma once

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace homeostat {

// T must be default-constructible and cheap to copy. push() on a full vector refuses and says so;
// the caller counts what was refused.
template <typename T, std::size_t Capacity>
class FixedVector {
public:
    [[nodiscard]] constexpr bool push(const T& value) {
        if (size_ == Capacity) return false;
        items_[size_++] = value;
        return true;
    }
    constexpr void clear() { size_ = 0; }
    // REQUIRES: count <= size().
    constexpr void shrink(std::size_t count) {
        assert(count <= size_);
        size_ = count;
    }

    [[nodiscard]] constexpr std::size_t size() const { return size_; }
    [[nodiscard]] constexpr bool empty() const { return size_ == 0; }
    [[nodiscard]] constexpr bool full() const { return size_ == Capacity; }
    static constexpr std::size_t capacity() { return Capacity; }

    constexpr T& operator[](std::size_t i) {
        assert(i < size_);
        return items_[i];
    }
    constexpr const T& operator[](std::size_t i) const {
        assert(i < size_);
        return items_[i];
    }
    constexpr T& back() { return (*this)[size_ - 1]; }
    constexpr const T& back() const { return (*this)[size_ - 1]; }
    constexpr T* begin() { return items_.data(); }
    constexpr T* end() { return items_.data() + size_; }
    constexpr const T* begin() const { return items_.data(); }
    constexpr const T* end() const { return items_.data() + size_; }
    constexpr operator std::span<const T>() const { return {items_.data(), size_}; }  // NOLINT

private:
    std::array<T, Capacity> items_{};
    std::size_t size_ = 0;
};

// Sorts a handful of items, equal ones in the order they had. std::stable_sort would allocate.
template <typename T, std::size_t Capacity, typename Less>
void sort_in_place(FixedVector<T, Capacity>& items, Less less) {
    for (std::size_t i = 1; i < items.size(); ++i) {
        for (std::size_t j = i; j > 0 && less(items[j], items[j - 1]); --j) {
            std::swap(items[j], items[j - 1]);
        }
    }
}

}  // namespace homeostat
