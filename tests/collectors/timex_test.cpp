#include "collectors/timex.hpp"

#include <doctest/doctest.h>

#include "tests/collectors/fixture_host.hpp"

using namespace homeostat;
using test::Watch;

namespace {

class Steady final : public ClockDiscipline {
public:
    explicit Steady(Result<ClockDisciplineReading> reading) : reading_(std::move(reading)) {}
    Result<ClockDisciplineReading> read() const override { return reading_; }

private:
    Result<ClockDisciplineReading> reading_;
};

}  // namespace

TEST_CASE("timex: what the clock's discipline says") {
    const Steady steady(ClockDisciplineReading{.offset_seconds = -0.25,
                                               .error_max_seconds = 16,
                                               .error_estimate_seconds = 0.5,
                                               .synchronised = true});
    Watch watch;
    WorkbenchSettings settings;
    settings.clock_discipline = &steady;
    Workbench bench(settings);
    TimexCollector timex(bench);
    REQUIRE(watch.collect(timex, test::MemoryRoot{}));
    CHECK(*watch.value("clock_offset_seconds") == -0.25);
    CHECK(*watch.value("clock_error_max_seconds") == 16);
    CHECK(*watch.value("clock_error_estimate_seconds") == 0.5);
    CHECK(*watch.value("clock_synchronised") == 1);
}

TEST_CASE("timex: nobody to ask, or no answer") {
    Watch watch;
    TimexCollector nobody(watch.bench);
    CHECK(watch.collect(nobody, test::MemoryRoot{}).error().code == Errc::NotAvailable);
    const Steady mute(make_error(Errc::Denied, "adjtimex: Operation not permitted"));
    WorkbenchSettings settings;
    settings.clock_discipline = &mute;
    Workbench bench(settings);
    TimexCollector timex(bench);
    CHECK(watch.collect(timex, test::MemoryRoot{}).error().code == Errc::Denied);
    CHECK(watch.samples.all().empty());
}
