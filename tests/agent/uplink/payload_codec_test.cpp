#include "agent/uplink/payload_codec.hpp"

#include <doctest/doctest.h>
#include <zstd.h>

#include "agent/incidents/incident_proto.hpp"
#include "agent/uplink/backoff.hpp"
#include "agent/uplink/crc32c.hpp"
#include "agent/uplink/payload_dictionary.hpp"
#include "agent/uplink/rounding.hpp"
#include "agent/uplink/spool_format.hpp"
#include "tests/agent/uplink/sample_incidents.hpp"

using namespace homeostat;

TEST_CASE("payload codec: everything comes back as it was") {
    PayloadCodec codec;
    std::string packed;
    std::string back;
    std::string payload;
    encode_incident(test::sample_incident(), payload);
    JitterRandom random(1);
    std::string noise;
    for (int i = 0; i < 5000; ++i) noise.push_back(static_cast<char>(random.next()));
    for (const std::string& text :
         {std::string(), std::string("x"), payload, noise, std::string(kSpoolPayloadMax, 'a')}) {
        const std::uint8_t packing = codec.pack(text, packed);
        CHECK(packed.size() <= text.size());
        REQUIRE(codec.unpack(packing, packed, back).has_value());
        CHECK(back == text);
    }
}

TEST_CASE("payload codec: dictionary 1 is what it always was, because old records need it") {
    CHECK(crc32c(kPayloadDictionary1) == 2803750366U);
}

TEST_CASE("payload codec: broken, unknown and overgrown data are errors") {
    PayloadCodec codec;
    std::string packed;
    std::string back;
    CHECK_FALSE(codec.unpack(2, "whatever", back).has_value());
    CHECK_FALSE(codec.unpack(0xFF, "", back).has_value());
    CHECK_FALSE(codec.unpack(kPackedZstd1, "", back).has_value());
    CHECK_FALSE(codec.unpack(kPackedZstd1, "not zstd at all", back).has_value());

    const std::string bomb(1U << 20U, '\0');
    packed.resize(ZSTD_compressBound(bomb.size()));
    packed.resize(ZSTD_compress(packed.data(), packed.size(), bomb.data(), bomb.size(), 3));
    CHECK(packed.size() < 1000);
    CHECK_FALSE(codec.unpack(kPackedZstd1, packed, back).has_value());

    std::string payload;
    encode_incident(test::sample_incident(), payload);
    const std::uint8_t packing = codec.pack(payload, packed);
    REQUIRE(packing == kPackedZstd1);
    for (std::size_t size = 0; size < packed.size(); ++size) {
        CHECK_FALSE(codec.unpack(packing, packed.substr(0, size), back).has_value());
    }
}

TEST_CASE("payload codec: a typical incident takes at most 450 bytes in the spool") {
    PayloadCodec codec;
    std::string payload;
    std::string packed;
    std::size_t total = 0;
    constexpr std::uint64_t kCount = 200;
    for (std::uint64_t i = 0; i < kCount; ++i) {
        Incident incident = test::varied_incident(i);
        round_numbers(incident);
        encode_incident(incident, payload);
        codec.pack(payload, packed);
        total += spool_record_bytes(packed.size());
    }
    MESSAGE("plain " << payload.size() << ", in the spool " << total / kCount << " bytes");
    CHECK(total / kCount <= 450);
}
