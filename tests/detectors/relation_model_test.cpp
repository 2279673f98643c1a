#include "detectors/relation_model.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

using namespace homeostat;

namespace {

// Small repeatable noise, different for each lane.
double noise(int i, int lane) {
    return 0.01 * std::sin(i * 12.9898 + lane * 4.1) * std::cos(i * 78.233 / (lane + 1));
}

// Bytes, packets and segments that move as one, and a temperature that does not care.
std::vector<double> row(int i) {
    const double traffic = 5 + std::sin(i * 0.013) + 0.7 * std::sin(i * 0.31);
    return {100 * (traffic + noise(i, 0)), traffic + noise(i, 1), 3 * (traffic + noise(i, 2)),
            40 + std::sin(i * 0.77)};
}

}  // namespace

TEST_CASE("relation model: a member that leaves its company is odd at an ordinary value") {
    RelationModel model(4, {.known_share = 0.9});
    double most = 0;
    for (int i = 0; i < 5000; ++i) {
        const auto surprises = model.observe(i * 60.0, row(i));
        if (i > 2000) most = std::max(most, *std::max_element(surprises.begin(), surprises.end()));
    }
    CHECK(most < 1);
    std::vector<double> broken = row(5000);
    broken[1] = 4.2;  // within what it always was, but not while the others are where they are
    const auto surprises = model.observe(5000 * 60.0, broken);
    CHECK(surprises[1] > 2);
    CHECK(surprises[1] >= surprises[3]);
}

TEST_CASE("relation model: a member that nobody can tell much about is left out") {
    RelationModel model(4);
    for (int i = 0; i < 5000; ++i) CHECK(model.observe(i * 60.0, row(i))[3] == 0);
    std::vector<double> hot = row(5000);
    hot[3] = 90;
    CHECK(model.observe(5000 * 60.0, hot)[3] == 0);
}

TEST_CASE("relation model: it says nothing before it has seen enough") {
    RelationModel model(4);
    for (int i = 0; i < 500; ++i) {
        std::vector<double> values = row(i);
        if (i % 50 == 49) values[0] = -1000;
        for (const double surprise : model.observe(i * 60.0, values)) CHECK(surprise == 0);
    }
}

TEST_CASE("relation model: more series than members are taken, the surplus unrelated") {
    RelationModel model(100);
    std::vector<double> values(100, 1.0);
    for (int i = 0; i < 800; ++i) {
        for (std::size_t k = 0; k < values.size(); ++k) values[k] = std::sin(i * 0.1) + double(k);
        CHECK(model.observe(i * 60.0, values).size() == 100);
    }
    values[99] = 1e9;
    CHECK(model.observe(800 * 60.0, values)[99] == 0);
}

TEST_CASE("relation model: bad input leaves every surprise finite") {
    RelationModel model(3);
    const double inf = std::numeric_limits<double>::infinity();
    const double values[] = {0, 1e308, -1e308, 5e-324, inf, std::nan(""), 1, 1};
    double at = 0;
    for (int i = 0; i < 5000; ++i) {
        const std::vector<double> bad{values[i % 8], values[(i / 3) % 8], values[(i * 5) % 8]};
        for (const double surprise : model.observe(at, bad)) {
            CHECK(std::isfinite(surprise));
            CHECK(surprise >= 0);
        }
        at += i % 9 == 0 ? -1e6 : (i % 13 == 0 ? 3e8 : 60);
    }
}

TEST_CASE("relation model: of orders of magnitude, a small member that loses nine tenths is seen") {
    RelationModel model(4, {.logarithmic = true, .mean_seconds = 900, .known_share = 0.5});
    const auto fallen = [](int i) {
        std::vector<double> values = row(i);
        values[1] /= 10;
        return values;
    };
    for (int i = 0; i < 5000; ++i) model.observe(i * 60.0, row(i));
    for (int i = 5000; i < 5030; ++i) {
        CAPTURE(i);
        CHECK(model.observe(i * 60.0, fallen(i))[1] > 2);  // at once, and for as long as it lasts
    }
}

TEST_CASE("relation model: the row as a whole is odd when any relation breaks") {
    RelationModel model(4);
    double most = 0;
    for (int i = 0; i < 5000; ++i) {
        model.observe(i * 60.0, row(i));
        if (i > 2000) most = std::max(most, model.row_surprise());
    }
    CHECK(most < 1.5);
    std::vector<double> broken = row(5000);
    broken[1] = 4.2;
    model.observe(5000 * 60.0, broken);
    CHECK(model.row_surprise() > 2 * most);
}

TEST_CASE("relation model: a new series in an old place is learned anew, the others go on") {
    RelationModel model(4, {.known_share = 0.9});
    for (int i = 0; i < 5000; ++i) model.observe(i * 60.0, row(i));
    model.begin_member(1);
    for (int i = 5000; i < 5200; ++i) {
        std::vector<double> values = row(i);
        values[1] = 1e6 + 100 * std::sin(i * 0.9);
        const auto surprises = model.observe(i * 60.0, values);
        CHECK(surprises[0] < 1);
        CHECK(surprises[2] < 1);
    }
    model.begin_member(1000);  // no member: nothing to forget
}

TEST_CASE("relation model: a row that is known to be wrong is judged and teaches nothing") {
    RelationModel model(4);
    for (int i = 0; i < 5000; ++i) model.observe(i * 60.0, row(i));
    RelationModel untouched = model;
    for (int i = 5000; i < 8000; ++i) {
        std::vector<double> broken = row(i);
        broken[1] /= 10;
        model.observe(i * 60.0, broken, false);
        CHECK(model.row_surprise() > 2);
    }
    const auto now = model.observe(8000 * 60.0, row(8000));
    const auto then = untouched.observe(8000 * 60.0, row(8000));
    for (std::size_t i = 0; i < now.size(); ++i) CHECK(now[i] == doctest::Approx(then[i]));
}
