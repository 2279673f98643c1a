#include "agent/config/relabel.hpp"

#include <doctest/doctest.h>

using namespace homeostat;

namespace {

std::string value_of(std::string_view labels, std::string_view name) {
    std::string out;
    label_value(labels, name, out);
    return out;
}

bool wants(const std::vector<RelabelRule>& rules, std::string_view name,
           std::string_view labels = "") {
    const auto compiled = Relabelling::compile(rules);
    REQUIRE(compiled);
    return compiled->wants(name, labels);
}

}  // namespace

TEST_CASE("relabel: keep and drop match the whole of the joined labels") {
    const RelabelRule keep_disk{RelabelAction::Keep, {"__name__"}, ";", "node_disk_.*"};
    CHECK(wants({keep_disk}, "node_disk_io_now"));
    CHECK_FALSE(wants({keep_disk}, "my_node_disk_io_now"));
    const RelabelRule drop_loop{RelabelAction::Drop, {"__name__", "device"}, ";", ".+;loop\\d+"};
    CHECK_FALSE(wants({drop_loop}, "node_disk_io_now", R"(device="loop0")"));
    CHECK(wants({drop_loop}, "node_disk_io_now", R"(device="loop0x")"));
    CHECK(wants({drop_loop}, "node_disk_io_now", R"(device="sda")"));
    CHECK_FALSE(wants({keep_disk, drop_loop}, "node_disk_io_now", R"(device="loop1")"));
}

TEST_CASE("relabel: a label that is not there is empty, defaults are Prometheus'") {
    CHECK(wants({RelabelRule{}}, "anything"));
    CHECK_FALSE(wants({{RelabelAction::Keep, {"mode"}, ";", ".+"}}, "a", R"(cpu="0")"));
    CHECK(wants({{RelabelAction::Keep, {"a", "b"}, "-", "-"}}, "x"));
    CHECK(wants({}, "x"));
}

TEST_CASE("relabel: values as they were before they were escaped") {
    const std::string_view labels = R"(a="say \"hi\"",b="back\\slash",c="two\nlines",d="1,2")";
    CHECK(value_of(labels, "a") == "say \"hi\"");
    CHECK(value_of(labels, "b") == "back\\slash");
    CHECK(value_of(labels, "c") == "two\nlines");
    CHECK(value_of(labels, "d") == "1,2");
    CHECK(value_of(labels, "say") == "");
    CHECK(value_of(labels, "e") == "");
    CHECK(wants({{RelabelAction::Keep, {"c"}, ";", "two.lines"}}, "x", labels));
}

TEST_CASE("relabel: label texts of another form have no values") {
    for (const char* text : {"", ",", "=", "a", "a=", "a=\"", "a=\"b", "a=\"b\\", "\"a\"=", "\\"}) {
        CAPTURE(text);
        CHECK(value_of(text, "x") == "");
    }
}

TEST_CASE("relabel: an expression that RE2 does not take is refused with the reason") {
    const auto broken = Relabelling::compile({{RelabelAction::Keep, {"a"}, ";", "(a"}});
    REQUIRE_FALSE(broken);
    CHECK(broken.error().code == Errc::Invalid);
    CHECK(broken.error().text.view().find("(a") != std::string_view::npos);
}
