#include "collectors/certificate_text.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "collectors/source.hpp"

namespace homeostat {
namespace {

constexpr std::string_view kBegin = "-----BEGIN CERTIFICATE-----";
constexpr std::string_view kBeginTrusted = "-----BEGIN TRUSTED CERTIFICATE-----";
constexpr std::string_view kEnd = "-----END";

// Serial, algorithm, issuer and validity come before the subject and the key: a few hundred bytes,
// and an issuer of 3 KiB would be a curiosity.
constexpr std::size_t kPrefixBytesMax = 4096;

constexpr std::uint8_t kSequence = 0x30;
constexpr std::uint8_t kInteger = 0x02;
constexpr std::uint8_t kVersion = 0xA0;  // [0] EXPLICIT
constexpr std::uint8_t kUtcTime = 0x17;
constexpr std::uint8_t kGeneralizedTime = 0x18;

using Bytes = std::span<const std::uint8_t>;

Error unreadable(std::string_view what) {
    return make_error(Errc::Parse, "certificate: expected {}, found something else or the end",
                      what);
}

// Walks tag, length, value triples. The innermost content may be cut; what is skipped may not.
class DerReader {
public:
    explicit DerReader(Bytes bytes) : rest_(bytes) {}

    [[nodiscard]] bool next_is(std::uint8_t tag) const { return !rest_.empty() && rest_[0] == tag; }

    // Goes inside the next element.
    bool enter(std::uint8_t tag) {
        const auto head = read_head(tag);
        if (!head) return false;
        rest_ = rest_.subspan(head->size).first(std::min(head->length, rest_.size() - head->size));
        return true;
    }

    // The content of the next element, which is passed over.
    std::optional<Bytes> take(std::uint8_t tag) {
        const auto head = read_head(tag);
        if (!head || head->length > rest_.size() - head->size) return std::nullopt;
        const Bytes content = rest_.subspan(head->size, head->length);
        rest_ = rest_.subspan(head->size + head->length);
        return content;
    }

private:
    struct Head {
        std::size_t size = 0;  // of tag and length
        std::size_t length = 0;
    };

    [[nodiscard]] std::optional<Head> read_head(std::uint8_t tag) const {
        constexpr std::uint8_t kLong = 0x80;
        constexpr std::size_t kLengthBytesMax = 4;
        if (rest_.size() < 2 || rest_[0] != tag) return std::nullopt;
        if (rest_[1] < kLong) return Head{2, rest_[1]};
        const std::size_t count = rest_[1] & 0x7FU;
        if (count == 0 || count > kLengthBytesMax || rest_.size() < 2 + count) return std::nullopt;
        std::size_t length = 0;
        for (std::size_t i = 0; i < count; ++i) length = length << 8U | rest_[2 + i];
        return Head{2 + count, length};
    }

