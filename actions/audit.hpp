// The audit log: what the actuator was asked, what it refused and what it did, in order.
//
// STATE/audit.log holds one JSON object per line, root-only, appended and synced before the answer
// goes out. Each line carries the SHA-256 of the line before and of itself, so that no line can be
// changed, moved, inserted or removed inside the log without verify_audit() naming the place:
//
//   {"hash":"<64 hex>","prev":"<64 hex>","entry":{"seq":17,"time":"2026-...","event":"ran",...}}
//
// hash = SHA-256(prev, then the bytes of entry as they stand). STATE/audit.head holds the number
// and hash of the last line, to find lines cut off at the end. A hub that keeps the head as well
// finds the case that both were replaced. At kAuditBytesMax the file becomes audit.log.1, and so on
// up to kAuditFilesMax; the chain goes on over the files.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "actions/descriptor.hpp"
#include "actions/sha256.hpp"
#include "core/fixed_string.hpp"
#include "core/result.hpp"
#include "core/time.hpp"

namespace homeostat {

inline constexpr std::size_t kAuditBytesMax = 8UL * 1024 * 1024;
inline constexpr int kAuditFilesMax = 4;
inline constexpr std::size_t kAuditLineMax = 4096;
inline constexpr Duration kAuditHeartbeat = hours(1);  // a longer silence is broken by a line

struct AuditField {
    std::string_view name;
    std::string_view value;  // any bytes; what is not UTF-8 is replaced
};

struct AuditHead {
    std::uint64_t seq = 0;  // of the last line; 0: none yet
    Sha256Hex hash;         // 64 zeros before the first line
};

// What others keep of a head, so that a log that was cut or replaced as a whole, with its head, can
// be told from the true one: the number of a line and the first half of its hash, "17:<32 hex>".
struct AuditMark {
    std::uint64_t seq = 0;
    FixedString<32> hash;
};
AuditMark mark_of(const AuditHead& head);
std::string to_text(const AuditMark& mark);
Result<AuditMark> parse_audit_mark(std::string_view text);

class AuditLog {
public:
    // Opens or makes the log in `directory`. A last line without its end, as after a crash, is cut
    // off; that, and a log shorter than its head says, is written down as the next line.
    // `file_bytes_max` is for tests.
    static Result<AuditLog> open(const std::string& directory, Instant now,
                                 std::size_t file_bytes_max = kAuditBytesMax);

    // Appends one line and syncs it. An error means that it is not there: then nothing may be done.
    Status append(std::string_view event, std::span<const AuditField> fields, Instant now);

    [[nodiscard]] const AuditHead& head() const { return head_; }

    // How long ago the last line was written, by the file's own time; never negative.
    [[nodiscard]] Duration silence(Instant now) const;

private:
    AuditLog() = default;
    Status recover(Instant now);
    Status rotate();
    Status save_head() const;
    [[nodiscard]] std::string path() const { return directory_ + "/audit.log"; }

    std::string directory_;
    Descriptor file_;
    std::size_t size_max_ = kAuditBytesMax;
    std::uint64_t size_ = 0;
    AuditHead head_;
};

struct AuditSummary {
    std::uint64_t lines = 0;
    std::uint64_t first_seq = 0;
    std::uint64_t missing = 0;  // lost lines that the log itself tells of ("cut")
    AuditHead head;
};

// Walks every file of the log from the oldest line. Errc::Invalid names the file and line where the
// chain breaks, or says how many lines are missing at the end. With a mark, also when its line is
// another one now, or not there. Errc::NotFound when there is not one line: the log is gone with
// its head, or there was none yet; that is nothing to call unbroken.
Result<AuditSummary> verify_audit(const std::string& directory,
                                  const std::optional<AuditMark>& mark = std::nullopt);

}  // namespace homeostat
