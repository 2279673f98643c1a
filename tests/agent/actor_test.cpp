#include "agent/actor.hpp"

#include <doctest/doctest.h>

using namespace homeostat;

namespace {

class FakeActuator final : public ActuatorPort {
public:
    Result<ActionReport> run(const ActionJob& job) override {
        if (broken) return make_error(Errc::NotFound, "no actuator at /run/x.sock");
        if (silent) return make_error(Errc::Timeout, "no answer");
        ActionReport report;
        report.incident = job.incident;
        report.ran = true;
        report.undone = job.harm && undoes;
        return report;
    }
    bool broken = false;
    bool silent = false;
    bool undoes = false;
};

ActionJob job() {
    ActionJob job;
    job.incident = make_incident_id(1'000'000'000, {1, 2});
    job.decision.rule_name = "clean";
    job.decision.mode = ActionMode::Auto;
    return job;
}

}  // namespace

TEST_CASE("actor: a job becomes a report") {
    Work work;
    FakeActuator actuator;
    Actor actor(work, actuator);
    CHECK_FALSE(actor.step(Duration{}));
    REQUIRE(work.to_act.push(job()));
    CHECK(actor.step(Duration{}));
    const auto report = work.reports.try_pop();
    REQUIRE(report);
    CHECK(report->ran);
    CHECK(report->incident == job().incident);
}

TEST_CASE("actor: nobody waits for the answer to harm, but that it was undone is told") {
    Work work;
    FakeActuator actuator;
    Actor actor(work, actuator);
    ActionJob harm = job();
    harm.harm = true;
    REQUIRE(work.to_act.push(harm));
    CHECK(actor.step(Duration{}));
    CHECK_FALSE(work.reports.try_pop());
    actuator.undoes = true;
    REQUIRE(work.to_act.push(harm));
    CHECK(actor.step(Duration{}));
    const auto report = work.reports.try_pop();
    REQUIRE(report);
    CHECK(report->undone);
}

TEST_CASE("actor: an actuator that is not there is a report that says so") {
    Work work;
    FakeActuator actuator;
    actuator.broken = true;
    Actor actor(work, actuator);
    REQUIRE(work.to_act.push(job()));
    CHECK(actor.step(Duration{}));
    const auto report = work.reports.try_pop();
    REQUIRE(report);
    CHECK_FALSE(report->reached);
    CHECK_FALSE(report->ran);
    CHECK(report->rule == "clean");
    CHECK(report->detail == "no actuator at /run/x.sock");
}

TEST_CASE("actor: closing the queue ends the thread after the jobs that were there") {
    Work work;
    FakeActuator actuator;
    Actor actor(work, actuator);
    REQUIRE(work.to_act.push(job()));
    work.to_act.close();
    actor.run();
    CHECK(work.reports.size() == 1);
}

TEST_CASE("actor: the real port names the socket it could not reach") {
    SocketActuator actuator("/nonexistent/actuator.sock", seconds(1), 0, 0);
    const auto report = actuator.run(job());
    REQUIRE_FALSE(report);
    CHECK(report.error().text.view().find("/nonexistent/actuator.sock") != std::string_view::npos);
}

TEST_CASE("actor: of an action that was asked for and not answered nobody claims to know") {
    Work work;
    FakeActuator actuator;
    Actor actor(work, actuator);
    for (const bool silent : {true, false}) {
        CAPTURE(silent);
        actuator.silent = silent;
        actuator.broken = !silent;
        REQUIRE(work.to_act.push(job()));
        CHECK(actor.step(Duration{}));
        const auto report = work.reports.try_pop();
        REQUIRE(report);
        CHECK(report->unknown == silent);
    }
}
