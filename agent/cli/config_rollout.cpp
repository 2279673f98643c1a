#include "agent/cli/config_rollout.hpp"

#include <poll.h>
#include <CLI/CLI.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "actions/minisign.hpp"
#include "agent/cli/command.hpp"
#include "agent/config/load_config.hpp"
#include "agent/fleet/bundle_sources.hpp"
#include "agent/fleet/fleet_settings.hpp"
#include "agent/fleet/openssl_signatures.hpp"
#include "agent/fleet/rollout_record.hpp"
#include "core/file.hpp"

namespace homeostat {
namespace {

constexpr const char* kAppliedFile = "applied.yml";
constexpr Duration kAnswerPatience = seconds(20);  // the daemon looks each five seconds
constexpr int kPollMs = 200;

struct Options {
    std::string config = kConfigDirectory;
    std::string state = kStateDirectory;
    std::string file;
    bool json = false;
    bool accept_version = false;
};

Result<RolloutRecord> read_record(const Options& options) {
    const auto text =
        read_file(options.state + "/" + kFleetDirectory + "/" + kRecordFile, kRecordBytesMax);
    if (!text) {
        if (text.error().code == Errc::NotFound) return RolloutRecord{};
        return text.error();
    }
    return parse_rollout_record(*text);
}

std::string line_of(const char* what, const BundleRef& bundle, std::string_view more = {}) {
    if (!bundle.known()) return "";
    return fmt::format("{:<10} version {}, {}{}{}\n", what, bundle.version,
                       bundle.digest.substr(0, 12), more.empty() ? "" : ": ", more);
}

void history(Session& session, const Options& options) {
    const auto record = read_record(options);
    if (!record) return session.fail_at(record.error().text);
    if (options.json) {
        nlohmann::ordered_json out = nlohmann::ordered_json::array();
        for (const RolloutEvent& event : record->history) {
            out.push_back({{"time", std::string(rfc3339(event.unix_ns).view())},
                           {"version", event.bundle.version},
                           {"sha256", event.bundle.digest},
                           {"what", event.what},
                           {"text", event.text}});
        }
        session.out << printable_json(
                           out.dump(2, ' ', false, nlohmann::json::error_handler_t::replace))
                    << "\n";
        return;
    }
    if (record->history.empty()) {
        session.out << "nothing has come from a fleet\n";
        return;
    }
    session.out << "channel    " << record->channel << "\n"
                << line_of("in force", record->in_force(),
                           record->trial.known() ? "on probation" : "kept")
                << line_of("waits", record->waiting)
                << line_of("failed", record->failed, record->failure) << "\n";
    for (const RolloutEvent& event : record->history) {
        session.out << fmt::format("{}  version {}  {:<11} {}\n", rfc3339(event.unix_ns).view(),
                                   event.bundle.version, event.what, event.text);
    }
}

std::optional<FleetSettings> fleet_of(Session& session, const Options& options) {
    std::vector<Error> errors;
    SecretStore secrets(std::nullopt);
    const auto read_secret = [&secrets](const std::string& name, SecretKind kind) {
        return secrets.read(name, kind);
    };
    std::error_code ignored;
    const std::string directory =
        std::filesystem::absolute(options.config, ignored).lexically_normal().string();
    auto fleet = load_fleet_settings(directory, read_secret, errors);
    for (const Error& error : errors) session.fail_at(error.text);
    if (!fleet) return std::nullopt;
    if (!*fleet) {
        session.fail_at(fmt::format("{}/{} is missing: this host follows no fleet (docs/fleet.md)",
                                    options.config, kFleetFile));
        return std::nullopt;
    }
    return std::move(**fleet);
}

// What was said before, as `change` changes it: what was left once stays left.
Status say_to_daemon(const FleetSettings& fleet, FunctionRef<void(OperatorWord&)> change) {
    if (const auto made = make_directory(fleet.directory, 0755); !made) return made;
    const std::string path = fleet.directory + "/" + kOperatorFile;
    const auto before = read_file(path, kOperatorBytesMax);
    OperatorWord word = before ? parse_operator_word(*before) : OperatorWord{};
    change(word);
    return write_file_atomically(path, to_text(word), 0644);
}

// Polls: the daemon's record is the answer. False: it did not come in time.
bool wait_for(const Session& session, const Options& options,
              FunctionRef<bool(const RolloutRecord&)> is_answer) {
    const Instant end = session.host.clock.now() + kAnswerPatience;
    while (session.host.clock.now() < end) {
        const auto record = read_record(options);
        if (record && is_answer(*record)) return true;
        ::poll(nullptr, 0, kPollMs);
    }
    return false;
}

// A bundle with its signature, from inside or beside the file.
Result<std::string> read_bundle(const std::string& path) {
    const auto text = read_file(path, kBundleBytesMax);
    if (!text) return text.error();
    const auto split = split_signed(*text);
    if (!split) return split.error();
    if (!split->signature.empty()) return *text;
    const auto signature = read_file(path + ".minisig", kBundleBytesMax);
    if (!signature) return signature.error();
    return join_signed(*text, *signature);
}

Result<BundleRef> check_bundle(const std::string& whole, const FleetSettings& fleet) {
    const auto split = split_signed(whole);
    if (!split) return split.error();
    const auto signature = parse_minisign_signature(split->signature);
    if (!signature) return signature.error();
    // By a key for actions alone it may be as well; the daemon and the actuator know those.
    const bool ours = std::any_of(fleet.keys.begin(), fleet.keys.end(),
                                  [&](const auto& key) { return key.id == signature->id; });
    if (ours) {
        const auto genuine =
            verify_minisign(split->body, *signature, fleet.keys, OpensslSignatures{});
        if (!genuine) return genuine.error();
    }
    const auto bundle = parse_bundle("bundle", split->body);
    if (!bundle) return bundle.error();
    return BundleRef{bundle->header.version, std::string(bundle->digest.view())};
}

void tell_end(Session& session, const RolloutRecord& record, const BundleRef& bundle) {
    if (record.in_force() == bundle) {
        session.out << fmt::format("version {} is in force{}\n", bundle.version,
                                   record.trial.known() ? ", on probation" : "");
    } else if (record.failed == bundle) {
        session.fail_at(record.failure);
    } else {
        session.out << fmt::format("version {} is good and waits its turn\n", bundle.version);
    }
}

void apply(Session& session, const Options& options) {
    const auto fleet = fleet_of(session, options);
    if (!fleet) return;
    const auto whole = read_bundle(options.file);
    if (!whole) return session.fail_at(whole.error().text);
    const auto bundle = check_bundle(*whole, *fleet);
    if (!bundle) return session.fail_at(bundle.error().text);
    const auto said = say_to_daemon(
        *fleet, [&](OperatorWord& word) { word.take(bundle->digest, options.accept_version); });
    if (!said) return session.fail_at(said.error().text);
    const auto written = write_file_atomically(fleet->directory + "/" + kAppliedFile, *whole, 0644);
    if (!written) return session.fail_at(written.error().text);
    RolloutRecord last;
    const bool answered = wait_for(session, options, [&](const RolloutRecord& record) {
        last = record;
        return record.in_force() == *bundle || record.failed == *bundle;
    });
    if (answered || last.waiting == *bundle) return tell_end(session, last, *bundle);
    session.fail_at(
        "the daemon did not take it: does it run? Its log (journalctl -u homeostat) says why not");
}

void roll_back(Session& session, const Options& options) {
    const auto fleet = fleet_of(session, options);
    if (!fleet) return;
    const auto record = read_record(options);
    if (!record) return session.fail_at(record.error().text);
    const BundleRef bundle = record->in_force();
    if (!bundle.known()) return session.fail_at("no bundle is in force: nothing to go back from");
    const auto said = say_to_daemon(*fleet, [&](OperatorWord& word) { word.leave(bundle.digest); });
    if (!said) return session.fail_at(said.error().text);
    RolloutRecord last;
    const bool answered = wait_for(session, options, [&](const RolloutRecord& now) {
        last = now;
        return !(now.in_force() == bundle);
    });
    if (!answered) {
        return session.fail_at("the daemon did not answer: it goes back when it runs");
    }
    const BundleRef& now = last.in_force();
    session.out << (now.known() ? fmt::format("version {} is in force again\n", now.version)
                                : std::string("this host's own files are in force again\n"));
}

}  // namespace

void add_rollout_commands(CLI::App& config, Session& session) {
    const auto options = std::make_shared<Options>();
    const auto add = [&](const char* name, const char* about, bool with_config) {
        CLI::App* command = config.add_subcommand(name, about);
        command->add_option("--state", options->state, "State directory")->capture_default_str();
        if (with_config) {
            command->add_option("--config", options->config, "Configuration directory")
                ->capture_default_str();
        }
        return command;
    };
    CLI::App* past = add("history", "What the fleet has sent, and what became of it", false);
    past->add_flag("--json", options->json, "Print JSON");
    past->callback([&session, options] { history(session, *options); });
    CLI::App* taken = add("apply", "Take a signed bundle now, without waiting for its turn", true);
    taken->add_option("file", options->file, "The bundle")->required();
    taken->add_flag("--accept-version", options->accept_version,
                    "Even when a higher version was accepted before: for disasters only");
    taken->callback([&session, options] { apply(session, *options); });
    CLI::App* left = add("rollback", "Leave the bundle in force for the one before it", true);
    left->callback([&session, options] { roll_back(session, *options); });
}

}  // namespace homeostat
