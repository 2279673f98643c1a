#include "collectors/kernel_log.hpp"

#include <doctest/doctest.h>

#include <array>
#include <fstream>

#include "tests/support/temporary_directory.hpp"

using namespace homeostat;

TEST_CASE("kernel_log: a file that is no device, and one that is not there, are not available") {
    const test::TemporaryDirectory directory;
    std::array<char, 64> buffer{};
    std::ofstream(directory.path() + "/kmsg") << "6,1,2,-;a line\n";
    DeviceKernelLog file(directory.path() + "/kmsg");
    CHECK(file.next(buffer).error().code == Errc::NotAvailable);
    DeviceKernelLog missing(directory.path() + "/none");
    CHECK(missing.next(buffer).error().code == Errc::NotAvailable);
}

TEST_CASE("kernel_log: a device without news says nothing and does not wait") {
    std::array<char, 64> buffer{};
    DeviceKernelLog silent("/dev/null");
    const auto record = silent.next(buffer);
    REQUIRE(record);
    CHECK(record->empty());
}
