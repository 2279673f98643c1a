#include "agent/config/layers.hpp"

#include <doctest/doctest.h>

#include "agent/config/yaml_text.hpp"

using namespace homeostat;

namespace {

constexpr std::size_t kSizeMax = 4096;

Settings stack(std::initializer_list<const char*> texts) {
    Settings settings;
    char name = 'a';
    for (const char* text : texts) {
        REQUIRE(add_layer(settings, std::string(1, name++), std::string_view(text), kSizeMax));
    }
    return settings;
}

}  // namespace

TEST_CASE(
    "layers: mappings are joined, everything else is replaced, and each value knows its file") {
    const Settings settings =
        stack({"tick: 1s\nexporters: {otlp: {endpoint: x, compression: gzip}}\nlist: [1, 2]",
               "exporters: {otlp: {endpoint: y}}\nlist: [3]", ""});
    CHECK(settings.files == std::vector<std::string>{"a", "b", "c"});
    CHECK(yaml_flow(settings.tree) ==
          "{tick: 1s, exporters: {otlp: {endpoint: y, compression: gzip}}, list: [3]}");
    for (const SettingLine& line : list_settings(settings.tree)) {
        CAPTURE(line.key);
        const bool upper = line.key == "exporters.otlp.endpoint" || line.key == "list";
        CHECK(line.mark.source == (upper ? 1 : 0));
    }
}

TEST_CASE("layers: a file that is no mapping, and a broken one, are told by name") {
    Settings settings;
    const auto broken = add_layer(settings, "broken.yml", "a: [", kSizeMax);
    REQUIRE_FALSE(broken);
    CHECK(broken.error().text.view().starts_with("broken.yml:1:"));
    const std::string large(kSizeMax + 1, '#');
    CHECK_FALSE(add_layer(settings, "large.yml", large, kSizeMax));
    CHECK_FALSE(add_layer(settings, "binary.yml", std::string_view("\0\1", 2), kSizeMax));
}

TEST_CASE("layers: a condition that two files define is refused with both places") {
    Settings settings = stack({"conditions: {full: {enabled: false}}"});
    std::vector<Error> errors;
    add_conditions(settings, "x.yml", *parse_yaml("swap: {}\n", "x.yml"), errors);
    CHECK(errors.empty());
    add_conditions(settings, "y.yml", *parse_yaml("other: {}\nfull: {}\n", "y.yml"), errors);
    REQUIRE(errors.size() == 1);
    CHECK(errors[0].text.view() == "y.yml:2:1: condition 'full' is here twice: first at a:1");
    errors.clear();
    add_conditions(settings, "z.yml", *parse_yaml("[1]", "z.yml"), errors);
    REQUIRE(errors.size() == 1);
    CHECK(errors[0].text.view().starts_with("z.yml:1:1: expected conditions by name"));
    CHECK(yaml_flow(settings.tree) == "{conditions: {full: {enabled: false}, swap: {}}}");
}

TEST_CASE("layers: what differs is told once, by key") {
    const Settings before = stack({"a: 1\nb: {c: 2, d: 3}"});
    const Settings after = stack({"a: 1\nb: {c: 4}\ne: [5]"});
    const auto old_lines = list_settings(before.tree);
    const auto new_lines = list_settings(after.tree);
    const auto changes = compare_settings(old_lines, new_lines);
    REQUIRE(changes.size() == 3);
    CHECK(changes[0].key == "b.c");
    CHECK(changes[0].before->value == "2");
    CHECK(changes[0].after->value == "4");
    CHECK(changes[1].key == "b.d");
    CHECK(changes[1].after == nullptr);
    CHECK(changes[2].key == "e");
    CHECK(changes[2].before == nullptr);
}

TEST_CASE("layers: a configuration's hash is the same for the same settings, and no secret's") {
    const auto hash_of = [](const char* text, std::uint64_t others = 1) {
        return config_hash(stack({text}).tree, others);
    };
    const std::string hash = hash_of("tick: 1s\nwarm_start: {authorization: {credentials: abc}}");
    CHECK(hash.size() == 16);
    CHECK(hash.find_first_not_of("0123456789abcdef") == std::string::npos);
    CHECK(hash == hash_of("tick: 1s\nwarm_start: {authorization: {credentials: def}}"));
    CHECK(hash != hash_of("tick: 2s\nwarm_start: {authorization: {credentials: abc}}"));
    CHECK(hash != hash_of("tick: 1s\nwarm_start: {authorization: {credentials: abc}}", 2));
}

TEST_CASE("layers: no secret is left, and nothing else is hidden") {
    Settings settings = stack({R"(
exporters:
  otlp: {endpoint: 'https://c:4318', headers: {Authorization: Bearer abc}}
  webhook: {kind: slack, url: 'https://hooks/abc', secret: abc, headers: [abc]}
scrape_configs:
  - {job_name: j, basic_auth: {username: u, password: abc}, params: {token: [abc]}}
warm_start: {authorization: {credentials: abc, credentials_file: /etc/token}}
secret_previous: 5
)"});
    mask_secrets(settings.tree);
    const std::string text = yaml_text(settings.tree);
    CHECK(text.find("abc") == std::string::npos);
    CHECK(text.find("5") == text.find("5", text.find("https://c:4318") - 1));
    for (const char* kept : {"https://c:4318", "slack", "/etc/token", "username: u"}) {
        CAPTURE(kept);
        CHECK(text.find(kept) != std::string::npos);
    }
    CHECK(text.find("secret_previous: \"***\"") != std::string::npos);
}
