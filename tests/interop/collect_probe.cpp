// Runs every collector once over a directory that stands for the host ("/" unless one is named) and
// prints what it found, one sample a line:
//     metric <tab> kind of subject <tab> subject <tab> value
// for node_exporter_test.py, which compares the values with another program's.
#include <cstdio>

#include "collectors/registry.hpp"
#include "core/clock.hpp"

using namespace homeostat;

int main(int argc, char** argv) {
    constexpr std::size_t kSeriesMax = 20'000;
    const auto root = DirectoryRoot::open(argc > 1 ? argv[1] : "/");
    if (!root) return 1;
    const SystemClock clock;
    const KernelClockDiscipline discipline;
    WorkbenchSettings settings;
    settings.clock_discipline = &discipline;
    Workbench bench(settings);
    SeriesTable table(kSeriesMax);
    Samples samples(table, kSeriesMax);
    samples.begin(clock.now());
    for (const CollectorRow& row : collector_rows()) {
        const auto status = row.make(bench)->collect(*root, samples);
        if (!status) std::fprintf(stderr, "%s\n", status.error().text.c_str());
    }
    for (const Sample& sample : samples.all()) {
        const SeriesInfo& series = table.info(sample.series);
        std::printf("%s\t%s\t%s\t%.17g\n", series.metric.c_str(),
                    std::string(name_of(series.subject.kind)).c_str(), series.subject.name.c_str(),
                    sample.value);
    }
    return 0;
}
