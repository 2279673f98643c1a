// The modules `command` and `shell`.
#include <glob.h>
#include <sys/stat.h>

#include <array>

#include "actions/playbook/filters.hpp"
#include "actions/playbook/modules/modules.hpp"
#include "actions/playbook/modules/program.hpp"
#include "actions/playbook/path_text.hpp"
#include "actions/playbook/utf8.hpp"
#include "actions/playbook/words.hpp"

namespace homeostat::playbook {
namespace {

constexpr std::int64_t kNoSuchFile = 2;         // what Ansible reports for a missing program
constexpr std::int64_t kPermissionDenied = 13;  // and for one that cannot be started

std::string below(const std::string& directory, const std::string& path) {
    return path.starts_with('/') || directory.empty() ? path : directory + "/" + path;
}

// The part of a pattern that names one place: "/srv/a" of "/srv/a/*.log".
std::string fixed_part(std::string path) {
    while (has_pattern(path)) path = parent_of(path);
    return path;
}

Status check_relative(const Parameters& parameters) {
    if (parameters.has("chdir")) return Ok{};
    for (const std::string_view name : {"creates", "removes"}) {
        const std::string path = parameters.text(name);
        if (!path.empty() && path[0] != '/') {
            return make_error(Errc::Invalid, "{}: '{}' is relative, which needs 'chdir'", name,
                              path);
        }
    }
    return Ok{};
}

Status validate_command(const Parameters& parameters) {
    if (parameters.has("cmd") == parameters.has("argv")) {
        return make_error(Errc::Invalid, "either a command line or 'argv' is needed");
    }
    return check_relative(parameters);
}

Status validate_shell(const Parameters& parameters) {
    if (!parameters.has("cmd")) return make_error(Errc::Invalid, "no shell text is given");
    if (parameters.knows("cmd") && parameters.text("cmd").empty()) {
        return make_error(Errc::Invalid, "the shell text is empty");
    }
    return check_relative(parameters);
}

Status authorise_places(const Parameters& parameters, const Environment& environment) {
    const std::string directory = parameters.text("chdir");
    for (const std::string_view name : {"chdir", "creates", "removes"}) {
        const std::string path = parameters.text(name);
        if (path.empty() || (path[0] != '/' && directory.empty())) continue;
        const auto allowed = environment.policy.allow_path(
            fixed_part(name == "chdir" ? path : below(directory, path)), PathUse::Read);
        if (!allowed) return allowed.error();
    }
    return Ok{};
}

Status authorise_shell(const Parameters& parameters, const Environment& environment) {
    if (auto allowed = environment.policy.allow_shell(); !allowed) return allowed;
    if (parameters.knows("executable")) {
        const auto allowed = environment.policy.allow_program(parameters.text("executable"));
        if (!allowed) return allowed;
    }
    return authorise_places(parameters, environment);
}

bool matches_a_file(const std::string& pattern) {
    glob_t found{};
    const bool any = ::glob(pattern.c_str(), GLOB_NOSORT, nullptr, &found) == 0;
    ::globfree(&found);
    return any;
}

Map empty_result(const Value& cmd) {
    return {{"changed", false},
            {"cmd", cmd},
            {"rc", 0},
            {"stdout", ""},
            {"stderr", ""},
            {"stdout_lines", ValueList{}},
            {"stderr_lines", ValueList{}}};
}

// The answer when `creates` or `removes` stops the command, or nothing.
std::optional<Map> stopped_by_files(const Parameters& parameters, const Value& cmd) {
    const std::string directory = parameters.text("chdir");
    const std::string creates = parameters.text("creates");
    const std::string removes = parameters.text("removes");
    std::string reason;
    if (!creates.empty() && matches_a_file(below(directory, creates))) {
        reason = fmt::format("skipped, since {} exists", creates);
    } else if (!removes.empty() && !matches_a_file(below(directory, removes))) {
        reason = fmt::format("skipped, since {} does not exist", removes);
    } else {
        return std::nullopt;
    }
    Map fields = empty_result(cmd);
    fields.set("stdout", reason);
    fields.set("stdout_lines", ValueList{reason});
    return fields;
}

ModuleResult checked(const Parameters& parameters, const Value& cmd) {
    ModuleResult result;
    result.fields = empty_result(cmd);
    if (parameters.has("creates") || parameters.has("removes")) {
        result.fields.set("changed", true);
    } else {
        result.fields.set("skipped", true);
    }
    result.fields.set("msg", "would have run");
    return result;
}

std::string clean_output(std::string bytes, bool strip) {
    while (strip && !bytes.empty() && (bytes.back() == '\n' || bytes.back() == '\r')) {
        bytes.pop_back();
    }
    return to_valid_utf8(bytes);
}

// As Python prints a datetime and a timedelta.
std::string date_text(std::int64_t unix_ns) {
    std::string text(rfc3339(unix_ns).view());  // 2026-11-20T20:40:00.000Z
    text[10] = ' ';
    return fmt::format("{}.{:06}", text.substr(0, 19), unix_ns % 1'000'000'000 / 1000);
}

std::string delta_text(Duration delta) {
    const std::int64_t s = delta.ns / 1'000'000'000;
    return fmt::format("{}:{:02}:{:02}.{:06}", s / 3600, s / 60 % 60, s % 60,
                       delta.ns % 1'000'000'000 / 1000);
}

ModuleResult finished(const ModuleCall& call, const ExitReport& report, const Value& cmd,
                      Instant begin) {
    if (report.timed_out) {
        return failure(fmt::format("did not end within {} and was killed", to_text(call.time_max)));
    }
    const Instant end = call.environment.clock.now();
    const bool strip = call.parameters.flag("strip_empty_ends", true);
    const std::string output = clean_output(report.output, strip);
    const std::string errors = clean_output(report.errors, strip);
    const std::int64_t rc = report.signal != 0 ? -report.signal : report.code;
    ModuleResult result;
    result.fields = Map{{"changed", true},
                        {"cmd", cmd},
                        {"rc", rc},
                        {"stdout", output},
                        {"stderr", errors},
                        {"stdout_lines", split_lines(output)},
                        {"stderr_lines", split_lines(errors)},
                        {"start", date_text(begin.unix_ns)},
                        {"end", date_text(end.unix_ns)},
                        {"delta", delta_text(end - begin)},
                        {"msg", rc == 0 ? "" : "non-zero return code"}};
    if (rc != 0) result.fields.set("failed", true);
    if (report.output_truncated && report.output.size() >= kStreamBytesMax) {
        result.fields.set("stdout_truncated", true);
    }
    return result;
}

// Ansible shows a command that did not start as one line.
Value as_line(const Value& cmd) {
    if (!cmd.is_list()) return cmd;
    std::string line;
    for (const Value& word : cmd.list()) {
        line += (line.empty() ? "" : " ") + quote_for_shell(to_str(word));
    }
    return line;
}

ModuleResult not_started(const Error& error, const Value& cmd) {
    ModuleResult result = failure(error);
    Map fields = empty_result(as_line(cmd));
    fields.merge(result.fields);
    fields.set("rc", error.code == Errc::Denied ? kPermissionDenied : kNoSuchFile);
    result.fields = std::move(fields);
    return result;
}

bool is_directory(const std::string& path) {
    struct stat info {};
    return ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

// All but the question of what to run. `argv[0]` is a path.
ModuleResult run_program(const ModuleCall& call, std::vector<std::string> argv, const Value& cmd) {
    Command command;
    command.argv = std::move(argv);
    command.working_directory = call.parameters.text("chdir");
    command.standard_input = call.parameters.text("stdin");
    if (call.parameters.knows("stdin") && call.parameters.flag("stdin_add_newline", true)) {
        command.standard_input += '\n';
    }
    const Instant begin = call.environment.clock.now();
    const auto report = spawn(call, std::move(command));
    return report ? finished(call, *report, cmd, begin) : not_started(report.error(), cmd);
}

// The steps that both modules share; `run` is called when the command is really to run.
template <typename Run>
ModuleResult perform(const ModuleCall& call, const Value& cmd, Run run) {
    const std::string directory = call.parameters.text("chdir");
    if (!directory.empty() && !is_directory(directory)) {
        ModuleResult result;
        result.fields = empty_result(cmd);
        result.fields.set("rc", Value());  // nothing ran
        result.fields.merge(
            failure(fmt::format("cannot change to the directory {}", directory)).fields);
        return result;
    }
    if (auto stopped = stopped_by_files(call.parameters, cmd))
        return {std::move(*stopped), false, {}};
    return call.check ? checked(call.parameters, cmd) : run();
}

// An outside value must stay within one word of a free-form command line.
Status check_outside_blanks(const MarkedText& line) {
    for (const auto& range : line.outside) {
        const std::string_view value =
            std::string_view(line.text).substr(range.begin, range.end - range.begin);
        for (std::size_t at = 0; at < value.size();) {
            const Utf8Step step = next_utf8(value.substr(at));
            if (is_space(step.character) || value[at] == '\'' || value[at] == '"' ||
                value[at] == '\\') {
                return make_error(Errc::Invalid,
                                  "'{}' comes from outside and holds a blank, a quote or a "
                                  "backslash: use 'argv'",
                                  value);
            }
            at += step.size;
        }
    }
    return Ok{};
}

Result<std::vector<std::string>> argv_of_line(const MarkedText& line) {
    if (auto blanks = check_outside_blanks(line); !blanks) return blanks.error();
    const auto words = split_words(line.text);
    if (!words) return words.error();
    std::vector<std::string> argv;
    for (const Word& word : *words) {
        if (auto option = check_no_option(word, line.outside); !option) return option.error();
        argv.push_back(word.text);
    }
    return argv;
}

Result<std::vector<std::string>> argv_of_list(const std::vector<MarkedText>& list) {
    std::vector<std::string> argv;
    for (const MarkedText& item : list) {
        if (auto option = check_no_option({item.text, 0}, item.outside); !option) {
            return option.error();
        }
        argv.push_back(item.text);
    }
    return argv;
}

Result<std::vector<std::string>> read_argv(const Parameters& parameters) {
    const Parameter* list = parameters.find("argv");
    auto argv = list != nullptr ? argv_of_list(list->marked)
                                : argv_of_line(parameters.find("cmd")->marked.at(0));
    if (!argv) return argv;
    for (const std::string& word : *argv) {
        if (word.find('\0') != std::string::npos) {
            return make_error(Errc::Invalid, "an argument holds a zero byte");
        }
    }
    if (argv->empty() || (*argv)[0].empty()) {
        return make_error(Errc::Invalid, "no program is given");
    }
    return argv;
}

ModuleResult run_command(const ModuleCall& call) {
    auto argv = read_argv(call.parameters);
    if (!argv) return failure(argv.error());
    ValueList words(argv->begin(), argv->end());
    const Value cmd(std::move(words));
    auto program = find_program((*argv)[0], call.parameters.text("chdir"));
    if (program) {
        (*argv)[0] = *program;
        // In check mode too: a dry run says what the real one would be refused.
        const auto allowed =
            call.environment.policy.allow_start({.argv = *argv,
                                                 .variables = !call.variables.empty(),
                                                 .input = call.parameters.has("stdin")});
        if (!allowed) return denial(allowed.error());
    }
    return perform(call, cmd, [&] {
        return program ? run_program(call, std::move(*argv), cmd)
                       : not_started(program.error(), cmd);
    });
}

ModuleResult run_shell(const ModuleCall& call) {
    const std::string text = call.parameters.text("cmd");
    if (text.find('\0') != std::string::npos) return failure("the shell text holds a zero byte");
    return perform(call, Value(text), [&] {
        return run_program(call, {call.parameters.text("executable", "/bin/sh"), "-c", text},
                           Value(text));
    });
}

constexpr std::array<ParameterSpec, 8> kCommandParameters{{
    {"cmd"},
    {"argv", ParameterType::Argv},
    {"chdir", ParameterType::Path},
    {"creates", ParameterType::PathOrBelow},
    {"removes", ParameterType::PathOrBelow},
    {"stdin"},
    {"stdin_add_newline", ParameterType::Bool},
    {"strip_empty_ends", ParameterType::Bool},
}};

constexpr std::array<ParameterSpec, 7> kShellParameters{{
    {"cmd"},
    {"chdir", ParameterType::Path},
    {"creates", ParameterType::PathOrBelow},
    {"removes", ParameterType::PathOrBelow},
    {"stdin"},
    {"stdin_add_newline", ParameterType::Bool},
    {"executable", ParameterType::Path},
}};

}  // namespace

const ModuleSpec kCommandModule{.name = "command",
                                .parameters = kCommandParameters,
                                .run = run_command,
                                .validate = validate_command,
                                .authorise = authorise_places,
                                .free_form = true};

const ModuleSpec kShellModule{.name = "shell",
                              .parameters = kShellParameters,
                              .run = run_shell,
                              .validate = validate_shell,
                              .authorise = authorise_shell,
                              .free_form = true};

}  // namespace homeostat::playbook
