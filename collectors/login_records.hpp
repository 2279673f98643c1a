// Who logged in, and who tried to in vain, from wtmp and btmp: for hosts whose journal we may not
// read.
//
// Both are files of records of one size, appended by login, sshd and display managers, and rotated.
// Where the journal is read, it tells the same with more words, and these two rest. Newer
// distributions have no such files (wtmpdb, the journal): then the source is off. Sources: utmp(5),
// glibc's <utmp.h>; the layout is that of this program's architecture.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "collectors/collector.hpp"
#include "collectors/login_failures.hpp"
#include "collectors/workbench.hpp"

namespace homeostat {

// Views of the record.
struct LoginRecord {
    bool is_login = false;  // a user's session begins; in btmp: was refused
    std::string_view user;
    std::string_view terminal;  // "pts/0", "ssh:notty"
    std::string_view from;      // host or address; empty at the console
};

// Bytes of one record.
std::size_t login_record_bytes();

// Nothing for text of another size. Names are cut at the first byte that is not printable ASCII.
std::optional<LoginRecord> parse_login_record(std::string_view record, bool in_vain);

// Reads the records that are added to a file, through rotation and truncation, from its end on.
class LoginRecordFile {
public:
    static constexpr std::uint32_t kRecordsMax = 1000;  // in one poll; more are only counted

    explicit LoginRecordFile(const char* path) : path_(path) {}

    // Errc::NotFound, Denied or Io: the file is unknown now and tried again.
    Status poll(const Files& files, std::span<char> buffer,
                FunctionRef<void(std::string_view record)> visit);

    // Records passed over because too many came at once.
    [[nodiscard]] std::uint64_t skipped() const { return skipped_; }

private:
    Status open(const Files& files);

    const char* path_;
    OpenFile file_;
    std::uint64_t offset_ = 0;
    std::uint64_t skipped_ = 0;
    bool polled_ = false;  // what appears from now on is new from its start
};

// wtmp: each login is an event.
class LoginsCollector final : public Collector {
public:
    explicit LoginsCollector(Workbench& bench) : bench_(bench) {}

    // Errc::NotAvailable where there is no such file, or the journal is read.
    Status collect(const Root& root, Samples& out) override;
    static std::span<const Metric> metrics();

private:
    Workbench& bench_;
    LoginRecordFile file_{"var/log/wtmp"};
    std::uint64_t logins_ = 0;
};

// btmp, which takes CAP_DAC_READ_SEARCH or the group utmp: a burst is an event.
class FailedLoginsCollector final : public Collector {
public:
    explicit FailedLoginsCollector(Workbench& bench) : bench_(bench) {}

    // As LoginsCollector's.
    Status collect(const Root& root, Samples& out) override;
    static std::span<const Metric> metrics();

private:
    void note(const LoginRecord& record, Instant now);

    Workbench& bench_;
    LoginRecordFile file_{"var/log/btmp"};
    LoginFailures failures_;
};

}  // namespace homeostat
