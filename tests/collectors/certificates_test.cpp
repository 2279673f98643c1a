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

TEST_CASE("certificates: a file on a mount that may hang is left alone") {
    WorkbenchSettings settings;
    settings.certificates = {"/nas/site.pem"};
    Watch watch;
    Workbench bench(settings);
    CertificatesCollector certificates(bench);
    test::MemoryRoot root;
    root.set("nas/site.pem", test::read_text("tests/fixtures/certificates/2030-01-02.pem"));
    root.set("proc/self/mountinfo", "28 1 0:9 / /nas rw - nfs4 x rw\n");
    const auto status = watch.collect(certificates, root);
    REQUIRE_FALSE(status);
    CHECK(status.error().code == Errc::Io);
    CHECK(status.error().text == "/nas/site.pem: not read: its mount may hang");
    root.set("proc/self/mountinfo", "28 1 8:9 / /nas rw - ext4 x rw\n");
    CHECK(watch.collect(certificates, root));
}

TEST_CASE("certificates: a config that names none has nothing to collect") {
    Watch watch;
    CertificatesCollector certificates(watch.bench);
    const test::MemoryRoot root;
    CHECK(watch.collect(certificates, root).error().code == Errc::NotAvailable);
}
