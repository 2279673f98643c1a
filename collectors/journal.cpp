#include "collectors/journal.hpp"

#include <array>

#include "core/parse.hpp"

namespace homeostat {
namespace {

constexpr std::array<std::string_view, 2> kDirectories{"var/log/journal/", "run/log/journal/"};

}  // namespace

Status Journal::poll(const Root& root, const Files& files, std::uint32_t entries_max,
                     FunctionRef<void(const JournalEntry&)> visit) {
    if (!file_.is_open()) {
        if (const Status found = find(root, files); !found) return found;
    }
    const auto read = [&](std::uint64_t offset, std::span<char> buffer) {
        return files.read_at(file_, offset, buffer);
    };
    for (std::uint32_t i = 0; i < entries_max; ++i) {
        const auto more = journal_.next(read, entry_);
        if (!more) {
            file_.close();  // opened anew next time, at its tail
            return more.error();
        }
        if (!*more) {
            leave_when_rotated(files);
            return Ok{};
        }
        last_unix_us_ = entry_.unix_us;
        visit(entry_);
    }
    if (journal_.behind() > kBehindMax) {
        lost_ += journal_.behind();
        return journal_.open(read, JournalFile::From::Tail);
    }
    return Ok{};
}

Status Journal::find(const Root& root, const Files& files) {
    std::array<char, 64> buffer;
    const auto id = root.read("etc/machine-id", buffer);
    if (!id) return make_error(Errc::NotAvailable, "journal: no machine id: {}", id.error().text);
    Status status = make_error(Errc::NotAvailable, "journal: none in /var/log or /run/log");
    for (const std::string_view directory : kDirectories) {
        FixedString<127> path(directory);
        path.append(trim(*id));
        path.append("/system.journal");
        Status opened = open(files, path.c_str());
        if (opened || opened.error().code != Errc::NotFound) return opened;
    }
    return status;
}

Status Journal::open(const Files& files, const char* path) {
    if (const Status opened = files.open(path, file_); !opened) return opened;
    const auto read = [&](std::uint64_t offset, std::span<char> buffer) {
        return files.read_at(file_, offset, buffer);
    };
    // What began after the last entry that we saw is its continuation: read it from its start.
    Status status = journal_.open(read, JournalFile::From::Start);
    const bool continues = last_unix_us_ != 0 && journal_.first_unix_us() >= last_unix_us_;
    if (status && !continues) status = journal_.open(read, JournalFile::From::Tail);
    if (!status) file_.close();
    path_ = path;
    return status;
}

// Called when everything in the open file was read.
void Journal::leave_when_rotated(const Files& files) {
    if (journal_.archived()) return file_.close();
    const auto open = files.stamp(file_);
    const auto named = files.stamp(path_.c_str(), Links::Follow);
    if (!open || !named || !named->same_file(*open)) file_.close();
}

}  // namespace homeostat
