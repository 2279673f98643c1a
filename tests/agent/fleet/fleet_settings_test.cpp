#include "agent/fleet/fleet_settings.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <algorithm>

#include "tests/support/signer.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace homeostat;

namespace {

Result<std::string> no_secret(const std::string& path, SecretKind) {
    return make_error(Errc::NotFound, "open {}", path);
}

Result<FleetSettings> parse(const std::string& text, std::vector<Error>& errors) {
    return parse_fleet_settings("fleet.yml", text, "/etc/homeostat", no_secret, errors);
}

}  // namespace

TEST_CASE("fleet_settings: all of its parts are read") {
    std::vector<Error> errors;
    const auto settings = parse("channel: prod\nkeys: [" + test::Signer(1).public_key() + ", " +
                                    test::Signer(2).public_key() +
                                    "]\nlabels: {role: web}\nhttps: {url: 'https://f/b.yml', "
                                    "interval: 1m, headers: {A: b}}\nmay_set: [tick]\n"
                                    "limits: {series_max: 100, tick: 2s, memory_mib: 8}\n",
                                errors);
    for (const Error& error : errors) MESSAGE(error.text.view());
    REQUIRE(settings);
    CHECK(settings->channel == "prod");
    CHECK(settings->keys.size() == 2);
    CHECK(settings->directory == "/etc/homeostat/bundles");
    CHECK(settings->https.interval == minutes(1));
    CHECK(settings->https.headers.size() == 1);
    CHECK(settings->may_set == std::vector<std::string>{"tick"});
    CHECK(settings->limits.memory_bytes == 8U << 20U);
}

TEST_CASE("fleet_settings: ports and the spool are not opened unless the owner does") {
    std::vector<Error> errors;
    const auto settings = parse("channel: prod\n", errors);
    REQUIRE(settings);
    const auto has = [&](const char* key) {
        return std::find(settings->may_set.begin(), settings->may_set.end(), key) !=
               settings->may_set.end();
    };
    CHECK(has("conditions"));
    CHECK_FALSE(has("metrics"));
    CHECK_FALSE(has("spool"));
    CHECK_FALSE(has("actions"));
    CHECK(settings->keys.empty());  // nobody is believed
}

TEST_CASE("fleet_settings: an OpAMP server by any of four schemes") {
    for (const std::string scheme : {"http", "https", "ws", "wss"}) {
        CAPTURE(scheme);
        std::vector<Error> errors;
        const auto settings =
            parse("channel: prod\nopamp: {endpoint: '" + scheme + "://h:4320/v1/opamp'}\n", errors);
        REQUIRE(settings);
        CHECK(settings->opamp.endpoint == scheme + "://h:4320/v1/opamp");
    }
}

TEST_CASE("fleet_settings: faults are named with their place") {
    const std::string key = test::Signer(1).public_key();
    struct Row {
        std::string text;
        const char* part;
    };
    for (const Row& row :
         {Row{"keys: []", "channel"}, Row{"channel: p\nkeys: [x]", "2:8"},
          Row{"channel: p\nkeys: [" + key + ", " + key + "]", "here twice"},
          Row{"channel: p\nmay_set: [actions]", "nothing that a bundle"},
          Row{"channel: p\nmay_set: [tik]", "did you mean 'tick'?"},
          Row{"channel: p\nhttps: {url: 'ftp://x'}", "url"},
          Row{"channel: p\nopamp: {endpoint: 'wss://u:p@x/v1/opamp'}", "no user or password"},
          Row{"channel: p\nopamp: {endpoint: 'ftp://x/v1/opamp'}", "expected a URL"},
          Row{"channel: p\nkey: x", "unknown key 'key'"},
          Row{"channel: p\nkeys: [1,2,3,4,5,6,7,8,9]", "at most 8"}, Row{"[", "fleet.yml:1:"},
          Row{"", "channel"}}) {
        CAPTURE(row.text);
        std::vector<Error> errors;
        CHECK_FALSE(parse(row.text, errors));
        REQUIRE_FALSE(errors.empty());
        CAPTURE(errors[0].text.view());
        CHECK(errors[0].text.view().find(row.part) != std::string_view::npos);
    }
}

TEST_CASE("fleet_settings: section 7 rule 1: a file that others can write is not believed") {
    const test::TemporaryDirectory directory;
    std::vector<Error> errors;
    CHECK_FALSE(load_fleet_settings(directory.path(), no_secret, errors)->has_value());
    const std::string path = directory.write("fleet.yml", "channel: prod\n");
    CHECK(load_fleet_settings(directory.path(), no_secret, errors)->has_value());
    ::chmod(path.c_str(), 0666);
    CHECK_FALSE(load_fleet_settings(directory.path(), no_secret, errors));
    CHECK(errors.size() == 1);
}
