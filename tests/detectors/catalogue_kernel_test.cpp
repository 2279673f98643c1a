#include "detectors/catalogue_rows.hpp"

#include <doctest/doctest.h>

#include "tests/detectors/condition_watch.hpp"

using namespace homeostat;
using namespace homeostat::test;

TEST_CASE("kernel: a process near its limit of files is told at once") {
    ConditionWatch watch("process_files_used_up");
    CHECK(watch.after(5, {.value = 0.6}) == kNone);
    CHECK(watch.after(1, {.value = 0.9}) == kWarning);
    CHECK(watch.after(1, {.value = 1.0}) == kError);
    CHECK(watch.after(25, {.value = 0}) == kNone);
}

TEST_CASE("kernel: many processes are a storm where they are unusual") {
    ConditionWatch build_farm("processes_jump");
    CHECK(build_farm.after(300, {.value = 1500}) == kNone);
    ConditionWatch host("processes_jump");
    host.after(60, {.value = 150});
    CHECK(host.after(2, {.value = 900}) == kWarning);
}

TEST_CASE("kernel: a unit near its limit of tasks, a process that waits for ever") {
    ConditionWatch tasks("unit_tasks_near_limit");
    CHECK(tasks.after(30, {.value = 0.85}) == kNone);
    CHECK(tasks.after(12, {.value = 0.95}) == kWarning);
    ConditionWatch stuck("process_stuck");
    CHECK(stuck.after(5, {.value = 60}) == kNone);
    CHECK(stuck.after(1, {.value = 90}) == kWarning);
    CHECK(stuck.after(12, {.value = 0}) == kNone);
}
