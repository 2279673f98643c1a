#include "agent/uplink/status_code.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace homeostat;

TEST_CASE("status_code: usual ones by number, others by class, nonsense as other") {
    struct Row {
        int status;
        const char* text;
    };
    for (const Row& row : {Row{0, "0"}, Row{200, "200"}, Row{299, "2xx"}, Row{503, "503"},
                           Row{599, "5xx"}, Row{418, "4xx"}, Row{100, "1xx"}, Row{3, "other"},
                           Row{99, "other"}, Row{600, "other"}, Row{-5, "other"}}) {
        CAPTURE(row.status);
        CHECK(text_of_status(counted_status(row.status)) == row.text);
    }
}

TEST_CASE("status_code: a server that says every number makes few series") {
    std::set<std::string> texts;
    for (int status = -1000; status < 100'000; ++status) {
        texts.insert(text_of_status(counted_status(status)));
    }
    CHECK(texts.size() <= 32);
}
