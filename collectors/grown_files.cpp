#include "collectors/grown_files.hpp"

#include <algorithm>
#include <array>

#include "collectors/source.hpp"

namespace homeostat {
namespace {

// Of the root file system: what a package installs does not grow.
constexpr std::array<std::string_view, 9> kGrowing{
    "var/log", "tmp", "var/tmp", "var/cache", "home", "var/spool", "root", "srv", "opt"};
constexpr std::string_view kGrowsToo = "var/lib";  // the largest: seen last
constexpr std::size_t kGrowingSize = kGrowing.size() + 1;

std::string_view without_slash(std::string_view path) {
    while (path.starts_with('/')) path.remove_prefix(1);
    return path;
}

}  // namespace

double GrownFiles::weight(const Sum& sum) const {
    return count_ == Count::Bytes ? sum.bytes : as_double(sum.files);
}

void GrownFiles::begin(std::string_view mount, std::int64_t since_unix_ns, Count count) {
    *this = GrownFiles{};
    mount_ = mount;
    goes_on_ = true;
    since_ns_ = since_unix_ns;
    count_ = count;
}

// Enters the next directory to begin in; false when there is none left.
bool GrownFiles::next_start(const Files& files) {
    const bool is_root = mount_ == "/";
    const std::size_t starts = is_root ? kGrowingSize : 1;
    while (next_start_ < starts) {
        const std::size_t i = next_start_++;
        const std::string_view name = !is_root              ? without_slash(mount_)
                                      : i < kGrowing.size() ? kGrowing[i]
                                                            : kGrowsToo;
        path_.clear();
        path_.append(name);
        const auto stamp = files.stamp(is_root ? "." : path_.c_str(), Links::Follow);
        if (!stamp) continue;
        device_ = stamp->device;
        const auto own = files.stamp(path_.c_str(), Links::Stay);
        const bool is_place = own && own->type == FileStamp::Type::Directory &&
                              own->device == device_ && !path_.truncated();
        if (!is_place) continue;
        (void)levels_.push({.path_size = path_.size(), .next = 0, .sum = {}});
        return true;
    }
    return false;
}

bool GrownFiles::step(const Root& root, const Files& files) {
    goes_on_ = goes_on_ && look_further(root, files);
    return !goes_on_;
}

// False when all was seen, or its bound is reached.
bool GrownFiles::look_further(const Root& root, const Files& files) {
    for (std::uint32_t left = kEntriesPerStep; left > 0;) {
        if (seen_ >= kEntriesMax) return false;
        if (levels_.empty() && !next_start(files)) return false;
        Level& level = levels_.back();
        std::uint32_t at = 0;
        bool entered = false;
        bool more = false;
        // The kernel lists a directory in the same order again, as long as nobody changes it; where
        // somebody does, a few entries may be seen twice or not at all.
        (void)root.list(path_.c_str(), [&](std::string_view name) {
            if (at++ < level.next) return true;
            if (left == 0 || entered) {
                more = true;
                return false;
            }
            --left;
            ++seen_;
            ++level.next;
            look_at(files, name, entered);
            return true;
        });
        if (!entered && !more) leave();
    }
    return true;
}

void GrownFiles::look_at(const Files& files, std::string_view name, bool& entered) {
    const std::size_t size = path_.size();
    path_.append("/");
    path_.append(name);
    const auto stamp = path_.truncated() ? Result<FileStamp>(make_error(Errc::Limit, "too long"))
                                         : files.stamp(path_.c_str(), Links::Stay);
    if (stamp && stamp->device == device_) {
        if (stamp->type == FileStamp::Type::Directory) {
            entered = levels_.push({.path_size = path_.size(), .next = 0, .sum = {}});
            if (entered) return;
        } else if (stamp->changed_ns >= since_ns_) {
            const Sum sum{as_double(stamp->allocated_bytes), 1};
            Level& level = levels_.back();
            level.sum.bytes += sum.bytes;
            level.sum.files += sum.files;
            if (count_ == Count::Bytes) remember(path_, sum, true);
        }
    }
    path_.assign(path_.view().substr(0, size));
}

// All of the directory was seen: what lies in it lies in the one above, too.
void GrownFiles::leave() {
    const Level done = levels_.back();
    remember(path_, done.sum, false);
    levels_.shrink(levels_.size() - 1);
    Sum& above = levels_.empty() ? total_ : levels_.back().sum;
    above.bytes += done.sum.bytes;
    above.files += done.sum.files;
    path_.assign(path_.view().substr(0, levels_.empty() ? 0 : levels_.back().path_size));
}

void GrownFiles::remember(std::string_view path, const Sum& sum, bool is_file) {
    if (weight(sum) <= 0) return;
    const Place place{path, sum, is_file, static_cast<std::uint8_t>(levels_.size())};
    if (places_.push(place)) return;
    auto* least = std::min_element(
        places_.begin(), places_.end(),
        [&](const Place& a, const Place& b) { return weight(a.sum) < weight(b.sum); });
    if (weight(least->sum) < weight(sum)) *least = place;
}

GrownPlace GrownFiles::result() const {
    GrownPlace best;
    Sum all = total_;  // where the bound was reached some directories are not left yet
    for (const Level& level : levels_) {
        all.bytes += level.sum.bytes;
        all.files += level.sum.files;
    }
    const double whole = weight(all);
    if (whole <= 0) return best;
    int deepest = -1;
    for (const Place& place : places_) {
        const double share = weight(place.sum) / whole;
        const int depth = place.depth + (place.is_file ? 1 : 0);
        if (share < kShareMin || depth <= deepest) continue;
        deepest = depth;
        best.path.clear();
        best.path.append("/");
        best.path.append(place.path);
        best.is_file = place.is_file;
        best.bytes = place.sum.bytes;
        best.files = place.sum.files;
        best.share = std::min(share, 1.0);
    }
    return best;
}

}  // namespace homeostat
