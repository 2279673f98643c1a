#include "actions/audit.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <optional>

#include "actions/trusted_file.hpp"
#include "core/file.hpp"
#include "core/format.hpp"
#include "core/parse.hpp"

namespace homeostat {
namespace {

constexpr std::string_view kBeforeHash = R"({"hash":")";
constexpr std::string_view kBeforePrev = R"(","prev":")";
constexpr std::string_view kBeforeEntry = R"(","entry":)";
constexpr std::size_t kHeadBytesMax = 256;
constexpr std::string_view kNoHash =
    "0000000000000000000000000000000000000000000000000000000000000000";

struct Line {
    std::string_view hash;
    std::string_view prev;
    std::string_view entry;
    std::uint64_t seq = 0;
};

bool take(std::string_view& text, std::string_view expected) {
    if (!text.starts_with(expected)) return false;
    text.remove_prefix(expected.size());
    return true;
}

// The parts of a line without its line feed; nothing unless it is one of ours and its own hash
// fits.
std::optional<Line> parse_line(std::string_view text) {
    Line line;
    if (!take(text, kBeforeHash) || text.size() < kSha256HexSize) return std::nullopt;
    line.hash = text.substr(0, kSha256HexSize);
    text.remove_prefix(kSha256HexSize);
    if (!take(text, kBeforePrev) || text.size() < kSha256HexSize) return std::nullopt;
    line.prev = text.substr(0, kSha256HexSize);
    text.remove_prefix(kSha256HexSize);
    if (!take(text, kBeforeEntry) || !text.ends_with('}')) return std::nullopt;
    line.entry = text.substr(0, text.size() - 1);
    if (sha256_hex(line.prev, line.entry).view() != line.hash) return std::nullopt;
    static constexpr std::string_view kBeforeSeq = R"({"seq":)";
    if (!line.entry.starts_with(kBeforeSeq)) return std::nullopt;
    const std::string_view rest = line.entry.substr(kBeforeSeq.size());
    const auto seq = parse_u64(rest.substr(0, rest.find(',')));
    if (!seq) return std::nullopt;
    line.seq = *seq;
    return line;
}

// The text as a JSON string; bytes that are not UTF-8 are replaced.
std::string quoted(std::string_view text) {
    return nlohmann::json(std::string(text))
        .dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

std::string compose_entry(std::uint64_t seq, std::string_view event,
                          std::span<const AuditField> fields, Instant now) {
    std::string entry = fmt::format(R"({{"seq":{},"time":"{}","monotonic_ns":{},"event":{})", seq,
                                    rfc3339(now.unix_ns), now.monotonic_ns, quoted(event));
    for (const AuditField& field : fields) {
        std::string value = quoted(field.value);
        static constexpr std::size_t kValueMax = 1024;
        if (value.size() > kValueMax) value = quoted(field.value.substr(0, kValueMax / 6));
        if (entry.size() + value.size() + field.name.size() + 256 > kAuditLineMax) {
            entry += R"(,"cut":true)";
            break;
        }
        entry += fmt::format(",{}:{}", quoted(field.name), value);
    }
    return entry + "}";
}

AuditHead read_head(const std::string& directory) {
    AuditHead head{.seq = 0, .hash = kNoHash};
    const auto text = read_file(directory + "/audit.head", kHeadBytesMax);
    if (!text) return head;
    std::string_view rest = trim(*text);
    const auto seq = next_u64(rest);
    const std::string_view hash = next_word(rest);
    if (seq && hash.size() == kSha256HexSize) head = {.seq = *seq, .hash = hash};
    return head;
}

}  // namespace

