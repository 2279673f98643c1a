// What the models and `homeostat replay` do with input that makes no sense, as properties: every
// score lies in [0,1], no state holds a number that is not finite, memory stays what it was, and
// good input that follows is judged again.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <istream>
#include <limits>
#include <ostream>
#include <sstream>
#include <streambuf>
#include <string>
#include <utility>
#include <vector>

#include "core/allocation_guard.hpp"
#include "detectors/forecast.hpp"
#include "detectors/host_model.hpp"
#include "detectors/onset.hpp"
#include "detectors/replay.hpp"
#include "detectors/series_model.hpp"

using namespace homeostat;

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kYear = 365 * 86400.0;

std::uint64_t mixed(std::uint64_t i) {
    i = (i ^ (i >> 30U)) * 0xbf58476d1ce4e5b9ULL;
    i = (i ^ (i >> 27U)) * 0x94d049bb133111ebULL;
    return i ^ (i >> 31U);
}

double share(std::uint64_t i) {
    return static_cast<double>(mixed(i) >> 11U) / 9007199254740992.0;
}

// An honest series: 10 with a little noise.
double usual(std::uint64_t i) {
    return 10 + share(i);
}

double nonsense(std::uint64_t i) {
    const std::array<double, 12> numbers{kNan,
                                         std::numeric_limits<double>::infinity(),
                                         -std::numeric_limits<double>::infinity(),
                                         std::numeric_limits<double>::denorm_min(),
                                         -std::numeric_limits<double>::denorm_min(),
                                         std::numeric_limits<double>::min(),
                                         1e308,
                                         -1e308,
                                         0,
                                         -0.0,
                                         share(i),
                                         std::exp(700 * (share(i + 7) - 0.5))};
    return numbers[mixed(i + 3) % numbers.size()];
}

struct Row {
    double seconds = 0;
    double value = 0;
};

struct Input {
    const char* name;
    std::function<Row(std::uint64_t)> row;
};

std::vector<Input> bad_inputs() {
    const auto minute = [](std::uint64_t i) { return 1.7e9 + 60.0 * static_cast<double>(i); };
    return {
        {"nonsense",
         [=](std::uint64_t i) {
             return Row{minute(i), nonsense(i)};
         }},
        {"one value, then nothing",
         [=](std::uint64_t i) {
             return Row{minute(i), i == 0 ? 5.0 : kNan};
         }},
        {"constant",
         [=](std::uint64_t i) {
             return Row{minute(i), 7};
         }},
        {"denormals",
         [=](std::uint64_t i) {
             return Row{minute(i), 5e-324 * static_cast<double>(mixed(i) % 9)};
         }},
        {"1e308 of either sign",
         [=](std::uint64_t i) {
             return Row{minute(i), mixed(i) % 2 == 0 ? 1e308 : -1e308};
         }},
        {"ten years between two rows",
         [=](std::uint64_t i) {
             return Row{1e9 + 10 * kYear * static_cast<double>(i), usual(i)};
         }},
        {"time that goes back",
         [=](std::uint64_t i) {
             return Row{1.7e9 - 60.0 * static_cast<double>(i), usual(i)};
         }},
        {"time that jumps both ways",
         [=](std::uint64_t i) {
             return Row{4e9 * (share(i + 1) - 0.5), usual(i)};
         }},
        {"time that is none",
         [=](std::uint64_t i) {
             return Row{nonsense(i), usual(i)};
         }},
        {"every row twice",
         [=](std::uint64_t i) {
             return Row{minute(i / 2), usual(i / 2)};
         }},
        {"another unit every hour",
         [=](std::uint64_t i) {
             return Row{minute(i), usual(i) * std::pow(1000, static_cast<double>(i / 60 % 4))};
         }},
        {"a counter's total that wraps",
         [=](std::uint64_t i) {
             return Row{minute(i), static_cast<double>(i * 97 % 65536)};
         }},
    };
}

