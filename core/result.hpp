// Result carries a value or the reason why there is none.
//
// Spelled like std::expected, which neither of our compilers has in C++20. Errors keep their text
// in a fixed array, so reporting a failure allocates nothing. The library returns errors, the top
// of the stage logs them, once. Name the file and quote the text in the message.
#pragma once

#include <cassert>
#include <cstdint>
#include <string_view>
#include <utility>
#include <variant>

#include "core/fixed_string.hpp"
#include "core/format.hpp"

namespace homeostat {

enum class Errc : std::uint8_t {
    NotAvailable,  // this host lacks the source: leave it out and say so once
    NotFound,
    Denied,   // the kernel or a policy refused
    Parse,    // the text is not what was expected
    Invalid,  // well-formed but not acceptable
    Limit,    // a fixed size was reached
    Timeout,
    Io,
    Failed,  // a program or a peer reported failure
};

std::string_view name_of(Errc code);

struct Error {
    Errc code = Errc::Failed;
    FixedString<367> text;
};

template <typename... Args>
Error make_error(Errc code, fmt::format_string<Args...> format, Args&&... args) {
    Error error{.code = code, .text = {}};
    format_into(error.text, format, std::forward<Args>(args)...);
    return error;
}

// Error whose text ends in the meaning of `error_number` (an errno value).
template <typename... Args>
Error make_errno_error(Errc code, int error_number, fmt::format_string<Args...> format,
                       Args&&... args) {
    Error error = make_error(code, format, std::forward<Args>(args)...);
    error.text.append(": ");
    error.text.append(errno_text(error_number));
    return error;
}

// The Errc that an errno value means: ENOENT is NotFound, EACCES and EPERM are Denied, EOPNOTSUPP
// and ENOSYS are NotAvailable, else Io.
Errc errc_of(int error_number);

struct Ok {};

template <typename T>
class [[nodiscard]] Result {
public:
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT
    Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT

    [[nodiscard]] bool has_value() const { return state_.index() == 0; }
    explicit operator bool() const { return has_value(); }

    // REQUIRES: has_value().
    T& value() & {
        assert(has_value());
        return *std::get_if<0>(&state_);
    }
    const T& value() const& {
        assert(has_value());
        return *std::get_if<0>(&state_);
    }
    T&& value() && {
        assert(has_value());
        return std::move(*std::get_if<0>(&state_));
    }
    T& operator*() & { return value(); }
    const T& operator*() const& { return value(); }
    T&& operator*() && { return std::move(*this).value(); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }

    // REQUIRES: !has_value().
    [[nodiscard]] const Error& error() const {
        assert(!has_value());
        return *std::get_if<1>(&state_);
    }

private:
    std::variant<T, Error> state_;
};

using Status = Result<Ok>;

}  // namespace homeostat