Result<AuditLog> AuditLog::open(const std::string& directory, Instant now,
                                std::size_t file_bytes_max) {
    if (const auto believed = check_trusted_directory(directory); !believed) {
        return believed.error();
    }
    AuditLog log;
    log.directory_ = directory;
    log.size_max_ = file_bytes_max;
    log.file_ = Descriptor(
        ::open(log.path().c_str(), O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!log.file_) return make_errno_error(errc_of(errno), errno, "open {}", log.path());
    if (const auto recovered = log.recover(now); !recovered) return recovered.error();
    return log;
}

// Finds the last line by reading the end of the file, never all of it.
Status AuditLog::recover(Instant now) {
    struct stat status {};
    if (::fstat(file_.get(), &status) != 0)
        return make_errno_error(Errc::Io, errno, "stat {}", path());
    size_ = static_cast<std::uint64_t>(status.st_size);
    const AuditHead promised = read_head(directory_);
    head_ = promised;
    std::array<char, 2 * kAuditLineMax> buffer;
    const std::uint64_t begin = size_ > buffer.size() ? size_ - buffer.size() : 0;
    const ssize_t count =
        ::pread(file_.get(), buffer.data(), buffer.size(), static_cast<off_t>(begin));
    if (count < 0) return make_errno_error(Errc::Io, errno, "read {}", path());
    std::string_view tail(buffer.data(), static_cast<std::size_t>(count));
    const auto end = tail.rfind('\n');
    const std::size_t whole = end == std::string_view::npos ? 0 : end + 1;
    const std::size_t torn = tail.size() - whole;
    tail = tail.substr(0, whole);
    if (torn > 0) {
        size_ -= torn;
        if (::ftruncate(file_.get(), static_cast<off_t>(size_)) != 0) {
            return make_errno_error(Errc::Io, errno, "truncate {}", path());
        }
    }
    if (tail.empty()) return Ok{};  // new, or just rotated: the chain goes on from the head
    tail.remove_suffix(1);
    const auto newline = tail.rfind('\n');
    const auto line =
        parse_line(newline == std::string_view::npos ? tail : tail.substr(newline + 1));
    if (!line) {
        const AuditField field{"what", "the last line does not fit its own hash"};
        return append("damaged", {&field, 1}, now);
    }
    head_ = {.seq = line->seq, .hash = line->hash};
    if (promised.seq > line->seq) {
        const std::string missing = std::to_string(promised.seq - line->seq);
        head_.seq = promised.seq;  // numbers are never given twice
        const AuditField field{"missing", missing};
        return append("cut", {&field, 1}, now);
    }
    return Ok{};
}

Duration AuditLog::silence(Instant now) const {
    struct stat status {};
    if (::fstat(file_.get(), &status) != 0 || status.st_size == 0) return kAuditHeartbeat;
    const std::int64_t written_ns =
        static_cast<std::int64_t>(status.st_mtim.tv_sec) * seconds(1).ns + status.st_mtim.tv_nsec;
    // A wall clock that was set back makes the log look young for so long: a line too many is
    // better than one too few.
    if (written_ns > now.unix_ns) return kAuditHeartbeat;
    return Duration{now.unix_ns - written_ns};
}

Status AuditLog::append(std::string_view event, std::span<const AuditField> fields, Instant now) {
    if (size_ >= size_max_) {
        if (const auto rotated = rotate(); !rotated) return rotated;
    }
    const std::uint64_t seq = head_.seq + 1;
    const std::string entry = compose_entry(seq, event, fields, now);
    const Sha256Hex hash = sha256_hex(head_.hash.view(), entry);
    const std::string line = fmt::format("{}{}{}{}{}{}}}\n", kBeforeHash, hash, kBeforePrev,
                                         head_.hash, kBeforeEntry, entry);
    const ssize_t written = ::write(file_.get(), line.data(), line.size());
    if (written != static_cast<ssize_t>(line.size())) {
        const int error = written < 0 ? errno : ENOSPC;
        // Half a line must not stand in the way of the next one.
        if (::ftruncate(file_.get(), static_cast<off_t>(size_)) != 0) file_.reset();
        return make_errno_error(errc_of(error), error, "write {}", path());
    }
    if (::fdatasync(file_.get()) != 0) return make_errno_error(Errc::Io, errno, "sync {}", path());
    size_ += line.size();
    head_ = {.seq = seq, .hash = hash};
    return save_head();
}

Status AuditLog::rotate() {
    for (int i = kAuditFilesMax - 1; i > 0; --i) {
        const std::string from = i == 1 ? path() : fmt::format("{}.{}", path(), i - 1);
        const std::string to = fmt::format("{}.{}", path(), i);
        if (::rename(from.c_str(), to.c_str()) != 0 && errno != ENOENT) {
            return make_errno_error(errc_of(errno), errno, "rename {} to {}", from, to);
        }
    }
    file_ = Descriptor(::open(path().c_str(),
                              O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file_) return make_errno_error(errc_of(errno), errno, "open {}", path());
    size_ = 0;
    return Ok{};
}

Status AuditLog::save_head() const {
    return write_file_atomically(directory_ + "/audit.head",
                                 fmt::format("{} {}\n", head_.seq, head_.hash), 0600);
}

AuditMark mark_of(const AuditHead& head) {
    AuditMark mark;
    mark.seq = head.seq;
    mark.hash.assign(head.hash.view().substr(0, mark.hash.capacity()));
    return mark;
}

std::string to_text(const AuditMark& mark) {
    return fmt::format("{}:{}", mark.seq, mark.hash.view());
}

Result<AuditMark> parse_audit_mark(std::string_view text) {
    const std::size_t colon = text.find(':');
    const auto seq = parse_u64(text.substr(0, colon));
    const std::string_view hash =
        colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1);
    AuditMark mark;
    const bool hex = std::all_of(hash.begin(), hash.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    });
    if (!seq || !hex || hash.size() != mark.hash.capacity()) {
        return make_error(
            Errc::Parse, "'{}' is no head of an audit log; expected NUMBER:HASH with 32 hex digits",
            text.substr(0, 80));
    }
    mark.seq = *seq;
    mark.hash.assign(hash);
    return mark;
}

