#include "collectors/journal.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "core/format.hpp"
#include "core/parse.hpp"

namespace homeostat {
namespace {

constexpr std::array<std::string_view, 2> kDirectories{"var/log/journal/", "run/log/journal/"};
constexpr std::string_view kSystem = "system.journal";

// The 1000 of "user-1000.journal"; what was rotated away has an '@' behind it.
std::optional<std::uint64_t> user_of(std::string_view name) {
    constexpr std::string_view kBegin = "user-";
    constexpr std::string_view kEnd = ".journal";
    if (!name.starts_with(kBegin) || !name.ends_with(kEnd)) return std::nullopt;
    name.remove_suffix(kEnd.size());
    return parse_u64(name.substr(std::min(kBegin.size(), name.size())));
}

}  // namespace

Journal::Journal() {
    followed_.reserve(1 + kUsersMax);
    followed_.emplace_back(unpacker_);
}

Status Journal::poll(const Root& root, const Files& files, std::uint32_t entries_max,
                     FunctionRef<void(const JournalEntry&)> visit) {
    if (!followed_[0].file.is_open()) {
        if (const Status found = find(root, files); !found) return found;
    }
    std::uint32_t left = entries_max;
    const Status status = read(files, followed_[0], left, visit);
    if (polls_++ % kUserLooks == 0) look_for_users(root, files);
    for (std::size_t i = 1; i < followed_.size(); ++i) {
        Followed& user = followed_[i];
        if (user.file.is_open() || open(files, user)) (void)read(files, user, left, visit);
    }
    return status;
}

Status Journal::read(const Files& files, Followed& followed, std::uint32_t& left,
                     FunctionRef<void(const JournalEntry&)> visit) {
    const auto read_at = [&](std::uint64_t offset, std::span<char> buffer) {
        return files.read_at(followed.file, offset, buffer);
    };
    for (; left > 0; --left) {
        const auto more = followed.journal.next(read_at, entry_);
        if (!more) {
            followed.file.close();  // opened anew next time, at its tail
            return more.error();
        }
        if (!*more) {
            leave_when_rotated(files, followed);
            return Ok{};
        }
        followed.last_unix_us = entry_.unix_us;
        visit(entry_);
    }
    if (followed.journal.behind() > kBehindMax) {
        lost_ += followed.journal.behind();
        return followed.journal.open(read_at, JournalFile::From::Tail);
    }
    return Ok{};
}

Status Journal::find(const Root& root, const Files& files) {
    std::array<char, 64> buffer;
    const auto id = root.read("etc/machine-id", buffer);
    if (!id) return make_error(Errc::NotAvailable, "journal: no machine id: {}", id.error().text);
    Status status = make_error(Errc::NotAvailable, "journal: none in /var/log or /run/log");
    for (const std::string_view directory : kDirectories) {
        directory_ = directory;
        directory_.append(trim(*id));
        directory_.append("/");
        followed_[0].path = directory_;
        followed_[0].path.append(kSystem);
        Status opened = open(files, followed_[0]);
        if (opened || opened.error().code != Errc::NotFound) return opened;
    }
    return status;
}

// What began after the last entry that we saw is new to us: read it from its start. Of a user who
// had no journal before, the system's entries tell how late it is.
Status Journal::open(const Files& files, Followed& followed) {
    const Status opened = files.open(followed.path.c_str(), followed.file);
    if (!opened) return opened;
    const auto read_at = [&](std::uint64_t offset, std::span<char> buffer) {
        return files.read_at(followed.file, offset, buffer);
    };
    const std::int64_t seen =
        followed.last_unix_us != 0 ? followed.last_unix_us : followed_[0].last_unix_us;
    Status status = followed.journal.open(read_at, JournalFile::From::Start);
    const bool continues = seen != 0 && followed.journal.first_unix_us() >= seen;
    if (status && !continues) status = followed.journal.open(read_at, JournalFile::From::Tail);
    if (!status) followed.file.close();
    return status;
}

// Called when everything in the open file was read.
void Journal::leave_when_rotated(const Files& files, Followed& followed) {
    if (followed.journal.archived()) return followed.file.close();
    const auto open = files.stamp(followed.file);
    const auto named = files.stamp(followed.path.c_str(), Links::Follow);
    if (!open || !named || !named->same_file(*open)) followed.file.close();
}

Journal::Path Journal::path_of(std::uint64_t user) const {
    Path path = directory_;
    format_into(path, "user-{}.journal", user);
    return path;
}

void Journal::look_for_users(const Root& root, const Files& files) {
    std::array<std::uint64_t, kUsersMax> users{};
    std::array<std::int64_t, kUsersMax> changed{};
    std::size_t count = 0;
    (void)root.list(directory_.c_str(), [&](std::string_view name) {
        const auto user = user_of(name);
        if (!user) return true;
        const auto stamp = files.stamp(path_of(*user).c_str(), Links::Stay);
        if (!stamp || stamp->type != FileStamp::Type::Regular) return true;
        std::size_t place = count;
        if (count < kUsersMax) {
            ++count;
        } else {
            place = static_cast<std::size_t>(std::min_element(changed.begin(), changed.end()) -
                                             changed.begin());
            if (changed[place] >= stamp->changed_ns) return true;
        }
        users[place] = *user;
        changed[place] = stamp->changed_ns;
        return true;
    });
    const auto wanted = std::span<const std::uint64_t>(users).first(count);
    for (const std::uint64_t user : wanted) follow(user, wanted);
}

// In a place of its own: a new one, or that of a journal which is not wanted any more.
void Journal::follow(std::uint64_t user, std::span<const std::uint64_t> wanted) {
    std::size_t free = 0;
    for (std::size_t i = 1; i < followed_.size(); ++i) {
        if (followed_[i].user == user) return;
        if (std::find(wanted.begin(), wanted.end(), followed_[i].user) == wanted.end()) free = i;
    }
    if (followed_.size() <= kUsersMax) {
        free = followed_.size();
        followed_.emplace_back(unpacker_);
    }
    if (free == 0) return;
    Followed& place = followed_[free];
    place.file.close();
    place.user = user;
    place.path = path_of(user);
    place.last_unix_us = 0;
}

}  // namespace homeostat
