// RowWriter collects rows of text and hands them on in large pieces.
#pragma once

#include <fmt/format.h>

#include <iterator>
#include <ostream>
#include <string>

#include "core/result.hpp"

namespace homeostat {

class RowWriter {
public:
    explicit RowWriter(std::ostream& out) : out_(out) {}

    template <typename... Args>
    void add(fmt::format_string<Args...> format, Args&&... args) {
        fmt::format_to(std::back_inserter(text_), format, std::forward<Args>(args)...);
        if (text_.size() >= kFlushBytes) flush();
    }
    Status finish() {
        flush();
        out_.flush();
        if (!out_) return make_error(Errc::Io, "cannot write the output");
        return Ok{};
    }

private:
    static constexpr std::size_t kFlushBytes = 65536;

    void flush() {
        out_.write(text_.data(), static_cast<std::streamsize>(text_.size()));
        text_.clear();
    }

    std::ostream& out_;
    std::string text_;
};

}  // namespace homeostat
