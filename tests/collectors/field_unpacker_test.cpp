#include "collectors/field_unpacker.hpp"

#include <doctest/doctest.h>
#include <zstd.h>

#include <random>
#include <string>

#include "core/allocation_guard.hpp"

using namespace homeostat;

namespace {

std::string packed_by_zstd(const std::string& text) {
    std::string out(ZSTD_compressBound(text.size()), '\0');
    out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
    return out;
}

}  // namespace

TEST_CASE("field_unpacker: gives back what was packed, and allocates nothing for it") {
    FieldUnpacker unpacker;
    const std::string first = "MESSAGE=" + std::string(2000, 'x');
    const std::string second =
        "MESSAGE=java.lang.NullPointerException\n\tat " + std::string(900, 'y');
    const std::string packed_first = packed_by_zstd(first);
    const std::string packed_second = packed_by_zstd(second);
    const AllocationGuard guard;
    CHECK(unpacker.unpack(packed_first) == first);
    CHECK(unpacker.unpack(packed_second) == second);
    CHECK(guard.count() == 0);
}

TEST_CASE("field_unpacker: too long, cut or no zstd at all is empty") {
    FieldUnpacker unpacker;
    const std::string most(FieldUnpacker::kUnpackedMax, 'x');
    CHECK(unpacker.unpack(packed_by_zstd(most)) == most);
    CHECK(unpacker.unpack(packed_by_zstd(most + "x")).empty());
    const std::string bomb = packed_by_zstd(std::string(64UL << 20U, 'x'));
    CHECK(bomb.size() < FieldUnpacker::kPackedMax);
    CHECK(unpacker.unpack(bomb).empty());
    for (const char* text : {"", "MESSAGE=plain", "\x28\xb5\x2f\xfd"}) {
        CHECK(unpacker.unpack(text).empty());
    }
    const std::string good = packed_by_zstd("MESSAGE=" + std::string(600, 'z') + "end");
    for (std::size_t size = 0; size < good.size(); ++size) {
        CHECK(unpacker.unpack(std::string_view(good).substr(0, size)).empty());
    }
    std::mt19937 random(1);
    for (int i = 0; i < 2000; ++i) {  // damage is found or gives other text, of the size there is
        std::string damaged = good;
        damaged[random() % damaged.size()] = static_cast<char>(random());
        CHECK(unpacker.unpack(damaged).size() <= FieldUnpacker::kUnpackedMax);
    }
}
