#include "collectors/certificates.hpp"

#include <doctest/doctest.h>

#include "tests/collectors/fixture_host.hpp"

using namespace homeostat;
using test::Watch;

TEST_CASE("certificates: the time that each named file is still valid") {
    WorkbenchSettings settings;
    settings.certificates = {"etc/ssl/site.pem", "etc/ssl/none.pem"};
    Watch watch;
    Workbench bench(settings);
    CertificatesCollector certificates(bench);
    test::MemoryRoot root;
    root.set("etc/ssl/site.pem", test::read_text("tests/fixtures/certificates/2030-01-02.pem"));
    watch.clock.step_wall_clock(
        seconds(1'893'542'400) -
        Duration{test::ManualClock::kStartUnixNs});  // 2030-01-02 00:00:00 UTC
    const auto status = watch.collect(certificates, root);
    CHECK(status.error().code == Errc::NotFound);  // it names the file that is missing
    CHECK(status.error().text.view().find("none.pem") != std::string_view::npos);
    CHECK(*watch.value("certificate_valid_seconds", SubjectKind::Target, "etc/ssl/site.pem") ==
          11096);
}

TEST_CASE("certificates: a config that names none has nothing to collect") {
    Watch watch;
    CertificatesCollector certificates(watch.bench);
    const test::MemoryRoot root;
    CHECK(watch.collect(certificates, root).error().code == Errc::NotAvailable);
}
