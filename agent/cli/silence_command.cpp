#include <CLI/CLI.hpp>
#include <memory>

#include "agent/cli/command.hpp"
#include "agent/cli/fleet_session.hpp"
#include "agent/config/load_config.hpp"
#include "agent/config/rule_kinds.hpp"
#include "agent/fleet/fleet_config.hpp"
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
    std::string config = kConfigDirectory;
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

int misused(Session& session, std::string_view why) {
    session.complain(why);
    return 2;
}

// A typing error would silence nothing, and nobody would notice. Where the host's own conditions
// cannot be read the word is taken: a fault in another file is no reason to be woken again.
Status check_kind(Session& session, const Options& options) {
    std::vector<Error> errors;
    const auto bundle = bundle_in_force(options.state);
    const auto settings =
        load_settings_with(options.config, bundle && *bundle ? &**bundle : nullptr, errors);
    // Of the files that it names (`credentials_file`) nothing is needed here.
    const auto unread = [](const std::string& name, SecretKind) -> Result<std::string> {
        return make_error(Errc::NotAvailable, "{}", name);
    };
    const auto config =
        settings ? read_settings(*settings, unread, errors) : Result<Config>(settings.error());
    const auto known = check_kind_or_condition(
        options.kind,
        config ? std::span<const Condition>(config->detect.conditions) : stock_conditions());
    if (known || config) return known;
    session.complain(config.error().text);
    session.complain("whether '" + options.kind + "' is a condition of this host is not known");
    return Ok{};
}

Result<Silence> silence_of(const Options& options, std::int64_t now_unix_ns, Duration length) {
    Silence silence;
    if (options.subject.size() > decltype(silence.subject)::capacity()) {
        return make_error(Errc::Invalid, "--subject: at most {} bytes",
                          decltype(silence.subject)::capacity());
    }
    silence.kind.assign(options.kind);
    silence.subject.assign(options.subject);
    silence.reason.assign(options.reason);
    silence.until_unix_ns = now_unix_ns + length.ns;
    return silence;
}

int add(Session& session, const Options& options) {
    const bool some = !options.kind.empty() || !options.subject.empty();
    if (!some && !options.maintenance) {
        return misused(session, "a kind, --subject, or --maintenance for everything");
    }
    if (some && options.maintenance) {
        return misused(session,
                       "--maintenance silences everything on this host: leave out the kind and "
                       "--subject, or leave out --maintenance");
    }
    const auto length = parse_duration(options.length);
    if (!length) return fail(session, length.error());
    if (*length < seconds(1) || *length > kSilenceMax) {
        return misused(session, "--for: from 1s to 90d: a silence is not meant to be for ever");
    }
    if (!options.kind.empty()) {
        const auto known = check_kind(session, options);
        if (!known) return misused(session, known.error().text.view());
    }
    const std::int64_t now = session.host.clock.now().unix_ns;
    const auto silence = silence_of(options, now, *length);
    if (!silence) return misused(session, silence.error().text.view());
    std::string id;
    const auto saved = change_preferences(options.state, [&](Preferences& preferences) -> Status {
        auto added = add_silence(preferences, *silence, now);
        if (!added) return added.error();
        id = std::move(*added);
        return Ok{};
    });
    if (!saved) return fail(session, saved.error());
    session.out << fmt::format(
        "{}: {}{} is silent until {}\n", id,
        options.kind.empty() ? std::string("everything") : options.kind,
        options.subject.empty() ? std::string(" on this host") : " on " + options.subject,
        rfc3339(silence->until_unix_ns));
    return 0;
}

int run(Session& session, const Options& options) {
    if (options.list) {
        const auto preferences = load_preferences(options.state);
        return preferences ? list(session, *preferences) : fail(session, preferences.error());
    }
    if (options.end.empty()) return add(session, options);
    const auto ended = change_preferences(options.state, [&](Preferences& preferences) {
        return remove_silence(preferences, options.end);
    });
    return ended ? 0 : fail(session, ended.error());
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
    command->add_option("--config", options->config, "Configuration directory: its conditions")
        ->capture_default_str();
    command->footer(
        "What still holds when the silence is over opens an incident like any other.\n"
        "Examples: homeostat silence filesystem_space --subject /backup --for 2h\n"
        "          homeostat silence --maintenance --for 30m --reason 'kernel update'");
    command->callback([&session, options] { session.exit_code = run(session, *options); });
}

}  // namespace homeostat
