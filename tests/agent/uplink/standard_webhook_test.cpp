#include "agent/uplink/standard_webhook.hpp"

#include <doctest/doctest.h>

using namespace homeostat;

TEST_CASE("standard webhooks: the published vector") {
    const auto key = decode_webhook_secret("whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=");
    REQUIRE(key.has_value());
    CHECK(*key == "0123456789abcdef0123456789abcdef");
    CHECK(sign_webhook(*key, "msg_1", 1795200000, R"({"a":1})") ==
          "v1,LNCf0sBX1gYiqblVOLuOs63fhJtP/vOEjk6jbvOJHN4=");
}

TEST_CASE("standard webhooks: every part of the message is signed") {
    const std::string key = "key";
    const std::string signature = sign_webhook(key, "id", 1, "body");
    CHECK(sign_webhook("kez", "id", 1, "body") != signature);
    CHECK(sign_webhook(key, "ie", 1, "body") != signature);
    CHECK(sign_webhook(key, "id", 2, "body") != signature);
    CHECK(sign_webhook(key, "id", 1, "bodz") != signature);
}

TEST_CASE("standard webhooks: what is no secret is refused") {
    for (const char* secret : {"", "whsec_", "whsec_abc", "secret_MDEy", "whsec_M*Ey", "MDEy"}) {
        CAPTURE(secret);
        CHECK_FALSE(decode_webhook_secret(secret).has_value());
    }
    CHECK(*decode_webhook_secret("whsec_MA==") == "0");
    CHECK(*decode_webhook_secret("whsec_MDE=") == "01");
}
