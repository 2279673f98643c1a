#include "agent/uplink/spool_format.hpp"

#include <doctest/doctest.h>

#include "agent/uplink/crc32c.hpp"

using namespace homeostat;

namespace {

std::string record(std::string_view payload) {
    std::string out;
    append_spool_record({.seq = 0x0102030405060708,
                         .epoch = 0xA1A2A3A4,
                         .segment = 7,
                         .packing = 1,
                         .kind = SpoolClass::Incident},
                        payload, out);
    return out;
}

}  // namespace

TEST_CASE("spool format: the bytes are as drawn in the header") {
    const std::string bytes = record("abc");
    REQUIRE(bytes.size() == 40);
    CHECK(bytes.substr(0, 4) == "HSR1");
    CHECK(u32_at(bytes, 4) == crc32c(std::string_view(bytes).substr(8, 24)));
    CHECK(u64_at(bytes, 8) == 0x0102030405060708);
    CHECK(bytes[8] == '\x08');  // little-endian
    CHECK(u32_at(bytes, 16) == 0xA1A2A3A4);
    CHECK(u32_at(bytes, 20) == 7);
    CHECK(u32_at(bytes, 24) == crc32c("abc"));
    CHECK(u16_at(bytes, 28) == 3);
    CHECK(bytes[30] == 1);
    CHECK(bytes[31] == 1);
    CHECK(bytes.substr(32) == std::string("abc\0\0\0\0\0", 8));
}

TEST_CASE("spool format: a header comes back as it was written") {
    const auto header = read_spool_header(record("payload"));
    REQUIRE(header.has_value());
    CHECK(header->seq == 0x0102030405060708);
    CHECK(header->epoch == 0xA1A2A3A4);
    CHECK(header->segment == 7);
    CHECK(header->size == 7);
    CHECK(header->payload_crc == crc32c("payload"));
    CHECK(header->packing == 1);
    CHECK(header->kind == SpoolClass::Incident);
}

TEST_CASE("spool format: records fill multiples of eight bytes") {
    for (const std::size_t size : {0U, 1U, 7U, 8U, 9U, 300U}) {
        CAPTURE(size);
        CHECK(record(std::string(size, 'x')).size() == spool_record_bytes(size));
        CHECK(spool_record_bytes(size) % 8 == 0);
        CHECK(spool_record_bytes(size) < kSpoolHeaderBytes + size + 8);
    }
}

TEST_CASE("spool format: no flipped bit in a header goes unseen") {
    std::string bytes = record("abc");
    for (std::size_t bit = 0; bit < kSpoolHeaderBytes * 8; ++bit) {
        CAPTURE(bit);
        bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
        CHECK_FALSE(read_spool_header(bytes).has_value());
        bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
    }
    CHECK(read_spool_header(bytes).has_value());
}

TEST_CASE("spool format: what is short, empty or other is no header") {
    const std::string bytes = record("");
    for (std::size_t size = 0; size < kSpoolHeaderBytes; ++size) {
        CHECK_FALSE(read_spool_header(std::string_view(bytes).substr(0, size)).has_value());
    }
    CHECK_FALSE(read_spool_header(std::string(64, '\0')).has_value());
    CHECK_FALSE(read_spool_header(std::string(64, '\xff')).has_value());
}

TEST_CASE("spool format: a well-summed header with senseless content is refused") {
    struct Row {
        const char* what;
        std::size_t at;
        std::string bytes;
    };
    for (const Row& row :
         {Row{"seq 0", 8, std::string(8, '\0')},
          Row{"a seq from which nothing can count on", 8, std::string(8, '\xff')},
          Row{"segment 0", 20, std::string(4, '\0')},
          Row{"a segment from which nothing can count on", 20, std::string(4, '\xff')},
          Row{"a size beyond the limit", 28, std::string("\x01\x40", 2)},
          Row{"an unknown class", 31, std::string("\x03", 1)},
          Row{"a negative class", 31, std::string("\xff", 1)}}) {
        CAPTURE(row.what);
        std::string bytes = record("");
        bytes.replace(row.at, row.bytes.size(), row.bytes);
        std::string sum;
        append_u32(crc32c(std::string_view(bytes).substr(8, 24)), sum);
        bytes.replace(4, 4, sum);
        CHECK_FALSE(read_spool_header(bytes).has_value());
    }
}

TEST_CASE("spool class: turning points before what lies between them, info last") {
    struct Row {
        Severity severity;
        Severity peak;
        std::uint32_t seq;
        IncidentState state;
        SpoolClass expected;
    };
    for (const Row& row :
         {Row{Severity::Warning, Severity::Warning, 0, IncidentState::Open, SpoolClass::Critical},
          Row{Severity::Error, Severity::Error, 3, IncidentState::Open, SpoolClass::Incident},
          Row{Severity::Error, Severity::Error, 4, IncidentState::Acting, SpoolClass::Incident},
          Row{Severity::Error, Severity::Error, 5, IncidentState::GivenUp, SpoolClass::Critical},
          Row{Severity::Info, Severity::Error, 6, IncidentState::Resolved, SpoolClass::Critical},
          Row{Severity::Info, Severity::Info, 0, IncidentState::Open, SpoolClass::Info},
          Row{Severity::Info, Severity::Info, 1, IncidentState::Resolved, SpoolClass::Info}}) {
        Incident incident;
        incident.severity = row.severity;
        incident.peak_severity = row.peak;
        incident.seq = row.seq;
        incident.state = row.state;
        CAPTURE(row.seq);
        CHECK(spool_class_of(incident) == row.expected);
    }
}
