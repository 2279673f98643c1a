#include <doctest/doctest.h>

#include <unistd.h>

#include <vector>

#include "tests/actions/playbook/play_fixture.hpp"

namespace homeostat::playbook {
namespace {

bool has_systemctl() {
    return ::access("/usr/bin/systemctl", X_OK) == 0 || ::access("/bin/systemctl", X_OK) == 0;
}

std::string shown(std::string_view active, std::string_view file_state = "disabled") {
    return fmt::format(
        "ActiveState={}\nSubState=x\nLoadState=loaded\nMainPID=7\nResult=success\n"
        "UnitFileState={}\nNRestarts=0\n",
        active, file_state);
}

}  // namespace

TEST_CASE("service: what each state does to a unit in each state") {
    if (!has_systemctl()) return;  // the program's place is looked up on the real host
    struct Row {
        std::string_view state;
        std::string_view active;
        std::string_view verb;  // empty: nothing is done
    };
    for (const Row& row : std::vector<Row>{
             {"started", "active", ""},
             {"started", "activating", ""},
             {"started", "inactive", "start"},
             {"started", "failed", "start"},
             {"stopped", "inactive", ""},
             {"stopped", "failed", ""},
             {"stopped", "active", "stop"},
             {"restarted", "active", "restart"},
             {"restarted", "failed", "restart"},
             {"reloaded", "active", "reload"},
             {"reloaded", "inactive", "start"},
         }) {
        CAPTURE(row.state);
        CAPTURE(row.active);
        test::PlayFixture play;
        play.spawner.answer(test::PlayFixture::exits(0, shown(row.active)));
        play.spawner.answer(test::PlayFixture::exits(0));
        const auto report =
            play.run_tasks("    - service: {name: web, state: " + std::string(row.state) + "}\n");
        REQUIRE(report);
        CHECK_FALSE(report->failed);
        CHECK(report->tasks[0].outcome.changed == !row.verb.empty());
        REQUIRE(play.spawner.asked.size() == (row.verb.empty() ? 1U : 2U));
        const auto& show = play.spawner.asked[0].argv;
        CHECK(show[1] == "--no-pager");
        CHECK(show[2] == "--no-ask-password");
        CHECK(show.back() == "web.service");
        if (row.verb.empty()) continue;
        const auto& act = play.spawner.asked[1].argv;
        CHECK(act[3] == row.verb);
        CHECK(act[4] == "--");
        CHECK(act[5] == "web.service");

        test::PlayFixture checked;
        checked.options.check = true;
        checked.spawner.answer(test::PlayFixture::exits(0, shown(row.active)));
        const auto foretold = checked.run_tasks(
            "    - service: {name: web, state: " + std::string(row.state) + "}\n");
        CHECK(foretold->tasks[0].outcome.changed);
        CHECK(checked.spawner.asked.size() == 1);
    }
}

TEST_CASE("service: enabling, reloading systemd, and the result") {
    if (!has_systemctl()) return;
    test::PlayFixture play;
    play.spawner.answer(test::PlayFixture::exits(0));
    play.spawner.answer(test::PlayFixture::exits(0, shown("active")));
    play.spawner.answer(test::PlayFixture::exits(0));
    const auto report = play.run_tasks(
        "    - systemd_service: {name: a.timer, enabled: true, daemon_reload: true}\n      "
        "register: r\n"
        "    - debug: {msg: '{{ r.name }} {{ r.enabled }} {{ r.status.ActiveState }} {{ r is "
        "changed }}'}\n");
    if (!report) FAIL(report.error().text.view());
    REQUIRE(report);
    CHECK(play.spawner.asked[0].argv.back() == "daemon-reload");
    CHECK(play.spawner.asked[2].argv[3] == "enable");
    CHECK(report->tasks[0].module == "systemd");
    CHECK(report->tasks[1].outcome.message.text() == "a.timer True active True");

    play.spawner.asked.clear();
    play.spawner.answer(test::PlayFixture::exits(0));
    CHECK_FALSE(play.run_tasks("    - systemd: {daemon_reload: true}\n")->tasks[0].outcome.changed);
    play.spawner.answer(test::PlayFixture::exits(0, shown("active", "static")));
    CHECK_FALSE(
        play.run_tasks("    - systemd: {name: x, enabled: true}\n")->tasks[0].outcome.changed);
}

TEST_CASE("service: units that are missing and jobs that end badly fail") {
    if (!has_systemctl()) return;
    test::PlayFixture play;
    play.spawner.answer(test::PlayFixture::exits(0, "LoadState=not-found\nActiveState=inactive\n"));
    CHECK(play.run_tasks("    - service: {name: x, state: stopped}\n")->failed);
    play.spawner.answer(test::PlayFixture::exits(0, shown("inactive")));
    ExitReport bad = test::PlayFixture::exits(1);
    bad.errors = "Job for x.service failed.\n";
    play.spawner.answer(bad);
    const auto report = play.run_tasks("    - service: {name: x, state: started}\n");
    CHECK(report->failed);
    CHECK(to_str(report->tasks[0].outcome.message).find("Job for x.service failed.") !=
          std::string::npos);
    play.spawner.answer(test::PlayFixture::exits(0, "\xFF\n=\nbroken"));
    CHECK(play.run_tasks("    - service: {name: x, state: started}\n")->failed);
}

TEST_CASE("service (RULES B4, C2 row 1): for an action systemctl is the distribution's, unbent") {
    constexpr std::string_view kTask =
        "    - service: {name: nginx, state: started}\n"
        "      environment: {SYSTEMCTL_SKIP: '1'}\n";
    for (const char* program : {"/usr/bin/systemctl", "/bin/systemctl"}) {
        test::PlayFixture play;
        play.policy.distribution = true;
        play.policy.trusted_program = program;
        play.spawner.answer(0, "LoadState=loaded\nActiveState=active\n");
        const auto report = play.run_tasks(kTask);
        REQUIRE(report);
        CHECK_FALSE(report->failed);
        REQUIRE(play.spawner.asked.size() == 1);
        CHECK(play.spawner.asked[0].argv[0] == program);
        for (const std::string& variable : play.spawner.asked[0].environment) {
            CAPTURE(variable);
            CHECK_FALSE(variable.starts_with("SYSTEMCTL_SKIP="));
            CHECK(variable.find("/usr/local") == std::string::npos);
        }
    }
    test::PlayFixture play;
    play.policy.distribution = true;
    for (const auto& [code, says] : {std::pair{Errc::NotFound, "this host has no systemctl"},
                                     std::pair{Errc::Denied, "not /usr/bin/systemctl"}}) {
        play.policy.untrusted = code;
        const auto report = play.run_tasks(kTask);
        REQUIRE(report);
        CHECK(report->failed);
        CHECK(report->tasks[0].denied == (code == Errc::Denied));
        CHECK(to_str(report->tasks[0].outcome.message).find(says) != std::string::npos);
    }
    CHECK(play.spawner.asked.empty());
}

TEST_CASE("service: names and parameters that are refused") {
    test::PlayFixture play;
    for (const std::string_view task :
         {"    - service: {name: -x, state: started}\n",
          "    - service: {name: 'a*', state: started}\n",
          "    - service: {name: 'a b', state: started}\n", "    - service: {state: started}\n",
          "    - service: {name: a, state: enabled}\n",
          "    - service: {name: a, daemon_reload: true}\n", "    - systemd: {}\n",
          "    - systemd: {name: a, masked: true}\n"}) {
        CAPTURE(task);
        CHECK(play.refusal(task) != "accepted");
    }
}

}  // namespace homeostat::playbook
