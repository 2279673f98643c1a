#include "actions/actuator_protocol.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace homeostat {
namespace {

ActionRequest sample() {
    ActionRequest request{.opcode = Opcode::Run,
                          .rule = 3,
                          .target = 0x0102,
                          .mode = ActionMode::Auto,
                          .incident = {},
                          .nonce = 0x1122334455667788ULL,
                          .config_hash = 0xa1a2a3a4a5a6a7a8ULL};
    for (std::size_t i = 0; i < 16; ++i) {
        request.incident.bytes[i] = static_cast<std::uint8_t>(i + 1);
    }
    return request;
}

TEST_CASE("protocol: a request comes back as it was sent, from the bytes of the manual") {
    const RequestBytes bytes = encode(sample());
    const std::vector<std::uint8_t> head(bytes.begin(), bytes.begin() + 24);
    CHECK(head == std::vector<std::uint8_t>{'H', 'S', 'A', 'R', 1, 0, 1, 0, 3, 0, 2, 1,
                                            2,   0,   0,   0,   0, 0, 0, 0, 0, 0, 0, 0});
    CHECK(bytes[40] == 0x88);
    CHECK(bytes[55] == 0xa1);
    const auto back = decode_request(bytes);
    REQUIRE(back);
    CHECK(encode(*back) == bytes);
    CHECK(back->rule == 3);
    CHECK(back->target == 0x0102);
    CHECK(back->mode == ActionMode::Auto);
    CHECK(back->nonce == sample().nonce);
    CHECK(back->config_hash == sample().config_hash);
    CHECK(back->incident == sample().incident);
}

TEST_CASE("protocol (RULES B1, C2 row 3): each of 65,536 opcodes but seven is refused") {
    RequestBytes bytes = encode(sample());
    int accepted = 0;
    for (unsigned opcode = 0; opcode <= 0xFFFF; ++opcode) {
        bytes[6] = static_cast<std::uint8_t>(opcode);
        bytes[7] = static_cast<std::uint8_t>(opcode >> 8U);
        if (decode_request(bytes)) ++accepted;
    }
    CHECK(accepted == 7);
}

TEST_CASE("protocol: only an approval carries seconds, and seven days of them at most") {
    ActionRequest request = sample();
    request.opcode = Opcode::Approve;
    for (const std::uint64_t wanted :
         {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{604'800}}) {
        request.length_s = wanted;
        const auto back = decode_request(encode(request));
        REQUIRE(back);
        CHECK(back->length_s == wanted);
    }
    for (const std::uint64_t wanted : {std::uint64_t{604'801}, UINT64_MAX}) {
        request.length_s = wanted;
        CHECK_FALSE(decode_request(encode(request)));
    }
    request.opcode = Opcode::Run;
    request.length_s = 1;
    CHECK_FALSE(decode_request(encode(request)));
}

TEST_CASE("protocol: each length but 64 is refused, from 0 to 4096") {
    const RequestBytes good = encode(sample());
    for (std::size_t size = 0; size <= 4096; ++size) {
        std::vector<std::uint8_t> bytes(size, 0);
        std::copy_n(good.begin(), std::min(size, good.size()), bytes.begin());
        CHECK(decode_request(bytes).has_value() == (size == kRequestBytes));
    }
}

TEST_CASE("protocol: a byte that must have its value refuses the request when it has another") {
    const RequestBytes good = encode(sample());
    for (std::size_t at = 0; at < kRequestBytes; ++at) {
        const bool fixed = at < 6 || at == 7 || (at >= 13 && at < 24) || at >= 56;
        if (!fixed) continue;
        RequestBytes bytes = good;
        bytes[at] ^= 0x80U;
        CAPTURE(at);
        CHECK_FALSE(decode_request(bytes));
    }
    RequestBytes mode = good;
    mode[12] = 3;
    CHECK_FALSE(decode_request(mode));
}

TEST_CASE("protocol: a report comes back as it was sent, whatever bytes programs have said") {
    ActionReport report;
    report.incident = sample().incident;
    report.rule = "clean rotated logs";
    report.playbook = "clean-disk.yml";
    report.mode = "auto";
    report.ran = true;
    report.ok = 4;
    report.changed = 2;
    report.failures = 1;
    report.detail = "rc 1: \"\x01\xff\n";
    report.audit_head = "17:3fa9c1d2e4b5069788796a5b4c3d2e1f";
    const auto back = decode_report(encode_report(report, 7), 7);
    REQUIRE(back);
    CHECK(back->incident == report.incident);
    CHECK(back->rule == report.rule);
    CHECK(back->playbook == report.playbook);
    CHECK(back->mode == report.mode);
    CHECK(back->ran);
    CHECK_FALSE(back->failed);
    CHECK(back->ok == 4);
    CHECK(back->changed == 2);
    CHECK(back->failures == 1);
    CHECK(back->audit_head == report.audit_head);
    CHECK(back->detail == "rc 1: \"\x01\xef\xbf\xbd\n");
    CHECK(encode_report(report, 7).size() < kAnswerBytesMax);
}

TEST_CASE("protocol: what is no answer to this request is refused") {
    const std::string good = encode_report(ActionReport{}, 7);
    REQUIRE(decode_report(good, 7));
    CHECK(decode_report(good, 8).error().code == Errc::Invalid);
    for (const char* text : {"", "{", "[]", "null", "{}", "{\"version\":2}", "\xff\xfe", "7"}) {
        CAPTURE(text);
        REQUIRE_FALSE(decode_report(text, 7));
        CHECK(decode_report(text, 7).error().code == Errc::Parse);
    }
    CHECK_FALSE(decode_report(std::string(kAnswerBytesMax + 1, '{'), 7));
    for (std::size_t size = 0; size < good.size(); ++size) {
        CHECK_FALSE(decode_report(std::string_view(good).substr(0, size), 7));
    }
}

}  // namespace
}  // namespace homeostat