    Bytes rest_;
};

// Days since 1970 in the Gregorian calendar (Howard Hinnant, "chrono-compatible date algorithms").
std::int64_t days_since_1970(std::int64_t year, std::int64_t month, std::int64_t day) {
    year -= month <= 2 ? 1 : 0;
    const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
    const std::int64_t year_of_era = year - era * 400;
    const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    const std::int64_t day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146'097 + day_of_era - 719'468;
}

// "YYMMDDHHMMSSZ" or "YYYYMMDDHHMMSSZ"; RFC 5280 allows no other form.
std::optional<std::int64_t> parse_time(std::string_view text, bool four_digits) {
    constexpr std::size_t kSizeWithoutYear = 11;
    const std::size_t year_digits = four_digits ? 4 : 2;
    if (text.size() != year_digits + kSizeWithoutYear || text.back() != 'Z') return std::nullopt;
    const auto year_text = parse_u64(text.substr(0, year_digits));
    if (!year_text) return std::nullopt;
    auto year = static_cast<std::int64_t>(*year_text);
    if (!four_digits) year += year >= 50 ? 1900 : 2000;
    constexpr std::array<std::int64_t, 5> kFirst{1, 1, 0, 0, 0};
    constexpr std::array<std::int64_t, 5> kLast{12, 31, 23, 59, 60};  // a leap second
    std::array<std::int64_t, 5> part{};  // month, day, hour, minute, second
    for (std::size_t i = 0; i < part.size(); ++i) {
        const auto number = parse_u64(text.substr(year_digits + 2 * i, 2));
        if (!number) return std::nullopt;
        part[i] = static_cast<std::int64_t>(*number);
        if (part[i] < kFirst[i] || part[i] > kLast[i]) return std::nullopt;
    }
    const std::int64_t days = days_since_1970(year, part[0], part[1]);
    return ((days * 24 + part[2]) * 60 + part[3]) * 60 + part[4];
}

std::optional<std::int64_t> take_time(DerReader& reader) {
    const bool general = reader.next_is(kGeneralizedTime);
    const auto content = reader.take(general ? kGeneralizedTime : kUtcTime);
    if (!content) return std::nullopt;
    const std::string_view text(reinterpret_cast<const char*>(content->data()), content->size());
    return parse_time(text, general);
}

std::optional<std::uint32_t> base64_value(char c) {
    if (c >= 'A' && c <= 'Z') return static_cast<std::uint32_t>(c - 'A');
    if (c >= 'a' && c <= 'z') return static_cast<std::uint32_t>(c - 'a' + 26);
    if (c >= '0' && c <= '9') return static_cast<std::uint32_t>(c - '0' + 52);
    if (c == '+') return 62;
    if (c == '/') return 63;
    return std::nullopt;
}

// The first bytes of what the text encodes; false at a character that is not Base64.
bool decode_prefix(std::string_view text, std::array<std::uint8_t, kPrefixBytesMax>& out,
                   std::size_t& size) {
    std::uint32_t bits = 0;
    unsigned bit_count = 0;
    size = 0;
    for (const char c : text) {
        if (c == '\n' || c == '=' || is_blank(c)) continue;
        const auto value = base64_value(c);
        if (!value) return false;
        bits = bits << 6U | *value;
        bit_count += 6;
        if (bit_count < 8) continue;
        bit_count -= 8;
        if (size == out.size()) return true;
        out[size++] = static_cast<std::uint8_t>(bits >> bit_count);
    }
    return true;
}

// Cuts the next certificate's Base64 off `rest`; false when there is none.
bool next_block(std::string_view& rest, std::string_view& block) {
    const auto plain = rest.find(kBegin);
    const auto trusted = rest.find(kBeginTrusted);
    const auto begin = std::min(plain, trusted);
    if (begin == std::string_view::npos) return false;
    rest.remove_prefix(begin + (begin == plain ? kBegin.size() : kBeginTrusted.size()));
    const auto end = rest.find(kEnd);
    block = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end);
    return end != std::string_view::npos;
}

}  // namespace

Result<std::int64_t> certificate_end_der(std::span<const std::uint8_t> der) {
    DerReader reader(der);
    if (!reader.enter(kSequence) || !reader.enter(kSequence)) return unreadable("a certificate");
    if (reader.next_is(kVersion) && !reader.take(kVersion)) return unreadable("a version");
    if (!reader.take(kInteger)) return unreadable("a serial number");
    if (!reader.take(kSequence)) return unreadable("an algorithm");
    if (!reader.take(kSequence)) return unreadable("an issuer");
    if (!reader.enter(kSequence)) return unreadable("a validity");
    const auto begin = take_time(reader);
    const auto end = begin ? take_time(reader) : std::nullopt;
    if (!end) return unreadable("two times");
    return *end;
}

Result<std::int64_t> certificate_end(std::string_view file) {
    // DER begins with a sequence of more than 127 bytes, which no text does.
    const Bytes bytes(reinterpret_cast<const std::uint8_t*>(file.data()), file.size());
    if (bytes.size() > 1 && bytes[0] == kSequence && bytes[1] > 0x7F) {
        return certificate_end_der(bytes);
    }
    std::optional<std::int64_t> earliest;
    std::array<std::uint8_t, kPrefixBytesMax> der;
    std::size_t size = 0;
    for (std::string_view block; next_block(file, block);) {
        if (!decode_prefix(block, der, size)) {
            return make_error(Errc::Parse, "certificate: expected Base64, got '{}'",
                              excerpt(trim(block)));
        }
        const auto end = certificate_end_der(Bytes(der).first(size));
        if (!end) return end.error();
        earliest = std::min(earliest.value_or(*end), *end);
    }
    if (earliest) return *earliest;
    return make_error(Errc::Parse, "certificate: expected '{}'", kBegin);
}

}  // namespace homeostat
