#include <CLI/CLI.hpp>
#include <memory>

#include "agent/cli/command.hpp"
#include "agent/config/config.hpp"
#include "agent/incidents/preferences_file.hpp"

namespace homeostat {
namespace {

constexpr Duration kSilenceMax = hours(24 * 90);

struct Options {
    std::string kind;
    std::string subject;
    std::string length = "1h";
    std::string reason;
    std::string end;
    std::string state = kStateDirectory;
    bool list = false;
    bool maintenance = false;
};

int fail(Session& session, const Error& error) {
    session.complain(error.text);
    return 1;
}

std::string_view or_all(std::string_view text) {
    return text.empty() ? "all" : text;
}

int list(Session& session, const Preferences& preferences) {
    const std::int64_t now = session.host.clock.now().unix_ns;
    for (const Silence& silence : preferences.silences) {
        if (silence.until_unix_ns <= now) continue;
        session.out << printable(fmt::format("{:<5} kind {:<22} subject {:<20} until {}  {}",
                                             silence.id, or_all(silence.kind),
                                             or_all(silence.subject),
                                             rfc3339(silence.until_unix_ns), silence.reason))
                    << "\n";
    }
    return 0;
}

int add(Session& session, const Options& options, Preferences& preferences) {
    if (options.kind.empty() && options.subject.empty() && !options.maintenance) {
        session.errors << "homeostat: a kind, --subject, or --maintenance for everything\n";
        return 2;
    }
    const auto length = parse_duration(options.length);
    if (!length) return fail(session, length.error());
    if (*length > kSilenceMax) {
        session.errors << "homeostat: at most 90d: a silence is not meant to be for ever\n";
        return 2;
    }
    const std::int64_t now = session.host.clock.now().unix_ns;
    Silence silence;
    silence.kind.assign(options.kind);
    silence.subject.assign(options.subject);
    silence.reason.assign(options.reason);
    silence.until_unix_ns = now + length->ns;
    const auto id = add_silence(preferences, silence, now);
    if (!id) return fail(session, id.error());
    session.out << fmt::format("{} until {}\n", *id, rfc3339(silence.until_unix_ns));
    return 0;
}

int run(Session& session, const Options& options) {
    auto preferences = load_preferences(options.state);
    if (!preferences) return fail(session, preferences.error());
    if (options.list) return list(session, *preferences);
    if (!options.end.empty()) {
        const auto removed = remove_silence(*preferences, options.end);
        if (!removed) return fail(session, removed.error());
    } else if (const int status = add(session, options, *preferences); status != 0) {
        return status;
    }
    const auto saved = save_preferences(options.state, *preferences);
    return saved ? 0 : fail(session, saved.error());
}

}  // namespace

void add_silence_command(CLI::App& app, Session& session) {
    const auto options = std::make_shared<Options>();
    CLI::App* command =
        app.add_subcommand("silence", "Hold incidents back for a time; maintenance windows");
    command->add_option("kind", options->kind, "Kind of incident or name of a condition");
    command->add_option("--subject", options->subject, "Only on this mount, unit, device ...");
    command->add_option("--for", options->length, "How long")->capture_default_str();
    command->add_option("--reason", options->reason, "Why, for those who come after");
    command->add_flag("--maintenance", options->maintenance, "Everything on this host");
    command->add_option("--end", options->end, "End this silence now");
    command->add_flag("--list", options->list, "List what is silent now");
    command->add_option("--state", options->state, "State directory")->capture_default_str();
    command->footer(
        "What still holds when the silence is over opens an incident like any other.\n"
        "Examples: homeostat silence filesystem_space --subject /backup --for 2h\n"
        "          homeostat silence --maintenance --for 30m --reason 'kernel update'");
    command->callback([&session, options] { session.exit_code = run(session, *options); });
}

}  // namespace homeostat
