// FixtureHost is a small whole host of tests/fixtures/hosts, in memory, and a place for samples.
#pragma once

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

#include "collectors/collector.hpp"
#include "collectors/workbench.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/memory_root.hpp"

namespace homeostat::test {

inline std::string read_text(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

inline MemoryRoot load_host(std::string_view name) {
    MemoryRoot root;
    const auto top = std::filesystem::path("tests/fixtures/hosts") / name;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(top)) {
        if (!entry.is_regular_file()) continue;
        root.set(std::filesystem::relative(entry.path(), top).string(), read_text(entry.path()));
    }
    return root;
}

// Somewhere for a collector to put its samples.
struct Watch {
    SeriesTable table{4096};
    Samples samples{table, 4096};
    ManualClock clock;
    Workbench bench;

    Status collect(Collector& collector, const Root& root) {
        samples.begin(clock.now());
        return collector.collect(root, samples);
    }
    [[nodiscard]] std::optional<double> value(std::string_view metric) const {
        return samples.value(metric);
    }
    [[nodiscard]] std::optional<double> value(std::string_view metric, SubjectKind kind,
                                              std::string_view name) const {
        return samples.value(metric, Subject{.kind = kind, .name = name});
    }
};

// Text that no parser may trip over: empty, blank, cut, binary, huge.
inline const std::vector<std::string>& hostile_texts() {
    using namespace std::string_literals;
    static const std::vector<std::string> texts{
        ""s,
        "\n"s,
        "\n\n\n"s,
        " \t "s,
        "\0\0\0\0"s,
        "\xFF\xFE\x80 \xC3\x28\n"s,
        "cpu"s,
        ":"s,
        "-1 -1 -1\n"s,
        "99999999999999999999999999\n"s,
        std::string(100'000, '9'),
        std::string(100'000, ' '),
        std::string(100'000, '\n'),
        "some total=\nfull avg10=\n"s,
        "1 (a"s,
        "1 ) ( S\n"s,
    };
    return texts;
}

// Every beginning of a good text: a read that was cut.
template <typename Parse>
void parse_all_beginnings(std::string_view text, Parse parse) {
    for (std::size_t size = 0; size <= text.size(); ++size) parse(text.substr(0, size));
}

}  // namespace homeostat::test
