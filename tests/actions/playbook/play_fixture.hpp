// PlayFixture runs playbooks in a scripted world: programs answer from a list, time is wound by
// hand and pauses wind it, files are real but live in a temporary directory.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "actions/playbook/run.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/memory_root.hpp"
#include "tests/support/scripted_spawner.hpp"
#include "tests/support/temporary_directory.hpp"

namespace homeostat::test {

// Counts instead of sleeping.
class FakePauser final : public playbook::Pauser {
public:
    explicit FakePauser(ManualClock& clock) : clock_(clock) {}
    void pause(Duration duration) override {
        pauses.push_back(duration);
        clock_.advance(duration);
    }
    std::vector<Duration> pauses;

private:
    ManualClock& clock_;
};

// Answers from lists; what is not listed does not answer.
class FakeProbe final : public playbook::NetworkProbe {
public:
    explicit FakeProbe(ManualClock& clock) : clock_(clock) {}
    Result<playbook::ProbeAnswer> request(const playbook::ProbeRequest& request) override {
        asked.push_back(request);
        if (answers.empty()) return make_error(Errc::Io, "connection refused");
        auto answer = answers.front();
        answers.erase(answers.begin());
        return answer;
    }
    Result<std::string> connect(const std::string&, std::uint16_t, Duration timeout,
                                std::size_t) override {
        ++connects;
        if (connects < connects_until_open) {
            clock_.advance(timeout.ns > 0 ? milliseconds(10) : Duration{});
            return make_error(Errc::Io, "connection refused");
        }
        return port_text;
    }
    Result<std::string> read_file(const std::string& path, std::size_t text_max) override {
        const auto found = files.find(path);
        if (found == files.end()) return make_error(Errc::NotFound, "{}", path);
        return found->second.substr(0, text_max);
    }

    std::vector<playbook::ProbeRequest> asked;
    std::vector<playbook::ProbeAnswer> answers;
    std::map<std::string, std::string> files;
    std::string port_text;
    int connects = 0;
    int connects_until_open = 1;

private:
    ManualClock& clock_;
};

// Allows everything but what a test forbids.
class TestPolicy final : public playbook::Policy {
public:
    Result<playbook::PathGrant> allow_path(std::string_view path,
                                           playbook::PathUse use) const override {
        if (!path_root.empty() && !path.starts_with(path_root)) {
            return make_error(Errc::Denied, "{} is outside {}", path, path_root);
        }
        if (use == playbook::PathUse::Delete && !may_delete) {
            return make_error(Errc::Denied, "nothing is deleted here");
        }
        return grant;
    }
    Status allow_shell() const override {
        return shell ? Status(Ok{}) : make_error(Errc::Denied, "shell: no");
    }
    Status allow_program(std::string_view program) const override {
        return program == forbidden_program ? make_error(Errc::Denied, "not {}", program)
                                            : Status(Ok{});
    }
    Status allow_unit(std::string_view unit, std::string_view verb) const override {
        return !forbidden_unit.empty() && unit == forbidden_unit
                   ? make_error(Errc::Denied, "not {} {}", verb, unit)
                   : Status(Ok{});
    }
    Status allow_host(std::string_view host) const override {
        return make_error(Errc::Denied, "not {}", host);
    }
    bool only_distribution() const override { return distribution; }
    Status trust_program(const std::string& program) const override {
        if (program == trusted_program) return Ok{};
        return make_error(untrusted, "not {}", program);
    }
    Duration task_time_max() const override { return seconds(60); }

    std::string path_root;
    playbook::PathGrant grant;
    bool may_delete = true;
    bool shell = true;
    std::string forbidden_program;
    std::string forbidden_unit;
    bool distribution = false;
    std::string trusted_program;
    Errc untrusted = Errc::NotFound;
};

class PlayFixture {
public:
    PlayFixture() {
        root.set("etc/passwd",
                 "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/nonexistent:/bin/false\n");
        root.set("etc/group", "root:x:0:\nnogroup:x:65534:\n");
    }

    playbook::Environment environment() {
        return {.root = root,
                .clock = clock,
                .spawner = spawner,
                .pauser = pauser,
                .policy = policy,
                .probe = &probe};
    }

    // `text` is a whole file.
    Result<playbook::RunReport> run(std::string_view text) {
        return playbook::run_playbook(
            {.text = text, .file_name = "/books/test.yml", .extra_variables = extra}, options,
            environment());
    }

    // `tasks` are the lines of a task list, indented by 4; `rest` is indented by 2.
    Result<playbook::RunReport> run_tasks(std::string_view tasks, std::string_view rest = {}) {
        return run("- hosts: localhost\n  gather_facts: false\n" + std::string(rest) +
                   "  tasks:\n" + std::string(tasks));
    }

    // The message of the only `debug` task with this text between quotes, or the failure's.
    playbook::Value debug(const std::string& msg, std::string_view rest = {}) {
        const auto report = run_tasks("    - debug:\n        msg: " + msg + "\n", rest);
        if (!report) return playbook::Value(report.error().text.view());
        return report->tasks.back().outcome.message;
    }

    // Why the tasks are refused, without the file's name; "accepted" if they are not.
    std::string refusal(std::string_view tasks, std::string_view rest = {}) {
        const auto report = run_tasks(tasks, rest);
        if (report) return "accepted";
        std::string text(report.error().text.view());
        return text.substr(text.find(':') + 1);
    }

    static ExitReport exits(int code, std::string output = {}) {
        ExitReport report;
        report.code = code;
        report.output = std::move(output);
        return report;
    }

    TemporaryDirectory directory;
    MemoryRoot root;
    ManualClock clock;
    ScriptedSpawner spawner;
    FakePauser pauser{clock};
    FakeProbe probe{clock};
    TestPolicy policy;
    playbook::Map extra;
    playbook::Options options;
};

}  // namespace homeostat::test
