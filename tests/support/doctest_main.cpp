// main() of every test program. A filter that matches nothing is a failure: ctest names each part
// of a stage by its file, and a renamed file must not turn its tests off.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <csignal>
#include <cstdio>

namespace {

int cases_run = 0;  // NOLINT: doctest makes the listener itself, so there is no other way to ask

struct CaseCounter : doctest::IReporter {
    explicit CaseCounter(const doctest::ContextOptions&) {}
    void test_case_start(const doctest::TestCaseData&) override { ++cases_run; }
    void report_query(const doctest::QueryData&) override {}
    void test_run_start() override {}
    void test_run_end(const doctest::TestRunStats&) override {}
    void test_case_reenter(const doctest::TestCaseData&) override {}
    void test_case_end(const doctest::CurrentTestCaseStats&) override {}
    void test_case_exception(const doctest::TestCaseException&) override {}
    void subcase_start(const doctest::SubcaseSignature&) override {}
    void subcase_end() override {}
    void log_assert(const doctest::AssertData&) override {}
    void log_message(const doctest::MessageData&) override {}
    void test_case_skipped(const doctest::TestCaseData&) override {}
};

DOCTEST_REGISTER_LISTENER("case_counter", 1, CaseCounter);

}  // namespace

int main(int argc, char** argv) {
    // The program ignores it too: a peer that hangs up is an error value, not a death.
    std::signal(SIGPIPE, SIG_IGN);
    doctest::Context context(argc, argv);
    const int failed = context.run();
    if (context.shouldExit()) return failed;
    if (cases_run == 0) std::puts("no test case matched: was a file renamed?");
    return cases_run == 0 ? 1 : failed;
}
