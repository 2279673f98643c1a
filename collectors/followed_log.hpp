// FollowedLog reads the lines that are added to one text file, through rotation and truncation.
//
// It begins at the file's end; a file that appears later is read from its start. Rotation by
// renaming and by copying and truncating are both followed. A line longer than kLineMax is handed
// out cut. No memory of its own: an unfinished line is read again the next time.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "core/files.hpp"
#include "core/function_ref.hpp"

namespace homeostat {

class FollowedLog {
public:
    static constexpr std::size_t kLineMax = 4096;
    static constexpr std::size_t kBytesMax = 1U << 20U;     // in one poll
    static constexpr std::uint64_t kBehindMax = 8U << 20U;  // more is skipped, and counted

    // `path` is relative to the root directory: "var/log/syslog".
    explicit FollowedLog(std::string_view path) : path_(path) {}

    // Calls `visit` with each complete new line, without its line feed. `buffer` is lent for the
    // call and larger than kLineMax. An error (NotFound, Denied, Io) means that the file is unknown
    // now; it is tried again at the next poll.
    Status poll(const Files& files, std::span<char> buffer,
                FunctionRef<void(std::string_view)> visit);

    [[nodiscard]] const char* path() const { return path_.c_str(); }
    [[nodiscard]] std::uint64_t lost_bytes() const { return lost_bytes_; }

private:
    Status open(const Files& files);
    Status read(const Files& files, std::span<char> buffer,
                FunctionRef<void(std::string_view)> visit);
    std::size_t take(std::string_view text, FunctionRef<void(std::string_view)> visit);

    FixedString<255> path_;
    OpenFile file_;
    std::uint64_t offset_ = 0;
    std::uint64_t lost_bytes_ = 0;
    bool polled_ = false;    // what appears from now on is new from its start
    bool skipping_ = false;  // the rest of a line that was handed out cut
};

}  // namespace homeostat
