#include "collectors/journal.hpp"

#include <algorithm>
#include <array>

#include "core/fixed_vector.hpp"
#include "core/parse.hpp"

namespace homeostat {
namespace {

constexpr std::array<std::string_view, 2> kDirectories{"var/log/journal/", "run/log/journal/"};
constexpr std::string_view kSystem = "system.journal";

// "user-1000.journal"; what was rotated away has an '@' in its name.
bool is_of_user(std::string_view name) {
    return name.starts_with("user-") && name.ends_with(".journal") &&
           name.find('@') == std::string_view::npos;
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

void Journal::look_for_users(const Root& root, const Files& files) {
    FixedVector<Path, kUsersMax> newest;
    std::array<std::int64_t, kUsersMax> changed{};
    (void)root.list(directory_.c_str(), [&](std::string_view name) {
        if (!is_of_user(name)) return true;
        Path path = directory_;
        path.append(name);
        const auto stamp = files.stamp(path.c_str(), Links::Stay);
        if (path.truncated() || !stamp || stamp->type != FileStamp::Type::Regular) return true;
        std::size_t place = newest.size();
        if (!newest.push(path)) {
            place = static_cast<std::size_t>(std::min_element(changed.begin(), changed.end()) -
                                             changed.begin());
            if (changed[place] >= stamp->changed_ns) return true;
            newest[place] = path;
        }
        changed[place] = stamp->changed_ns;
        return true;
    });
    const std::span<const Path> wanted(newest.begin(), newest.size());
    for (const Path& path : wanted) follow(path, wanted);
}

// In a place of its own: a new one, or that of a journal which is not wanted any more.
void Journal::follow(const Path& path, std::span<const Path> wanted) {
    const auto users = std::span(followed_).subspan(1);
    const bool known = std::any_of(users.begin(), users.end(),
                                   [&](const Followed& user) { return user.path == path; });
    if (known) return;
    if (users.size() < kUsersMax) {
        followed_.emplace_back(unpacker_).path = path;
        return;
    }
    for (Followed& user : users) {
        if (std::find(wanted.begin(), wanted.end(), user.path) != wanted.end()) continue;
        user.file.close();
        user.path = path;
        user.last_unix_us = 0;
        return;
    }
}

}  // namespace homeostat
