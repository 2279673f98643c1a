// The modules `service` and `systemd`: units, through systemctl.
#include <algorithm>
#include <array>

#include "actions/playbook/modules/modules.hpp"
#include "actions/playbook/modules/program.hpp"
#include "actions/playbook/modules/unit_name.hpp"
#include "core/parse.hpp"

namespace homeostat::playbook {
namespace {

// Shown as `status`, and all that decisions here need.
constexpr std::string_view kProperties =
    "--property=ActiveState,SubState,LoadState,MainPID,Result,UnitFileState,NRestarts";

Status validate(const Parameters& parameters) {
    const bool needs_name =
        parameters.has("state") || parameters.has("enabled") || !parameters.has("daemon_reload");
    if (!parameters.has("name") && needs_name) {
        return make_error(Errc::Invalid, "'name' is missing");
    }
    if (!parameters.knows("name")) return Ok{};
    const auto unit = unit_name(parameters.text("name"));
    if (!unit) return unit.error();
    return Ok{};
}

std::string_view verb_of(std::string_view state) {
    if (state == "started") return "start";
    if (state == "stopped") return "stop";
    return state == "restarted" ? "restart" : "reload";
}

Status authorise(const Parameters& parameters, const Environment& environment) {
    const Policy& policy = environment.policy;
    if (parameters.flag("daemon_reload", false)) {
        if (auto allowed = policy.allow_unit("", "daemon-reload"); !allowed) return allowed;
    }
    if (!parameters.knows("name")) return Ok{};
    const std::string unit = *unit_name(parameters.text("name"));
    if (parameters.knows("state")) {
        const auto allowed = policy.allow_unit(unit, verb_of(parameters.text("state")));
        if (!allowed) return allowed;
    }
    if (parameters.knows("enabled")) {
        const bool enable = parameters.flag("enabled", false);
        return policy.allow_unit(unit, enable ? "enable" : "disable");
    }
    return Ok{};
}

class UnitTask {
public:
    UnitTask(const ModuleCall& call, std::string program)
        : call_(call), program_(std::move(program)) {}

    ModuleResult run() {
        if (call_.parameters.flag("daemon_reload", false) && !call_.check) {
            if (auto done = systemctl({"daemon-reload"}); !done) return failure(done.error());
        }
        ModuleResult result;
        result.fields.set("changed", false);
        if (!call_.parameters.has("name")) return result;
        const std::string name = call_.parameters.text("name");
        unit_ = *unit_name(name);
        auto status = read_status();
        if (!status) return failure(status.error());
        result.fields.set("name", name);
        result.fields.set("status", *status);
        if (auto done = set_enabled(*status, result.fields); !done) return failed(result, done);
        if (auto done = set_state(*status, result.fields); !done) return failed(result, done);
        return result;
    }

private:
    static ModuleResult failed(const ModuleResult& so_far, const Status& status) {
        ModuleResult result = failure(status.error());
        result.fields.set("status", *so_far.fields.find("status"));
        result.fields.set("name", *so_far.fields.find("name"));
        return result;
    }

    Result<ExitReport> start_systemctl(std::vector<std::string> words) {
        Command command;
        command.argv = {program_, "--no-pager", "--no-ask-password"};
        for (std::string& word : words) command.argv.push_back(std::move(word));
        if (!call_.environment.policy.only_distribution()) return spawn(call_, std::move(command));
        // DBUS_SYSTEM_BUS_ADDRESS=unixexec:... is not the only variable that would start a program.
        ModuleCall plain = call_;
        plain.variables.clear();
        return spawn(plain, std::move(command));
    }

    // Runs systemctl; its first line of complaint is the error.
    Status systemctl(std::vector<std::string> words) {
        const std::string verb = words[0];
        const auto report = start_systemctl(std::move(words));
        if (!report) return report.error();
        if (report->succeeded()) return Ok{};
        if (report->timed_out) {
            return make_error(Errc::Timeout, "systemctl {} {} did not end in time", verb, unit_);
        }
        const std::string_view complaint = trim(report->errors);
        return make_error(Errc::Failed, "systemctl {} {}: {}", verb, unit_,
                          complaint.empty() ? "failed" : complaint.substr(0, 200));
    }

