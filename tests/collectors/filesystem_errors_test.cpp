#include "collectors/filesystem_errors.hpp"

#include <doctest/doctest.h>

#include "tests/collectors/fixture_host.hpp"

using namespace homeostat;
using test::Watch;

TEST_CASE("filesystem errors: ext4 by device, btrfs by file system") {
    Watch watch;
    FilesystemErrorsCollector errors(watch.bench);
    REQUIRE(watch.collect(errors, test::load_host("debian12-6.1")));
    CHECK(*watch.value("filesystem_errors_count", SubjectKind::Device, "dm-0") == 0);
    CHECK(*watch.value("filesystem_errors_count", SubjectKind::Device,
                       "2f1c5a52-0000-4000-8000-000000000001") == 3);
    CHECK(watch.samples.all().size() == 2);  // not one of /sys/fs/ext4/features
    CHECK(watch.collect(errors, test::load_host("kernel-4.18")).error().code == Errc::NotAvailable);
}

TEST_CASE("filesystem errors: a sum needs a number on every line") {
    CHECK(*sum_of_counts("write_errs 1\nread_errs 2\n") == 3);
    CHECK(*sum_of_counts("write_errs 1\n\n") == 1);
    for (const char* text :
         {"", "\n", "write_errs\n", "write_errs x\n", "write_errs 1\nread_errs\n"}) {
        CAPTURE(text);
        CHECK_FALSE(sum_of_counts(text));
    }
    for (const std::string& text : test::hostile_texts()) (void)sum_of_counts(text);
}
