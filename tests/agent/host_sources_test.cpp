#include "agent/host_sources.hpp"

#include <doctest/doctest.h>

#include "tests/support/temporary_directory.hpp"

using namespace homeostat;

TEST_CASE("host_sources: collectors get what the config names, below the root directory") {
    const test::TemporaryDirectory directory;
    directory.write("var/log/a.log", "x");
    HostSources sources(directory.path(),
                        std::move(*DirectoryFiles::open_root(directory.path().c_str())));
    Config config;
    config.log_files = {"/var/log/a.log"};
    const WorkbenchSettings settings = sources.bench(config, true);
    CHECK(settings.files->stamp("/var/log/a.log", Links::Follow)->size_bytes == 1);
    std::array<char, 64> buffer{};
    CHECK(settings.kernel_log->next(buffer).error().code == Errc::NotAvailable);
    CHECK(settings.failed_units == &sources.failed_units());
    CHECK(settings.log_files == config.log_files);
    CHECK(settings.watched_paths.front() == "/etc");
    CHECK(sources.bench(config, false).failed_units == nullptr);
}
