#include "collectors/kmsg.hpp"

#include <doctest/doctest.h>

#include <deque>

#include "core/allocation_guard.hpp"
#include "tests/collectors/bench_settings.hpp"
#include "tests/collectors/fixture_host.hpp"

using namespace homeostat;
using test::Watch;

namespace {

class Script final : public KernelLog {
public:
    std::deque<std::string> records;
    std::optional<Error> failure;

    Result<std::string_view> next(std::span<char> buffer) override {
        if (failure) return *failure;
        if (records.empty()) return std::string_view{};
        last_.swap(records.front());
        records.pop_front();
        REQUIRE(last_.size() <= buffer.size());
        return std::string_view(last_);
    }

private:
    std::string last_;
};

}  // namespace

TEST_CASE("kmsg: known messages become events, all are counted, gaps too") {
    Script log;
    Watch watch;
    Workbench bench(test::with_kernel_log(log));
    KmsgCollector kmsg(bench);
    log.records = {"6,10,1000,-;usb 1-1: new device\n",
                   "3,11,1001,-;I/O error, dev sda, sector 8\n SUBSYSTEM=block\n",
                   "3,15,1002,-;I/O error, dev sda, sector 16\n",
                   "27,16,1003,-;I/O error, dev sdb, sector 1\n", "not a record"};
    REQUIRE(watch.collect(kmsg, test::MemoryRoot{}));
    CHECK(*watch.value("kernel_log_lines_count") == 5);
    CHECK(*watch.value("kernel_log_errors_count") == 3);
    CHECK(*watch.value("kernel_log_lost_count") == 3);
    // The same fact once a tick; what a program wrote there is no message of the kernel.
    REQUIRE(bench.events().all().size() == 1);
    const Event& event = bench.events().all()[0];
    CHECK(event.kind == EventKind::IoError);
    CHECK(event.subject == Subject{SubjectKind::Device, "sda"});
    CHECK(event.text == "I/O error, dev sda, sector 8");
    CHECK(event.at == watch.clock.now());
}

TEST_CASE("kmsg: a flood is read in portions, and nothing is allocated") {
    Script log;
    Watch watch;
    Workbench bench(test::with_kernel_log(log));
    KmsgCollector kmsg(bench);
    REQUIRE(watch.collect(kmsg, test::MemoryRoot{}));
    for (int i = 0; i < KmsgCollector::kRecordsMax + 1; ++i) {
        log.records.push_back("3,1,1,-;I/O error, dev sda, sector 8\n");
    }
    const test::MemoryRoot root;
    const AllocationGuard guard;
    REQUIRE(watch.collect(kmsg, root));
    CHECK(guard.count() == 0);
    CHECK(log.records.size() == 1);
}

TEST_CASE("kmsg: nobody to ask, or no right to, is unknown") {
    Watch watch;
    KmsgCollector alone(watch.bench);
    CHECK(watch.collect(alone, test::MemoryRoot{}).error().code == Errc::NotAvailable);
    Script log;
    log.failure = make_error(Errc::Denied, "/dev/kmsg: Operation not permitted");
    Workbench bench(test::with_kernel_log(log));
    KmsgCollector kmsg(bench);
    CHECK(watch.collect(kmsg, test::MemoryRoot{}).error().code == Errc::Denied);
    CHECK_FALSE(watch.value("kernel_log_lines_count"));
}
