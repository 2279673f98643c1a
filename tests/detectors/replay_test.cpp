#include "detectors/replay.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <sstream>
#include <string>
#include <vector>

using namespace homeostat;

namespace {

std::vector<std::string> replay_lines(const std::string& text) {
    std::istringstream in(text);
    std::ostringstream out;
    REQUIRE(replay_csv(in, out).has_value());
    std::vector<std::string> lines;
    std::istringstream rows(out.str());
    for (std::string line; std::getline(rows, line);) lines.push_back(line);
    return lines;
}

double field(const std::string& line, int index) {
    std::istringstream in(line);
    std::string text;
    for (int i = 0; i <= index; ++i) std::getline(in, text, ',');
    return std::strtod(text.c_str(), nullptr);
}

std::string wave(int rows, int spike_at) {
    std::string text = "timestamp,cpu\n";
    for (int i = 0; i < rows; ++i) {
        const double value = i == spike_at ? 500 : 50 + 5 * std::sin(i * 0.7) + std::sin(i * 3.1);
        text += std::to_string(1500000000 + i * 60) + "," + std::to_string(value) + "\n";
    }
    return text;
}

}  // namespace

TEST_CASE("replay: one column gives timestamp, score, flag and onset, row for row") {
    const auto lines = replay_lines(wave(3000, 2500));
    REQUIRE(lines.size() == 3001);
    CHECK(lines[0] == "timestamp,score,flag,onset");
    CHECK(lines[1] == "1500000000,0,0,0");
    CHECK(field(lines[2501], 1) > 0.9);
    CHECK(field(lines[2501], 2) == 1);
    CHECK(field(lines[2501], 3) > 0.5);
    for (std::size_t i = 1; i < lines.size(); ++i) {
        CHECK(field(lines[i], 1) >= 0);
        CHECK(field(lines[i], 1) <= 1);
    }
}

TEST_CASE("replay: several columns name the one to blame first") {
    std::string text = "timestamp,cpu,disk,net\n";
    for (int i = 0; i < 3000; ++i) {
        const double disk = i >= 2900 ? 900 : 50 + 3 * std::sin(i * 1.3);
        text += std::to_string(i * 60) + "," + std::to_string(20 + 2 * std::sin(i * 0.9)) + "," +
                std::to_string(disk) + "," + std::to_string(70 + std::cos(i * 2.1)) + "\n";
    }
    const auto lines = replay_lines(text);
    CHECK(lines[0] == "timestamp,score,flag,top_series,onset");
    CHECK(lines[2910].find(",disk") != std::string::npos);
    CHECK(field(lines[2910], 1) > field(lines[2800], 1));
}

TEST_CASE("replay: missing values, repeats, steps back, gaps and CRLF keep one row each") {
    const auto lines = replay_lines(
        "timestamp,a\r\n100,1\r\n160,\r\n160,2\r\n100,3\r\n999999999,4\r\n1000000059,nan\r\n");
    REQUIRE(lines.size() == 7);
    CHECK(lines[2] == "160,0,0,0");
    CHECK(lines[5].substr(0, 10) == "999999999,");
}

TEST_CASE("replay: what is wrong with the input is an error") {
    std::istringstream in("timestamp,a\n1,2\n2,oops\n");
    std::ostringstream out;
    const Status status = replay_csv(in, out);
    REQUIRE_FALSE(status.has_value());
    CHECK(status.error().text == "line 3, column 2: expected a number, got 'oops'");
}

TEST_CASE("replay: when asked, what is odd says why, in its own column") {
    std::istringstream in(wave(3000, 2500));
    std::ostringstream out;
    REQUIRE(replay_csv(in, out, true).has_value());
    const std::string text = out.str();
    CHECK(text.find("timestamp,score,flag,onset,why\n") == 0);
    CHECK(text.find("\n1500000000,0,0,0,\n") != std::string::npos);
    CHECK(text.find(",\"500, expected ") != std::string::npos);
}

TEST_CASE("forecast csv: days to full, empty while it will not fill") {
    std::string text = "timestamp,used\n";
    for (int i = 0; i < 1000; ++i) {
        text += std::to_string(i * 600) + "," + std::to_string(0.2 + i * 0.0007) + "\n";
    }
    std::istringstream in(text);
    std::ostringstream out;
    REQUIRE(forecast_csv(in, out, 1.0).has_value());
    const std::string result = out.str();
    CHECK(result.find("timestamp,days_to_full,low,high\n0,,,\n600,,,\n") == 0);
    const std::string last = result.substr(result.rfind('\n', result.size() - 2) + 1);
    CHECK(field(last, 1) ==
          doctest::Approx((1 - 0.2 - 999 * 0.0007) / 0.0007 * 600 / 86400).epsilon(0.1));
    CHECK(field(last, 2) <= field(last, 1));
    CHECK(field(last, 3) >= field(last, 1));
}

TEST_CASE("forecast csv: more than one value column is refused") {
    std::istringstream in("timestamp,a,b\n1,2,3\n");
    std::ostringstream out;
    CHECK_FALSE(forecast_csv(in, out, 1.0).has_value());
}
