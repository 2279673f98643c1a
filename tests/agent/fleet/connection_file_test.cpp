#include "agent/fleet/connection_file.hpp"

#include <doctest/doctest.h>

using namespace homeostat;

TEST_CASE("connection_file: what is written is read again, and nothing else is") {
    const ConnectionFile file{"h\n", "https://a/", "https://b/", {{"X-A", "1 2"}, {"X-B", ""}}};
    const auto read = parse_connection(to_text(file));
    REQUIRE(read);
    CHECK(read->hash == file.hash);
    CHECK(read->owners == file.owners);
    CHECK(read->endpoint == file.endpoint);
    REQUIRE(read->headers.size() == 2);
    CHECK(read->headers[0].value == "1 2");
    CHECK(read->headers[1].value.empty());
    for (const char* bad : {"", "hash 00\n", "endpoint -\n", "endpoint zz\n", "what 00\n",
                            "endpoint 61\nheader 61\n"}) {
        CAPTURE(bad);
        CHECK_FALSE(parse_connection(bad));
    }
}

TEST_CASE("connection_file: headers are those that HTTP allows and that are not the agent's") {
    CHECK(fault_of_headers({{"Authorization", "Bearer x"}}).empty());
    for (const HttpHeader& bad :
         {HttpHeader{"", "x"}, HttpHeader{"A B", "x"}, HttpHeader{"A", "x\r\nB: y"},
          HttpHeader{"Content-Length", "1"}, HttpHeader{"host", "x"},
          HttpHeader{"A", std::string(5000, 'x')}}) {
        CAPTURE(bad.name);
        CHECK_FALSE(fault_of_headers({bad}).empty());
    }
}
