#include "actions/playbook/direct_probe.hpp"

#include <doctest/doctest.h>

#include "tests/support/scripted_fetcher.hpp"
#include "tests/support/temporary_directory.hpp"

namespace homeostat::playbook {

TEST_CASE("direct probe: a request goes through the fetcher, whole") {
    test::ScriptedFetcher fetcher([](const HttpRequest&) -> Result<HttpResponse> {
        HttpResponse response;
        response.status = 302;
        response.content_type = "text/plain";
        response.location = "/there";
        response.body = "moved";
        return response;
    });
    DirectProbe probe(fetcher);
    ProbeRequest request;
    request.method = "POST";
    request.url = "http://127.0.0.1/x";
    request.headers = {{"A", "b"}};
    request.body = "data";
    request.verify_certificates = false;
    const auto answer = probe.request(request);
    REQUIRE(answer);
    CHECK(answer->status == 302);
    CHECK(answer->location == "/there");
    CHECK(answer->body == "moved");
    REQUIRE(fetcher.asked.size() == 1);
    CHECK(fetcher.asked[0].method == "POST");
    CHECK(fetcher.asked[0].headers[0].value == "b");
    CHECK(fetcher.asked[0].tls.insecure_skip_verify);
}

TEST_CASE("direct probe: files are there, or not, and read up to a limit") {
    test::ScriptedFetcher fetcher;
    DirectProbe probe(fetcher);
    const test::TemporaryDirectory directory;
    const std::string path = directory.write("a", "hello");
    CHECK(probe.read_file(path, 0)->empty());
    CHECK(*probe.read_file(path, 3) == "hel");
    CHECK(*probe.read_file(path, 100) == "hello");
    CHECK(probe.read_file(directory / "nosuch", 0).error().code == Errc::NotFound);
    CHECK(probe.read_file(path + "/below", 0).error().code == Errc::NotFound);
}

TEST_CASE("direct probe: a host must be an address") {
    test::ScriptedFetcher fetcher;
    DirectProbe probe(fetcher);
    CHECK(probe.connect("no address", 1, seconds(1), 0).error().code == Errc::Invalid);
}

}  // namespace homeostat::playbook
