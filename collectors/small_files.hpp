// SmallFiles reads /sys as it is meant to be read: directories of things, one value in each file.
//
// A file that is not there means that this kernel, driver or machine does not tell: the value is
// left out. A file that is there and refuses an answer is remembered, so that a collector which
// found nothing at all can say why. Source: Documentation/filesystems/sysfs.rst.
#pragma once

#include <optional>

#include "collectors/source.hpp"
#include "core/format.hpp"
#include "core/series.hpp"

namespace homeostat {

class SmallFiles {
public:
    using Path = FixedString<191>;

    // More things of one kind than this are not looked at, which outcome() tells.
    static constexpr std::uint32_t kThingsMax = 2048;

    // `out` is where the collector puts what it finds; both are borrowed for one collect().
    SmallFiles(const Root& root, std::span<char> buffer, const Samples& out)
        : root_(root), buffer_(buffer), out_(out), samples_before_(out.all().size()) {}

    // The file's text without blanks around it; empty when it cannot be read. Valid until the next
    // call. The arguments make the path: text("sys/block/{}/size", name).
    template <typename... Args>
    std::string_view text(fmt::format_string<const Args&...> format, const Args&... args) {
        Path path;
        format_into(path, format, args...);
        return read(path);
    }

    // A decimal number; nothing for any other text.
    template <typename... Args>
    std::optional<double> number(fmt::format_string<const Args&...> format, const Args&... args) {
        const auto value = parse_i64(text(format, args...));
        if (!value) return std::nullopt;
        return static_cast<double>(*value);
    }

    // A word of at most 63 bytes; longer ones are cut.
    template <typename... Args>
    FixedString<63> word(fmt::format_string<const Args&...> format, const Args&... args) {
        return FixedString<63>(excerpt(text(format, args...)));
    }

    // Calls `visit` with each name in the directory, up to kThingsMax of them.
    void each(const char* directory, FunctionRef<void(std::string_view)> visit);

    // What collect() returns: Errc::Limit when there was more than it looked at, well when it has
    // found something, the reason when the host refused, else Errc::NotAvailable with `lacking`.
    [[nodiscard]] Status outcome(std::string_view lacking) const;

private:
    std::string_view read(const Path& path);
    void note(const Error& error);

    const Root& root_;
    std::span<char> buffer_;
    const Samples& out_;
    std::size_t samples_before_;
    Status refusal_ = Ok{};
    std::uint32_t left_out_ = 0;
};

// Adds the value if there is one.
inline void add_known(Samples& out, const Metric& metric, const Subject& subject,
                      std::optional<double> value) {
    if (value) out.add(metric, subject, *value);
}

// Adds used / limit if both are known and there is a limit.
inline void add_share(Samples& out, const Metric& metric, const Subject& subject,
                      std::optional<double> used, std::optional<double> limit) {
    if (used && limit && *limit > 0) out.add(metric, subject, *used / *limit);
}

}  // namespace homeostat
