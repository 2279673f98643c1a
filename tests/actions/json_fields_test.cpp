#include "actions/json_fields.hpp"

#include <doctest/doctest.h>

namespace homeostat {

TEST_CASE("json fields: what is there and of its type is taken") {
    const auto json = nlohmann::json::parse(
        R"({"text":"abc","flag":true,"whole":-5,"count":4294967295,"long":"0123456789"})");
    std::string text;
    bool flag = false;
    std::int64_t whole = 0;
    std::uint32_t count = 0;
    FixedString<4> cut;
    CHECK(take(json, "text", text));
    CHECK(take(json, "flag", flag));
    CHECK(take(json, "whole", whole));
    CHECK(take(json, "count", count));
    CHECK(take(json, "long", cut));
    CHECK(text == "abc");
    CHECK(flag);
    CHECK(whole == -5);
    CHECK(count == 4294967295U);
    CHECK(cut.view() == "0123");
}

TEST_CASE("json fields (RULES B18): absent, another type or too large is false, never a default") {
    for (const char* document : {"{}", R"({"x":null})", R"({"x":[]})", R"({"x":{}})",
                                 R"({"x":1.5})", R"({"x":18446744073709551615})"}) {
        CAPTURE(document);
        const auto json = nlohmann::json::parse(document);
        std::string text = "kept";
        bool flag = true;
        std::int64_t whole = 7;
        std::uint32_t count = 7;
        FixedString<4> cut("kept");
        CHECK_FALSE(take(json, "x", text));
        CHECK_FALSE(take(json, "x", flag));
        CHECK_FALSE(take(json, "x", whole));
        CHECK_FALSE(take(json, "x", count));
        CHECK_FALSE(take(json, "x", cut));
        CHECK(text == "kept");
        CHECK(flag);
        CHECK(whole == 7);
        CHECK(count == 7);
        CHECK(cut.view() == "kept");
    }
    std::uint32_t count = 7;
    CHECK_FALSE(take(nlohmann::json::parse(R"({"x":4294967296})"), "x", count));
    CHECK_FALSE(take(nlohmann::json::parse(R"({"x":-1})"), "x", count));
    CHECK(count == 7);
}

}  // namespace homeostat
