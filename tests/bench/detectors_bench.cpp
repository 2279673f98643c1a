// What the detectors cost: points a second through one SeriesModel, beside a plain EWMA over the
// same points; the same with many series in turn; microseconds for the joint part of a host row;
// sizes; and how long a start takes to load what was learned.
//
//     bench_detectors [POINTS]         2,000,000 by default
//     bench_detectors --rows FILE.csv  microseconds for a whole row of this host: all series, joint
//                                      part, blame
//
// All in one run, as CPU time of this thread, the best of five; the ratio says more than the times.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <limits>
#include <vector>

#include "agent/model_store.hpp"
#include "core/allocation_guard.hpp"
#include "detectors/csv_rows.hpp"
#include "detectors/detectors.hpp"
#include "detectors/forecast.hpp"
#include "detectors/host_model.hpp"
#include "detectors/onset.hpp"
#include "detectors/series_model.hpp"

using namespace homeostat;

namespace {

double thread_cpu_seconds() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

// Runs `work` five times and returns the least CPU seconds.
template <typename Work>
double best_of_five(Work&& work) {
    double best = 1e9;
    for (int i = 0; i < 5; ++i) {
        const double begin = thread_cpu_seconds();
        work();
        best = std::min(best, thread_cpu_seconds() - begin);
    }
    return best;
}

// A daily curve with noise, one value a minute.
double daily_value(std::size_t minute) {
    const auto t = static_cast<double>(minute);
    return 100 + 30 * std::sin(t * 2 * 3.14159265 / 1440) + std::sin(t * 12.9898) +
           std::cos(t * 78.233);
}

std::vector<double> daily_values(std::size_t count) {
    std::vector<double> values(count);
    for (std::size_t i = 0; i < count; ++i) values[i] = daily_value(i);
    return values;
}

double ewma_seconds(const std::vector<double>& values, double& sink) {
    return best_of_five([&] {
        double mean = 0;
        double variance = 0;
        for (const double value : values) {
            const double miss = value - mean;
            sink += std::fabs(miss) / std::sqrt(variance + 1e-9);
            mean += 0.01 * miss;
            variance += 0.01 * (miss * miss - variance);
        }
    });
}

double model_seconds(const std::vector<double>& values, double& sink) {
    return best_of_five([&] {
        SeriesModel model;
        double at = 1.5e9;
        for (const double value : values) sink += model.observe(at += 60, value).surprise;
    });
}

// A day of so many series, minute by minute: nanoseconds a point.
double many_series_ns(std::size_t series, const std::vector<double>& values, double& sink) {
    constexpr std::size_t kMinutes = 60;
    std::vector<SeriesModel> models(series);
    double at = 1.5e9;
    const double seconds = best_of_five([&] {
        for (std::size_t minute = 0; minute < kMinutes; ++minute) {
            at += 60;
            for (std::size_t i = 0; i < series; ++i) {
                sink += models[i].observe(at, values[(minute + i) % values.size()]).surprise;
            }
        }
    });
    return seconds * 1e9 / static_cast<double>(series * kMinutes);
}

double host_seconds(std::size_t rows, std::size_t series, double& sink) {
    std::vector<double> values(series);
    const SeriesNews usual{.surprise = 0.1, .step = 0.1, .lasting = 0.1, .lean = 0.1};
    const std::vector<SeriesNews> news(series, usual);
    return best_of_five([&] {
        HostModel host(series);
        double at = 1.5e9;
        for (std::size_t i = 0; i < rows; ++i) {
            for (std::size_t k = 0; k < series; ++k) {
                values[k] = std::sin(static_cast<double>(i * (k + 1)) * 0.1);
            }
            sink += host.observe(at += 60, values, news);
        }
    });
}

// Milliseconds from the file's content to models that judge.
double load_ms(std::size_t series) {
    constexpr Metric kMetric{"bench_value", Unit::None, MetricKind::Gauge, Aspect::Other};
    SeriesTable table(series);
    Samples samples(table, series);
    const auto feed = [&](Detectors& detectors, int minutes_from, int minutes_to) {
        for (int minute = minutes_from; minute < minutes_to; ++minute) {
            const std::int64_t ns = minutes(minute).ns + 1;
            samples.begin({.monotonic_ns = ns, .unix_ns = seconds(1'795'176'000).ns + ns});
            for (std::size_t i = 0; i < series; ++i) {
                char name[16];
                std::snprintf(name, sizeof name, "unit%zu", i);
                samples.add(kMetric, {SubjectKind::Unit, name}, daily_value(i * 7));
            }
            (void)detectors.run(samples);
        }
    };
    Detectors former({.series_max = series});
    feed(former, 0, 60);
    const std::string content = encode_models(former, table, samples.at());
    double best = 1e9;
    for (int i = 0; i < 5; ++i) {
        Detectors next({.series_max = series});
        std::string copy = content;
        const double begin = thread_cpu_seconds();
        const auto load = decode_models(std::move(copy));
        if (!load) return std::numeric_limits<double>::infinity();
        next.set_bank(load->bank.get());
        feed(next, 60 + i, 61 + i);  // the first tick takes them
        best = std::min(best, thread_cpu_seconds() - begin);
        if (next.models_taken() != series) return std::numeric_limits<double>::infinity();
    }
    return best * 1e3;
}

int bench_rows(const char* path) {
    std::ifstream in(path);
    CsvRows csv(in);
    if (!csv.read_header()) {
        std::fprintf(stderr, "%s: not a CSV with a header\n", path);
        return 2;
    }
    std::vector<std::vector<double>> rows;
    std::vector<double> times;
    for (auto more = csv.read_row(); more && *more; more = csv.read_row()) {
        rows.push_back(csv.values());
        times.push_back(csv.timestamp());
    }
    const std::size_t series = csv.names().size();
    double sink = 0;
    const double seconds = best_of_five([&] {
        std::vector<SeriesModel> models(series);
        std::vector<SeriesNews> news(series);
        HostModel host(series);
        for (std::size_t row = 0; row < rows.size(); ++row) {
            for (std::size_t i = 0; i < series; ++i) {
                news[i] = models[i].observe(times[row], rows[row][i]).news;
            }
            sink += host.observe(times[row], rows[row], news);
            sink += static_cast<double>(host.blamed(3).size());
        }
    });
    std::printf("%.3f us a row: %zu rows of %zu series\n",
                seconds / static_cast<double>(std::max<std::size_t>(rows.size(), 1)) * 1e6,
                rows.size(), series);
    return std::isfinite(sink) ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc == 3 && std::strcmp(argv[1], "--rows") == 0) return bench_rows(argv[2]);
    const std::size_t points =
        argc > 1 ? std::strtoull(argv[1], nullptr, 10) : std::size_t{2'000'000};
    const std::vector<double> values = daily_values(std::max<std::size_t>(points, 1000));
    const auto count = static_cast<double>(values.size());
    double sink = 0;
    const double ewma = ewma_seconds(values, sink);
    const double model = model_seconds(values, sink);
    constexpr std::size_t kRows = 20'000;
    const double host = host_seconds(kRows, 40, sink);

    SeriesModel counted;
    const AllocationGuard guard;
    for (std::size_t i = 0; i < 1000; ++i) {
        sink += counted.observe(static_cast<double>(i) * 60, values[i]).surprise;
    }
    const auto allocations = static_cast<unsigned long long>(guard.count());
    std::printf(
        "series model        %.2f million points/s, %.1f x a plain EWMA (at least 3, at most 10)\n",
        count / model * 1e-6, model / ewma);
    for (const std::size_t series : {std::size_t{500}, std::size_t{5000}, std::size_t{50'000}}) {
        std::printf("%6zu series       %.0f ns a point\n", series,
                    many_series_ns(series, values, sink));
    }
    std::printf("host row, 40 series %.2f us for the joint part (at most 5)\n",
                host / static_cast<double>(kRows) * 1e6);
    std::printf("allocations         %llu in 1000 points\n", allocations);
    std::printf("state               series %zu B (at most 1536), onset %zu B, forecast %zu B\n",
                sizeof(SeriesModel), sizeof(OnsetModel), sizeof(CapacityForecast));
    std::printf(
        "load, 2,000 series  %.1f ms from the file's content to the first tick (at most 50)\n",
        load_ms(2000));
    return std::isfinite(sink) ? 0 : 1;
}