// A file of so many rows that is made while it is read.
class MadeRows : public std::streambuf {
public:
    MadeRows(std::string header, std::uint64_t rows, std::function<std::string(std::uint64_t)> row)
        : text_(std::move(header)), rows_(rows), row_(std::move(row)) {
        setg(text_.data(), text_.data(), text_.data() + text_.size());
    }

protected:
    int_type underflow() override {
        if (made_ == rows_) return traits_type::eof();
        text_ = row_(made_++);
        setg(text_.data(), text_.data(), text_.data() + text_.size());
        return traits_type::to_int_type(text_.front());
    }

private:
    std::string text_;
    std::uint64_t rows_;
    std::uint64_t made_ = 0;
    std::function<std::string(std::uint64_t)> row_;
};

// Looks at each score that is written, and keeps nothing but the line it is in.
class ScoresSeen : public std::streambuf {
public:
    std::uint64_t rows = 0;  // with the header
    std::uint64_t bad = 0;   // scores outside [0,1], or none

protected:
    int_type overflow(int_type letter) override {
        if (traits_type::to_char_type(letter) != '\n') {
            line_ += traits_type::to_char_type(letter);
            return letter;
        }
        const std::size_t comma = line_.find(',');
        const char* number = line_.c_str() + (comma == std::string::npos ? 0 : comma + 1);
        char* end = nullptr;
        const double score = std::strtod(number, &end);
        if (rows > 0 && (end == number || !(score >= 0 && score <= 1))) ++bad;
        ++rows;
        line_.clear();
        return letter;
    }

private:
    std::string line_;
};

}  // namespace

TEST_CASE("bad input: a series' model stays sound, its scores in [0,1], and it allocates nothing") {
    for (const Input& input : bad_inputs()) {
        CAPTURE(std::string(input.name));
        SeriesModel model;
        OnsetModel onset;
        bool in_range = true;
        bool sound = true;
        const AllocationGuard guard;
        for (std::uint64_t i = 0; i < 20'000; ++i) {
            const Row row = input.row(i);
            const SeriesVerdict verdict = model.observe(row.seconds, row.value);
            const double score = score_of(verdict.surprise);
            const double news = onset.observe(row.seconds, row.value, verdict);
            in_range = in_range && score >= 0 && score <= 1 && news >= 0 && news <= 1;
            in_range = in_range && std::isfinite(verdict.expected) && std::isfinite(verdict.spread);
            sound = sound && model.is_sound();
        }
        CHECK(guard.count() == 0);
        CHECK(in_range);
        CHECK(sound);
    }
}

TEST_CASE("bad input: a series that is honest again is judged again, within two weeks") {
    for (const Input& input : bad_inputs()) {
        CAPTURE(std::string(input.name));
        SeriesModel model;
        for (std::uint64_t i = 0; i < 2000; ++i) {
            const Row row = input.row(i);
            model.observe(row.seconds, row.value);
        }
        const double from = 2e9 + 30'000 * 10 * kYear;
        double most = 0;
        for (std::uint64_t i = 0; i < 14 * 1440; ++i) {
            const double at = from + 60.0 * static_cast<double>(i);
            const double surprise = model.observe(at, usual(i)).surprise;
            if (i >= 13 * 1440) most = std::max(most, surprise);
        }
        CHECK(most < kSeriesFlag);
        CHECK(model.is_ready());
    }
}

TEST_CASE("bad input: a forecast stays sound, and no limit is expected in the past") {
    for (const Input& input : bad_inputs()) {
        CAPTURE(std::string(input.name));
        CapacityForecast model;
        bool right = true;
        for (std::uint64_t i = 0; i < 3000; ++i) {
            const Row row = input.row(i);
            model.observe(row.seconds, row.value);
            const ForecastResult result = model.forecast(100);
            right = right && model.is_sound() && !(result.seconds < 0);
            right = right && (!result.will_fill || std::isfinite(result.seconds));
        }
        CHECK(right);
    }
}

