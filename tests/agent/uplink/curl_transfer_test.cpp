#include "agent/uplink/curl_transfer.hpp"

#include <doctest/doctest.h>

using namespace homeostat;

namespace {

struct Client {
    std::atomic<bool> interrupted{false};
    CurlClient client{.user_agent = "x", .proxy = "", .interrupted = &interrupted};
};

HttpRequest request_to(std::string url) {
    HttpRequest request;
    request.url = std::move(url);
    return request;
}

}  // namespace

TEST_CASE("curl transfer: what cannot be sent is refused before anything is") {
    Client own;
    CurlTransfer transfer(own.client);
    for (const char* url : {"", "ftp://host/", "file:///etc/passwd", "host:80"}) {
        CAPTURE(url);
        CHECK(transfer.begin(request_to(url)).error().code == Errc::Invalid);
    }
    for (const HttpHeader& header :
         {HttpHeader{"", "x"}, {"A", "b\r\nC: d"}, {"A:", "b"}, {"A", std::string("b\0c", 3)}}) {
        HttpRequest request = request_to("http://127.0.0.1/");
        request.headers.push_back(header);
        CHECK(transfer.begin(request).error().code == Errc::Invalid);
    }
    CHECK(transfer.begin(request_to("http://127.0.0.1/")));
    own.interrupted = true;
    CHECK(transfer.begin(request_to("http://127.0.0.1/")).error().code == Errc::Io);
}

TEST_CASE("curl transfer: an error names the server and nothing secret") {
    Client own;
    CurlTransfer transfer(own.client);
    REQUIRE(transfer.begin(request_to("https://user:hunter2@host:8443/secret?token=abc")));
    struct Row {
        CURLcode code;
        Errc expected;
    };
    for (const Row& row : {Row{CURLE_OPERATION_TIMEDOUT, Errc::Timeout},
                           {CURLE_COULDNT_CONNECT, Errc::Io},
                           {CURLE_URL_MALFORMAT, Errc::Invalid},
                           {CURLE_SSL_CACERT_BADFILE, Errc::Invalid},
                           {CURLE_FILESIZE_EXCEEDED, Errc::Limit},
                           {CURLE_ABORTED_BY_CALLBACK, Errc::Io},
                           {CURLE_OUT_OF_MEMORY, Errc::Io}}) {
        CAPTURE(static_cast<int>(row.code));
        const auto answer = transfer.end(row.code);
        REQUIRE_FALSE(answer.has_value());
        CHECK(answer.error().code == row.expected);
        const std::string_view text = answer.error().text.view();
        CHECK(text.starts_with("https://host:8443: "));
        CHECK(text.find("hunter2") == std::string_view::npos);
        CHECK(text.find("token") == std::string_view::npos);
    }
}
