#include "agent/drill/drill_fitness.hpp"

#include <doctest/doctest.h>

#include "tests/collectors/fixture_host.hpp"
#include "tests/support/memory_root.hpp"

using namespace homeostat;

namespace {

std::string pressure(const char* avg10) {
    return fmt::format("some avg10={} avg60=0.00 avg300=0.00 total=5\n", avg10);
}

}  // namespace

TEST_CASE("drill_fitness: reads how strained the host is") {
    test::MemoryRoot root;
    root.set("proc/pressure/cpu", pressure("51.50"));
    root.set("proc/pressure/memory", pressure("1.00"));
    root.set("proc/pressure/io", pressure("0.00"));
    root.set("proc/loadavg", "6.00 1.00 1.00 1/2 3\n");
    root.set("proc/meminfo", "MemTotal: 1000 kB\nMemAvailable: 250 kB\n");
    const HostStrain strain = read_strain(root, 2);
    CHECK(strain.pressure_known);
    CHECK(strain.cpu == doctest::Approx(0.515));
    CHECK(strain.memory == doctest::Approx(0.01));
    CHECK(strain.load_per_core == doctest::Approx(3));
    CHECK(strain.memory_available_ratio == doctest::Approx(0.25));
}

TEST_CASE("drill_fitness: what cannot be read is not there, whatever the files hold") {
    const HostStrain nothing = read_strain(test::MemoryRoot{}, 0);
    CHECK_FALSE(nothing.pressure_known);
    CHECK(check_fitness(nothing));
    for (const std::string& text : test::hostile_texts()) {
        test::MemoryRoot root;
        for (const char* file : {"proc/pressure/cpu", "proc/loadavg", "proc/meminfo"}) {
            root.set(file, text);
        }
        (void)check_fitness(read_strain(root, 1));
    }
}

TEST_CASE("drill_fitness: who is ill is not drilled") {
    struct Row {
        HostStrain strain;
        bool fit;
    };
    for (const Row& row : {
             Row{{.pressure_known = true}, true},
             Row{{.cpu = 0.6, .pressure_known = true}, false},
             Row{{.memory = 0.1, .pressure_known = true}, false},
             Row{{.io = 0.4, .pressure_known = true}, false},
             Row{{.load_per_core = 5, .pressure_known = true}, true},
             Row{{.load_per_core = 5}, false},
             Row{{.memory_available_ratio = 0.1, .pressure_known = true}, false},
         }) {
        CAPTURE(row.strain.cpu);
        CAPTURE(row.strain.load_per_core);
        const auto status = check_fitness(row.strain);
        CHECK(status.has_value() == row.fit);
        if (!status) CHECK_FALSE(status.error().text.empty());
    }
}