Result<AuditSummary> verify_audit(const std::string& directory,
                                  const std::optional<AuditMark>& mark) {
    AuditSummary summary;
    bool met = !mark || mark->seq == 0;
    summary.head.hash = kNoHash;
    for (int i = kAuditFilesMax - 1; i >= 0; --i) {
        const std::string file =
            i == 0 ? directory + "/audit.log" : fmt::format("{}/audit.log.{}", directory, i);
        const auto text = read_file(file, kAuditBytesMax + kAuditLineMax);
        if (!text) {
            if (text.error().code == Errc::NotFound) continue;
            return text.error();
        }
        std::string_view rest = *text;
        std::string_view raw;
        for (std::uint64_t number = 1; next_line(rest, raw); ++number) {
            const auto line = parse_line(raw);
            if (!line) {
                return make_error(Errc::Invalid, "{}:{}: the line was changed", file, number);
            }
            const bool first = summary.lines == 0;
            if (first ? line->seq == 1 && line->prev != kNoHash
                      : line->prev != summary.head.hash.view() || line->seq <= summary.head.seq) {
                return make_error(Errc::Invalid, "{}:{}: does not follow the line before", file,
                                  number);
            }
            if (first && line->seq != 1 && i != kAuditFilesMax - 1) {
                return make_error(Errc::Invalid, "{}:1: {} lines are missing before it", file,
                                  line->seq - 1);
            }
            if (first) summary.first_seq = line->seq;
            if (!first) summary.missing += line->seq - summary.head.seq - 1;
            ++summary.lines;
            summary.head = {.seq = line->seq, .hash = line->hash};
            if (!mark || mark->seq != line->seq) continue;
            if (mark_of(summary.head).hash != mark->hash) {
                return make_error(Errc::Invalid,
                                  "{}:{}: line {} is not the one that was told: the "
                                  "log was replaced",
                                  file, number, line->seq);
            }
            met = true;
        }
    }
    const AuditHead promised = read_head(directory);
    if (promised.seq > summary.head.seq) {
        return make_error(Errc::Invalid, "{}/audit.log: {} lines are missing at the end", directory,
                          promised.seq - summary.head.seq);
    }
    if (summary.lines == 0) {
        return make_error(Errc::NotFound,
                          "{}/audit.log: not one line: no actuator has run, or the log was removed",
                          directory);
    }
    if (!met) {
        return make_error(Errc::Invalid,
                          "{}: line {}, which was told, is not there (lines {} to {})", directory,
                          mark->seq, summary.first_seq, summary.head.seq);
    }
    return summary;
}

}  // namespace homeostat
