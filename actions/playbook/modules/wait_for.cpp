// The module `wait_for`: waits until a port or a file is there, or gone.
#include <sys/stat.h>

#include <algorithm>
#include <array>

#include "actions/playbook/modules/file_result.hpp"
#include "actions/playbook/modules/modules.hpp"
#include "actions/playbook/modules/url.hpp"
#include "actions/playbook/regex.hpp"
#include "actions/playbook/utf8.hpp"
#include "core/parse.hpp"

namespace homeostat::playbook {
namespace {

constexpr std::size_t kFileBytesMax = 1UL << 20U;
constexpr std::size_t kPortBytesMax = 64UL << 10U;

Status validate(const Parameters& parameters) {
    if (parameters.has("port") == parameters.has("path")) {
        return make_error(Errc::Invalid, "either 'port' or 'path' is needed");
    }
    if (parameters.has("path") && parameters.text("state") == "stopped") {
        return make_error(Errc::Invalid, "a path is 'absent', not 'stopped'");
    }
    if (parameters.knows("port")) {
        const std::int64_t port = parameters.integer("port", 0);
        if (port < 1 || port > 65535) return make_error(Errc::Invalid, "{} is no port", port);
    }
    if (parameters.knows("search_regex")) return check_pattern(parameters.text("search_regex"));
    return Ok{};
}

Status authorise(const Parameters& parameters, const Environment& environment) {
    if (environment.probe == nullptr) {
        return make_error(Errc::Denied, "actions on this host have no network");
    }
    if (parameters.knows("path")) {
        const auto grant = environment.policy.allow_path(parameters.text("path"), PathUse::Read);
        if (!grant) return grant.error();
    }
    const std::string host = parameters.text("host", "127.0.0.1");
    return is_loopback(host) ? Status(Ok{}) : environment.policy.allow_host(host);
}

class Wait {
public:
    explicit Wait(const ModuleCall& call)
        : call_(call), parameters_(call.parameters), begin_(call.environment.clock.now()) {
        const Duration asked =
            seconds(std::clamp<std::int64_t>(parameters_.integer("timeout", 300), 0, 86400));
        end_ = begin_ + std::min(asked, call.time_max);
    }

    ModuleResult run() {
        const std::string state = parameters_.text("state", "started");
        const bool wanted = state == "started" || state == "present";
        pause(parameters_.integer("delay", 0));
        while (now() < end_) {
            const auto holds = wanted ? is_there() : is_gone();
            if (!holds) return failure(holds.error());
            if (*holds) return done(state);
            pause(parameters_.integer("sleep", 1));
        }
        const std::string target =
            parameters_.has("path") ? parameters_.text("path") : "port " + parameters_.text("port");
        ModuleResult result = failure(parameters_.text(
            "msg", fmt::format("Timeout when waiting for {} to be {}", target, state)));
        result.fields.set("elapsed", elapsed());
        return result;
    }

private:
    [[nodiscard]] Instant now() const { return call_.environment.clock.now(); }

    [[nodiscard]] std::int64_t elapsed() const {
        return static_cast<std::int64_t>((now() - begin_).seconds());
    }

    void pause(std::int64_t length) {
        const Duration asked = seconds(std::clamp<std::int64_t>(length, 0, 86400));
        call_.environment.pauser.pause(std::min(asked, end_ - now()));
    }

    Result<std::string> connect(std::size_t text_max) {
        const Duration limit =
            seconds(std::clamp<std::int64_t>(parameters_.integer("connect_timeout", 5), 1, 3600));
        return call_.environment.probe->connect(
            parameters_.text("host", "127.0.0.1"),
            static_cast<std::uint16_t>(parameters_.integer("port", 0)),
            std::min(limit, end_ - now()), text_max);
    }

    Result<bool> is_there() {
        const std::string regex = parameters_.text("search_regex");
        if (parameters_.has("port")) {
            const auto text = connect(regex.empty() ? 0 : kPortBytesMax);
            if (!text) return false;
            return regex.empty() ? Result<bool>(true) : contains(*text, "(?m)" + regex);
        }
        const auto text = call_.environment.probe->read_file(parameters_.text("path"),
                                                             regex.empty() ? 0 : kFileBytesMax);
        if (!text) return false;
        return regex.empty() ? Result<bool>(true) : has_line(*text, regex);
    }

    Result<bool> is_gone() {
        if (parameters_.has("port")) return !connect(0).has_value();
        const auto there = call_.environment.probe->read_file(parameters_.text("path"), 0);
        return !there && there.error().code == Errc::NotFound;
    }

    static Result<bool> contains(std::string_view text, const std::string& regex) {
        const auto found = find_match(to_valid_utf8(text), regex);
        if (!found) return found.error();
        return found->has_value();
    }

    static Result<bool> has_line(std::string_view text, const std::string& regex) {
        std::string_view line;
        while (next_line(text, line)) {
            const auto found = contains(line, regex);
            if (!found || *found) return found;
        }
        return false;
    }

    // About a path, Ansible's answer tells what is there instead of what was waited for.
    std::string kind_of_path(std::string_view waited_for) const {
        if (waited_for == "stopped" || waited_for == "absent") return "absent";
        struct stat info {};
        if (::lstat(parameters_.text("path").c_str(), &info) != 0) return "file";
        const bool has_two_names = S_ISREG(info.st_mode) && info.st_nlink > 1;
        if (has_two_names) return "hard";
        return S_ISDIR(info.st_mode) || S_ISLNK(info.st_mode) ? std::string(kind_of(info.st_mode))
                                                              : "file";
    }

    ModuleResult done(const std::string& state) {
        ModuleResult result;
        result.fields = Map{{"changed", false}, {"elapsed", elapsed()}};
        result.fields.set("state", parameters_.has("path") ? kind_of_path(state) : state);
        result.fields.set(
            "port", parameters_.has("port") ? Value(parameters_.integer("port", 0)) : Value());
        result.fields.set("path",
                          parameters_.has("path") ? Value(parameters_.text("path")) : Value());
        return result;
    }

    const ModuleCall& call_;
    const Parameters& parameters_;
    Instant begin_;
    Instant end_;
};

ModuleResult run(const ModuleCall& call) {
    return Wait(call).run();
}

constexpr std::array<ParameterSpec, 10> kParameters{{
    {"port", ParameterType::Int},
    {"host"},
    {"path", ParameterType::Path},
    {"state", ParameterType::Choice, "started present stopped absent"},
    {"search_regex"},
    {"timeout", ParameterType::Int},
    {"delay", ParameterType::Int},
    {"sleep", ParameterType::Int},
    {"connect_timeout", ParameterType::Int},
    {"msg"},
}};

}  // namespace

const ModuleSpec kWaitForModule{.name = "wait_for",
                                .parameters = kParameters,
                                .run = run,
                                .validate = validate,
                                .authorise = authorise,
                                .skipped_when_checking = true};

}  // namespace homeostat::playbook