TEST_CASE("bad input: a host of such series has a finite surprise, in fixed memory") {
    const std::vector<Input> inputs = bad_inputs();
    std::vector<SeriesModel> models(inputs.size());
    std::vector<SeriesNews> news(inputs.size());
    std::vector<double> values(inputs.size());
    HostModel host(inputs.size());
    const std::size_t memory = host.memory_bytes();
    const AllocationGuard guard;
    bool right = true;
    for (std::uint64_t i = 0; i < 5000; ++i) {
        for (std::size_t k = 0; k < inputs.size(); ++k) {
            const Row row = inputs[k].row(i);
            values[k] = row.value;
            news[k] = models[k].observe(row.seconds, row.value).news;
        }
        // The rows' time as bad as the values every now and then.
        const double seconds = i % 100 == 1 ? nonsense(i) : 60.0 * static_cast<double>(i);
        const double score = score_of(host.observe(seconds, values, news));
        right = right && score >= 0 && score <= 1 && host.blamed(5).size() <= 5;
    }
    CHECK(right);
    CHECK(guard.count() == 0);
    CHECK(host.memory_bytes() == memory);
}

TEST_CASE("bad input: replay of a million rows of nonsense gives a million scores") {
    constexpr std::uint64_t kRows = 1'000'000;
    const std::array<const char*, 8> texts{"",    "nan",    "-inf", "1e308",
                                           "-0.", "5e-324", "7",    "1e999"};
    MadeRows made("timestamp,a\r\n", kRows, [&](std::uint64_t i) {
        const std::uint64_t pick = mixed(i);
        const double at = pick % 50 == 0 ? 1e15 * (share(i) - 0.5) : 60.0 * static_cast<double>(i);
        return fmt::format("{:.9g},{}\r\n", at, texts[pick / 64 % texts.size()]);
    });
    std::istream in(&made);
    ScoresSeen seen;
    std::ostream out(&seen);
    REQUIRE(replay_csv(in, out).has_value());
    CHECK(seen.rows == kRows + 1);
    CHECK(seen.bad == 0);
}

TEST_CASE("bad input: a million rows of letters are one error, with its line") {
    MadeRows made("timestamp,a\n", 1'000'000,
                  [](std::uint64_t i) { return fmt::format("{:x}#{:x}\n", mixed(i), i); });
    std::istream in(&made);
    ScoresSeen seen;
    std::ostream out(&seen);
    const Status status = replay_csv(in, out);
    REQUIRE_FALSE(status.has_value());
    CHECK(status.error().text.view().substr(0, 17) == "line 2, column 1:");
}

TEST_CASE("bad input: replay of 100,000 columns") {
    constexpr std::size_t kColumns = 100'000;
    std::string header = "timestamp";
    for (std::size_t i = 0; i < kColumns; ++i) header += fmt::format(",c{}", i);
    MadeRows made(header + "\n", 3, [&](std::uint64_t row) {
        std::string text = fmt::format("{}", 60 * row);
        for (std::size_t i = 0; i < kColumns; ++i) text += fmt::format(",{}", (i + row) % 7);
        return text + "\n";
    });
    std::istream in(&made);
    ScoresSeen seen;
    std::ostream out(&seen);
    REQUIRE(replay_csv(in, out).has_value());
    CHECK(seen.rows == 4);
    CHECK(seen.bad == 0);
}

TEST_CASE("bad input: a file with CRLF scores as the same file without") {
    const auto scores = [](const char* end) {
        std::string text = std::string("timestamp,a,b") + end;
        for (std::uint64_t i = 0; i < 500; ++i) {
            text += fmt::format("{},{},{}{}", 60 * i, usual(i), i % 9 == 0 ? "" : "3", end);
        }
        std::istringstream in(text);
        std::ostringstream out;
        REQUIRE(replay_csv(in, out).has_value());
        return out.str();
    };
    CHECK(scores("\r\n") == scores("\n"));
}
