#include "collectors/login_records.hpp"

#include <utmp.h>

#include <cstddef>
#include <cstring>

#include "collectors/source.hpp"
#include "core/format.hpp"

namespace homeostat {
namespace {

constexpr Metric kLogins{"logins_count", Unit::Count, MetricKind::Counter, Aspect::Other};
constexpr Metric kFailures{"logins_refused_count", Unit::Count, MetricKind::Counter,
                           Aspect::Errors};
constexpr std::array kLoginMetrics{kLogins};
constexpr std::array kFailureMetrics{kFailures};

std::string_view field(std::string_view record, std::size_t offset, std::size_t size) {
    return excerpt(record.substr(offset, size));
}

// What both say before they look.
Status may_read(Workbench& bench) {
    if (bench.files() == nullptr) {
        return make_error(Errc::NotAvailable, "logins: files are not watched");
    }
    if (bench.journal_is_read()) {
        return make_error(Errc::NotAvailable, "logins: the journal tells of them");
    }
    return Ok{};
}

Status not_there(const Status& status) {
    if (status || status.error().code != Errc::NotFound) return status;
    return make_error(Errc::NotAvailable, "{}", status.error().text);
}

}  // namespace

std::size_t login_record_bytes() {
    return sizeof(struct utmp);
}

std::optional<LoginRecord> parse_login_record(std::string_view record, bool in_vain) {
    if (record.size() != sizeof(struct utmp)) return std::nullopt;
    short type = 0;
    std::memcpy(&type, record.data() + offsetof(struct utmp, ut_type), sizeof type);
    LoginRecord login;
    // Who was refused has no session yet: sshd writes LOGIN_PROCESS, login(1) USER_PROCESS.
    login.is_login = type == USER_PROCESS || (in_vain && type == LOGIN_PROCESS);
    login.user = field(record, offsetof(struct utmp, ut_user), UT_NAMESIZE);
    login.terminal = field(record, offsetof(struct utmp, ut_line), UT_LINESIZE);
    login.from = field(record, offsetof(struct utmp, ut_host), UT_HOSTSIZE);
    return login;
}

Status LoginRecordFile::open(const Files& files) {
    const auto named = files.stamp(path_, Links::Follow);
    if (!named) {
        file_.close();
        polled_ = polled_ || named.error().code == Errc::NotFound;
        return named.error();
    }
    if (file_.is_open()) {
        const auto held = files.stamp(file_);
        if (held && held->same_file(*named)) {
            if (named->size_bytes < offset_) offset_ = 0;  // emptied
            return Ok{};
        }
        file_.close();
    }
    if (const Status opened = files.open(path_, file_); !opened) return opened;
    offset_ = polled_ ? 0 : named->size_bytes / sizeof(struct utmp) * sizeof(struct utmp);
    polled_ = true;
    return Ok{};
}

Status LoginRecordFile::poll(const Files& files, std::span<char> buffer,
                             FunctionRef<void(std::string_view record)> visit) {
    constexpr std::size_t kRecord = sizeof(struct utmp);
    if (const Status opened = open(files); !opened) return opened;
    const auto stamp = files.stamp(file_);
    if (!stamp) return stamp.error();
    const std::uint64_t waiting =
        stamp->size_bytes > offset_ ? (stamp->size_bytes - offset_) / kRecord : 0;
    if (waiting > kRecordsMax) {
        skipped_ += waiting - kRecordsMax;
        offset_ += (waiting - kRecordsMax) * kRecord;
    }
    for (std::uint32_t i = 0; i < kRecordsMax; ++i) {
        const auto text = files.read_at(file_, offset_, buffer.first(kRecord));
        if (!text) return text.error();
        if (text->size() < kRecord) break;  // being written
        visit(*text);
        offset_ += kRecord;
    }
    return Ok{};
}

Status LoginsCollector::collect(const Root&, Samples& out) {
    if (const Status may = may_read(bench_); !may) return may;
    const Status polled = file_.poll(*bench_.files(), bench_.buffer(), [&](std::string_view text) {
        const auto record = parse_login_record(text, false);
        if (!record || !record->is_login || record->user.empty()) return;
        ++logins_;
        Event event{.at = out.at(),
                    .kind = EventKind::Login,
                    .subject = {},
                    .object = record->user,
                    .text = {}};
        format_into(event.text, "{} logged in on {}", record->user, record->terminal);
        if (!record->from.empty()) format_into(event.text, " from {}", record->from);
        bench_.events().add(event);
    });
    if (!polled) return not_there(polled);
    out.add(kLogins, as_double(logins_ + file_.skipped()));
    return Ok{};
}

std::span<const Metric> LoginsCollector::metrics() {
    return kLoginMetrics;
}

Status FailedLoginsCollector::collect(const Root&, Samples& out) {
    if (const Status may = may_read(bench_); !may) return may;
    const Status polled = file_.poll(*bench_.files(), bench_.buffer(), [&](std::string_view text) {
        const auto record = parse_login_record(text, true);
        if (record && record->is_login) note(*record, out.at());
    });
    if (!polled) return not_there(polled);
    out.add(kFailures, as_double(failures_.count() + file_.skipped()));
    return Ok{};
}

void FailedLoginsCollector::note(const LoginRecord& record, Instant now) {
    FixedString<159> last(record.user.empty() ? std::string_view("of a user without a name")
                                              : record.user);
    if (!record.from.empty()) format_into(last, " from {}", record.from);
    failures_.note(record.from, last, now, bench_.events());
}

std::span<const Metric> FailedLoginsCollector::metrics() {
    return kFailureMetrics;
}

}  // namespace homeostat