    Result<Map> read_status() {
        const auto report = start_systemctl({"show", std::string(kProperties), "--", unit_});
        if (!report) return report.error();
        if (!report->succeeded()) {
            return make_error(Errc::Failed, "systemctl show {}: {}", unit_, trim(report->errors));
        }
        Map status = parse_unit_properties(report->output);
        const Value* loaded = status.find("LoadState");
        if (loaded == nullptr || to_str(*loaded) == "not-found") {
            return make_error(Errc::NotFound, "there is no unit {}", unit_);
        }
        return status;
    }

    static std::string property(const Map& status, std::string_view name) {
        const Value* value = status.find(name);
        return value == nullptr ? std::string() : to_str(*value);
    }

    Status set_enabled(const Map& status, Map& fields) {
        if (!call_.parameters.has("enabled")) return Ok{};
        // What `systemctl is-enabled` calls enabled.
        static constexpr std::array<std::string_view, 7> kEnabled{
            "enabled", "enabled-runtime", "static", "alias", "indirect", "generated", "transient"};
        const bool wanted = call_.parameters.flag("enabled", false);
        const std::string now = property(status, "UnitFileState");
        fields.set("enabled", wanted);
        if ((std::find(kEnabled.begin(), kEnabled.end(), now) != kEnabled.end()) == wanted) {
            return Ok{};
        }
        fields.set("changed", true);
        if (call_.check) return Ok{};
        return systemctl({wanted ? "enable" : "disable", "--", unit_});
    }

    Status set_state(const Map& status, Map& fields) {
        if (!call_.parameters.has("state")) return Ok{};
        const std::string wanted = call_.parameters.text("state");
        const std::string active = property(status, "ActiveState");
        const bool runs = active == "active" || active == "activating" || active == "reloading";
        fields.set("state", wanted == "stopped" ? "stopped" : "started");
        std::string verb(verb_of(wanted));
        if (wanted == "started" && runs) return Ok{};
        if (wanted == "stopped" && !runs && active != "deactivating") return Ok{};
        if (wanted == "reloaded" && !runs) verb = "start";
        fields.set("changed", true);
        if (call_.check) return Ok{};
        return systemctl({verb, "--", unit_});
    }

    const ModuleCall& call_;
    std::string program_;
    std::string unit_;
};

// Where an action runs as root by itself, what lies first on a search path is not good enough.
Result<std::string> find_systemctl(const Policy& policy) {
    if (!policy.only_distribution()) return find_program("systemctl", "");
    for (const char* program : {"/usr/bin/systemctl", "/bin/systemctl"}) {
        const auto trusted = policy.trust_program(program);
        if (trusted) return std::string(program);
        if (trusted.error().code != Errc::NotFound) return trusted.error();
    }
    return make_error(Errc::NotFound, "no systemctl");
}

ModuleResult run(const ModuleCall& call) {
    const auto program = find_systemctl(call.environment.policy);
    if (program) return UnitTask(call, *program).run();
    if (program.error().code == Errc::Denied) return denial(program.error());
    return failure("this host has no systemctl");
}

constexpr std::array<ParameterSpec, 3> kServiceParameters{{
    {"name"},
    {"state", ParameterType::Choice, "started stopped restarted reloaded"},
    {"enabled", ParameterType::Bool},
}};

constexpr std::array<ParameterSpec, 4> kSystemdParameters{{
    {"name"},
    {"state", ParameterType::Choice, "started stopped restarted reloaded"},
    {"enabled", ParameterType::Bool},
    {"daemon_reload", ParameterType::Bool},
}};

}  // namespace

const ModuleSpec kServiceModule{.name = "service",
                                .parameters = kServiceParameters,
                                .run = run,
                                .validate = validate,
                                .authorise = authorise};

const ModuleSpec kSystemdModule{.name = "systemd",
                                .parameters = kSystemdParameters,
                                .run = run,
                                .validate = validate,
                                .authorise = authorise};

}  // namespace homeostat::playbook
