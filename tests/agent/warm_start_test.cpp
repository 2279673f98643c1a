#include "agent/warm_start.hpp"

#include <doctest/doctest.h>

#include "tests/support/ask_history.hpp"

using namespace homeostat;

namespace {

constexpr const char* kGood =
    R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":{"instance":"h:9100"},)"
    R"("values":[[1795200157,"0.3"],[1795200172.781,"NaN"],[1795200187,"0.5"]]}]}})";

// Answers every question in the same way, and counts.
class Server final : public Fetcher {
public:
    Result<HttpResponse> fetch(const HttpRequest& request) override {
        ++asked;
        last_url = request.url;
        clock.advance(took);
        if (broken) return make_error(Errc::Timeout, "no answer in 10 s");
        HttpResponse response;
        response.status = status;
        response.body = body;
        return response;
    }
    test::ManualClock clock;
    Duration took;
    bool broken = false;
    int status = 200;
    std::string body = kGood;
    std::string last_url;
    std::size_t asked = 0;
};

WarmStartSettings settings() {
    WarmStartSettings settings;
    settings.url = "http://prometheus:9090";
    settings.selector = "instance=\"h:9100\"";
    return settings;
}

}  // namespace

TEST_CASE("warm_start: one matrix of one series is its past; what is not finite is left out") {
    const auto values = parse_query_range(kGood);
    REQUIRE(values);
    REQUIRE(values->size() == 2);
    CHECK(values->at(0).unix_seconds == 1795200157);
    CHECK(values->at(0).value == doctest::Approx(0.3));
    CHECK(values->at(1).value == doctest::Approx(0.5));
}

TEST_CASE("warm_start: the server's own errors are told in its words") {
    const auto status =
        parse_query_range(R"({"status":"error","errorType":"bad_data","error":"parse error"})");
    REQUIRE_FALSE(status);
    CHECK(status.error().code == Errc::Failed);
    CHECK(status.error().text == "query_range: bad_data: parse error");
}

TEST_CASE("warm_start: no series is not available, two are refused rather than mixed") {
    const std::string head = R"({"status":"success","data":{"resultType":"matrix","result":[)";
    const std::string one = R"({"metric":{},"values":[[1,"1"]]})";
    CHECK(parse_query_range(head + "]}}").error().code == Errc::NotAvailable);
    CHECK(parse_query_range(head + one + "," + one + "]}}").error().code == Errc::Invalid);
    CHECK(parse_query_range(head + R"({"metric":{},"histograms":[]})" + "]}}").error().code ==
          Errc::Parse);
    for (const char* pair : {"[1]", "[1,2]", "[\"1\",\"2\"]", "[-1,\"2\"]", "[1e300,\"2\"]", "3",
                             "[1,\"x\"]", "[1,\"2\",3]"}) {
        CAPTURE(pair);
        CHECK_FALSE(parse_query_range(head + R"({"values":[)" + pair + "]}]}}"));
    }
    CHECK_FALSE(parse_query_range(head + R"({"values":[[2,"1"],[1,"1"]]}]}})"));
}

TEST_CASE("warm_start: anything else is a parse error") {
    for (const char* body :
         {"", "{", "null", "[]", "3", "{}", R"({"status":"success"})",
          R"({"status":"success","data":3})", R"({"status":"success","data":{"result":[]}})",
          R"({"status":"success","data":{"resultType":"vector","result":[]}})",
          R"({"status":"success","data":{"resultType":"matrix","result":{}}})"}) {
        CAPTURE(body);
        const auto parsed = parse_query_range(body);
        REQUIRE_FALSE(parsed);
        CHECK(parsed.error().code == Errc::Parse);
    }
    const std::string good = kGood;
    for (std::size_t size = 0; size < good.size(); ++size) {
        CHECK_FALSE(parse_query_range(std::string_view(good).substr(0, size)));
    }
}

TEST_CASE("warm_start: the selector goes into every pair of braces") {
    CHECK(expression_for({"m", "rate(a{}[5m])/b{}"}, "i=\"h\"") ==
          "rate(a{i=\"h\"}[5m])/b{i=\"h\"}");
    CHECK(expression_for({"m", "a{mode=\"user\",}"}, "i=\"h\"") == "a{mode=\"user\",i=\"h\"}");
    for (const WarmSignal& signal : warm_signals()) {
        CHECK(expression_for(signal, "i=\"h\"").find("i=\"h\"}") != std::string::npos);
        // What is put together is put together by host: two of them must be told apart.
        const bool mixes = signal.expression.starts_with("avg");
        CHECK(mixes == signal.expression.starts_with("avg by (instance) ("));
    }
}

TEST_CASE("warm_start: all signals are asked once, and each history is handed over once") {
    Server server;
    WarmStart warm(settings());
    CHECK(warm.take_summary().empty());
    test::ask_history(warm, server, server.clock);
    CHECK(server.asked == warm_signals().size());
    CHECK(server.last_url.find("http://prometheus:9090/api/v1/query_range?query=") == 0);
    CHECK(server.last_url.find("instance%3D%22h%3A9100%22") != std::string::npos);
    CHECK(server.last_url.find("&step=300") != std::string::npos);
    History history;
    std::size_t taken = 0;
    while (warm.take(history)) {
        ++taken;
        CHECK(history.values.size() == 2);
    }
    CHECK(taken == warm_signals().size());
    CHECK(warm.take_summary().find("18 of 18") != std::string::npos);
    CHECK_FALSE(warm.due(server.clock.now()));
    CHECK(server.asked == warm_signals().size());
    CHECK(warm.take_summary().empty());
}

TEST_CASE(
    "warm_start: two questions are out at a time, and the end is told after the last answer") {
    test::ManualClock clock;
    WarmStart warm(settings());
    const auto ask = [&] {
        REQUIRE(warm.due(clock.now()));
        warm.note_asked();
    };
    ask();
    ask();
    CHECK_FALSE(warm.due(clock.now()));
    clock.advance(seconds(61));  // the time for questions is over, two answers may still come
    CHECK_FALSE(warm.due(clock.now()));
    CHECK(warm.take_summary().empty());
    HttpResponse response;
    response.status = 200;
    response.body = kGood;
    warm.note(1, response);
    CHECK_FALSE(warm.due(clock.now()));
    CHECK(warm.take_summary().empty());
    warm.note(0, make_error(Errc::Timeout, "no answer in 10 s"));
    CHECK_FALSE(warm.due(clock.now()));
    CHECK(warm.take_summary().find("1 of 18") != std::string::npos);
    History history;
    REQUIRE(warm.take(history));
    CHECK(history.metric == warm_signals()[1].metric);
}

TEST_CASE("warm_start: a server that is slow, down or lost leaves the series cold in a minute") {
    Server slow;
    slow.took = seconds(10);
    slow.broken = true;
    WarmStart warm(settings());
    test::ask_history(warm, slow, slow.clock);
    CHECK(slow.asked == 7);  // no question is asked after the minute
    History history;
    CHECK_FALSE(warm.take(history));
    CHECK(warm.take_summary().find("no answer in 10 s") != std::string::npos);

    Server refuses;
    refuses.status = 503;
    refuses.body = "overloaded";
    WarmStart cold(settings());
    test::ask_history(cold, refuses, refuses.clock);
    CHECK_FALSE(cold.take(history));
    CHECK(cold.take_summary().find("HTTP status 503") != std::string::npos);
}
