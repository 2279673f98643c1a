#include "detectors/template_rows.hpp"

#include <doctest/doctest.h>

#include <sstream>
#include <string>

using namespace homeostat;

namespace {

std::string rows(const std::string& log) {
    std::istringstream in(log);
    std::ostringstream out;
    REQUIRE(templates_csv(in, out));
    return out.str();
}

}  // namespace

TEST_CASE("templates: one row for each line, with and without a last line feed") {
    const std::string expected =
        "line,template_id,template\n1,1,\"disk <*> is up\"\n2,2,\"\"\n3,1,\"disk <*> is up\"\n";
    CHECK(rows("disk 1 is up\n\ndisk 2 is up\n") == expected);
    CHECK(rows("disk 1 is up\n\ndisk 2 is up") == expected);
    CHECK(rows("") == "line,template_id,template\n");
}

TEST_CASE("templates: quotes are doubled") {
    CHECK(rows("say \"two words\"\n").ends_with("1,1,\"say \"\"two words\"\"\"\n"));
}

TEST_CASE("templates: an endless line is cut and the next one read") {
    const std::string log = std::string(200'000, 'x') + "\nshort\n";
    const std::string text = rows(log);
    CHECK(text.ends_with("\n2,2,\"short\"\n"));
    CHECK(rows(std::string(200'000, 'x')).find("\n2,") == std::string::npos);
}

TEST_CASE("templates: counted, the most frequent first") {
    std::istringstream in("a 1\nb\na 2\n");
    std::ostringstream out;
    REQUIRE(template_counts_csv(in, out));
    CHECK(out.str() == "count,template_id,template\n2,1,\"a <*>\"\n1,2,\"b\"\n");
}

TEST_CASE("templates: an output that cannot be written is an error") {
    std::istringstream in("a\n");
    std::ostringstream out;
    out.setstate(std::ios::badbit);
    CHECK_FALSE(templates_csv(in, out));
}
