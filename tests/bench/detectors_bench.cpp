// What the detectors cost: points a second through one SeriesModel, beside a plain EWMA over the
// same points; microseconds for the joint part of a host row; state sizes.
//
//     bench_detectors [POINTS]      2,000,000 by default
//
// All in one run, as CPU time of this thread, the best of five; the ratio says more than the times.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <vector>

#include "core/allocation_guard.hpp"
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
std::vector<double> daily_values(std::size_t count) {
    std::vector<double> values(count);
    for (std::size_t i = 0; i < count; ++i) {
        const double t = static_cast<double>(i);
        values[i] = 100 + 30 * std::sin(t * 2 * 3.14159265 / 1440) + std::sin(t * 12.9898) +
                    std::cos(t * 78.233);
    }
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

double host_seconds(std::size_t rows, std::size_t series, double& sink) {
    std::vector<double> values(series);
    std::vector<double> surprises(series, 0.1);
    return best_of_five([&] {
        HostModel host(series);
        double at = 1.5e9;
        for (std::size_t i = 0; i < rows; ++i) {
            for (std::size_t k = 0; k < series; ++k) {
                values[k] = std::sin(static_cast<double>(i * (k + 1)) * 0.1);
            }
            sink += host.observe(at += 60, values, surprises, surprises);
        }
    });
}

}  // namespace

int main(int argc, char** argv) {
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
    std::printf("series model        %.2f million points/s, %.1f x a plain EWMA\n",
                count / model * 1e-6, model / ewma);
    std::printf("host row, 40 series %.2f us\n", host / static_cast<double>(kRows) * 1e6);
    std::printf("allocations         %llu in 1000 points\n",
                static_cast<unsigned long long>(guard.count()));
    std::printf("state               series %zu B, onset %zu B, forecast %zu B\n",
                sizeof(SeriesModel), sizeof(OnsetModel), sizeof(CapacityForecast));
    return std::isfinite(sink) ? 0 : 1;
}
