#include "collectors/pstore.hpp"

#include <doctest/doctest.h>

#include "tests/collectors/fixture_host.hpp"

using namespace homeostat;
using test::Watch;

TEST_CASE("pstore: records of the kernel and those that systemd moved") {
    Watch watch;
    PstoreCollector pstore(watch.bench);
    REQUIRE(watch.collect(pstore, test::load_host("storage-5.15")));
    CHECK(*watch.value("pstore_records_count") == 2);
}

TEST_CASE("pstore: a host without the directories lacks the source") {
    Watch watch;
    PstoreCollector pstore(watch.bench);
    const test::MemoryRoot root;
    CHECK(watch.collect(pstore, root).error().code == Errc::NotAvailable);
}
