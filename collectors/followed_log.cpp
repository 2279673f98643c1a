#include "collectors/followed_log.hpp"

#include <algorithm>
#include <cassert>

namespace homeostat {

Status FollowedLog::poll(const Files& files, std::span<char> buffer,
                         FunctionRef<void(std::string_view)> visit) {
    assert(buffer.size() > kLineMax);
    if (!file_.is_open()) {
        const Status opened = open(files);
        polled_ = true;
        if (!opened) return opened;
    }
    const auto stamp = files.stamp(file_);
    if (!stamp) return stamp.error();
    if (stamp->size_bytes < offset_) {  // truncated in place
        offset_ = 0;
        skipping_ = false;
    }
    if (stamp->size_bytes - offset_ > kBehindMax) {
        const std::uint64_t resume = stamp->size_bytes - kBytesMax;
        lost_bytes_ += resume - offset_;
        offset_ = resume;
        skipping_ = true;  // up to the next line feed
    }
    if (const Status status = read(files, buffer, visit); !status) return status;
    // All read: is the name another file's by now?
    const auto named = files.stamp(path_.c_str(), Links::Follow);
    if (!named || !named->same_file(*stamp)) {
        file_.close();
        offset_ = 0;
        skipping_ = false;
    }
    return Ok{};
}

Status FollowedLog::open(const Files& files) {
    if (const Status opened = files.open(path_.c_str(), file_); !opened) return opened;
    const auto stamp = files.stamp(file_);
    if (!stamp || stamp->type != FileStamp::Type::Regular) {
        file_.close();
        return make_error(Errc::Invalid, "{}: not a regular file", path_);
    }
    if (!polled_) offset_ = stamp->size_bytes;
    return Ok{};
}

Status FollowedLog::read(const Files& files, std::span<char> buffer,
                         FunctionRef<void(std::string_view)> visit) {
    for (std::size_t done = 0; done < kBytesMax;) {
        const auto text = files.read_at(file_, offset_, buffer);
        if (!text) return text.error();
        const std::size_t taken = take(*text, visit);
        if (taken == 0) return Ok{};  // at the end, or within a line
        offset_ += taken;
        done += taken;
    }
    return Ok{};
}

// Hands out the complete lines. Returns how many bytes are done with.
std::size_t FollowedLog::take(std::string_view text, FunctionRef<void(std::string_view)> visit) {
    std::size_t done = 0;
    while (done < text.size()) {
        const std::string_view rest = text.substr(done);
        const auto end = rest.find('\n');
        const bool complete = end != std::string_view::npos;
        if (!complete && !skipping_ && rest.size() <= kLineMax) return done;
        if (!skipping_) visit(rest.substr(0, std::min({end, rest.size(), kLineMax})));
        skipping_ = !complete;
        done += complete ? end + 1 : rest.size();
    }
    return done;
}

}  // namespace homeostat
