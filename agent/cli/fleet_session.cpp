#include "agent/cli/fleet_session.hpp"

#include <sys/random.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <functional>

#include "actions/fleet_actions.hpp"
#include "agent/agent.hpp"
#include "agent/config/rule_kinds.hpp"
#include "agent/config/yaml_text.hpp"
#include "agent/fleet/ceiling.hpp"
#include "agent/fleet/fleet_config.hpp"
#include "agent/identity.hpp"
#include "agent/process_usage.hpp"
#include "agent/uplink/curl_fetcher.hpp"
#include "agent/version.hpp"
#include "collectors/pressure.hpp"
#include "core/file.hpp"
#include "core/host_identity.hpp"
#include "core/parse.hpp"

namespace homeostat {
namespace {

std::string credentials_directory() {
    const char* value = std::getenv("CREDENTIALS_DIRECTORY");
    return value == nullptr ? "" : value;
}

std::string absolute(const std::string& path) {
    std::error_code error;
    const auto whole = std::filesystem::absolute(path, error).lexically_normal();
    std::string text = error ? path : whole.string();
    while (text.size() > 1 && text.back() == '/') text.pop_back();
    return text;
}

// What a kernel does not count stays 0.
double waited_for(const Root& root, const char* path) {
    std::array<char, 256> buffer{};
    const auto text = root.read(path, buffer);
    const auto lines = text ? parse_pressure(*text) : Result<PressureLines>(text.error());
    return lines && lines->some ? lines->some->total_seconds : 0.0;
}

void measure(const Root& root, AgentHealth& health) {
    const ProcessUsage usage = read_process_usage();
    health.resident_bytes = usage.resident_bytes;
    health.cpu_seconds = usage.cpu_seconds;
    health.waited.watch = usage.waited_seconds;
    health.waited.cpu = waited_for(root, "proc/pressure/cpu");
    health.waited.memory = waited_for(root, "proc/pressure/memory");
    health.waited.io = waited_for(root, "proc/pressure/io");
}

// Of "0192f0aa-...": sixteen bytes, or what of them there is.
std::string uuid_bytes(std::string_view text) {
    std::string digits;
    for (const char c : text) {
        if (c != '-') digits += c;
    }
    std::string out;
    for (std::size_t i = 0; i + 2 <= digits.size(); i += 2) {
        const auto byte = parse_u64(std::string_view(digits).substr(i, 2), 16);
        if (byte) out += static_cast<char>(*byte);
    }
    return out;
}

// The first fault, and how many more there are: an error's text has an end.
Error summed(const std::vector<Error>& errors) {
    Error first = errors.front();
    if (errors.size() > 1) format_into(first.text, " (and {} more)", errors.size() - 1);
    return first;
}

}  // namespace

std::optional<std::unique_ptr<FleetSession>> FleetSession::open(const FleetPlace& place,
                                                                TellFault tell) {
    std::vector<Error> errors;
    SecretStore secrets(credentials_directory());
    const auto read_secret = [&secrets](const std::string& name, SecretKind kind) {
        return secrets.read(name, kind);
    };
    auto settings = load_fleet_settings(absolute(place.config), read_secret, errors);
    for (const Error& error : errors) tell(error.text.view());
    if (!settings) return std::nullopt;
    std::unique_ptr<FleetSession> session;
    if (!*settings) return session;
    // Faults in these files are told by who reads them all.
    const auto actions = load_action_config(place.config, Trust::Anyone);
    session.reset(new FleetSession(place, std::move(**settings)));
    session->begin(actions ? actions->allow_list : AllowList{}, tell);
    return session;
}

FleetSession::FleetSession(const FleetPlace& place, FleetSettings settings)
    : place_(place),
      settings_(std::move(settings)),
      files_(place.state + "/" + kFleetDirectory),
      channel_(std::string("homeostat/") + kVersion) {}

void FleetSession::begin(const AllowList& allow_list, TellFault tell) {
    AgentIdentity identity;
    read_identity(place_.root, kVersion, identity);
    host_ = host_facts(settings_.labels, read_host_identity(place_.root), kVersion);
    keeper_ = std::make_unique<Keeper>(setup(allow_list), files_, signatures_);
    const Instant now = place_.host.clock.now();
    if (const auto begun = keeper_->begin(now); !begun) {
        tell("fleet: " + std::string(begun.error().text.view()));
    }
    const std::uint64_t seed =
        std::hash<std::string>{}(place_.boot_id) ^ static_cast<std::uint64_t>(now.unix_ns);
    steward_ = std::make_unique<FleetSteward>(FleetParts{
        settings_, *keeper_, place_.log, [this](const Bundle& bundle) { return check(bundle); },
        [this](AgentHealth& health) { measure(place_.host.root, health); }, seed, files_,
        opamp_identity(identity, now), [this] { return effective(); }});
}

void FleetSession::end() {
    keeper_->end();
    CurlFetcher fetcher(std::string("homeostat/") + kVersion);
    steward_->say_farewell(place_.host.clock.now(), {fetcher, channel_});
}

OpampIdentity FleetSession::opamp_identity(const AgentIdentity& identity, Instant now) const {
    std::array<std::uint64_t, 2> random{};
    if (::getrandom(random.data(), sizeof random, 0) != sizeof random) std::abort();
    const auto id = load_instance_id(place_.state, identity.host_id, now.unix_ns, random);
    const std::string text =
        id ? *id : std::string(make_incident_id(now.unix_ns, random).text().view());
    OpampIdentity out;
    out.instance_uid = uuid_bytes(text);
    out.identifying = {{"service.name", "homeostat"},
                       {"service.version", kVersion},
                       {"service.instance.id", text}};
    out.other = {{"os.type", "linux"},
                 {"os.name", identity.os_name},
                 {"os.version", identity.os_version},
                 {"os.description", identity.os_description},
                 {"host.id", identity.host_id},
                 {"host.name", identity.host_name},
                 {"host.arch", identity.host_arch}};
    out.started_unix_ns = now.unix_ns;
    return out;
}

std::string FleetSession::effective() const {
    std::vector<Error> errors;
    const auto bundle = steward_->in_force();
    auto settings = load_settings_with(place_.config, bundle ? &*bundle : nullptr, errors);
    // What does not fit the owner's files any more is not used (read_in_force).
    if (!settings) settings = load_settings_with(place_.config, nullptr, errors);
    if (!settings) return "";
    mask_secrets(settings->tree);
    return yaml_text(settings->tree);
}

KeeperSetup FleetSession::setup(const AllowList& allow_list) const {
    KeeperSetup setup;
    setup.channel = settings_.channel;
    setup.keys = settings_.keys;
    setup.action_keys = allow_list.trust.keys;
    setup.conditions_act = allow_list.lets_act();
    setup.machine_id = read_host_identity(place_.root).id;
    setup.host = host_;
    setup.agent_version = kVersion;
    setup.boot_id = place_.boot_id;
    return setup;
}

void FleetSession::hand_over(TellFault tell) {
    const Bundle* bundle = keeper_->in_force();
    if (bundle == nullptr || !bundle->brings_actions()) {
        files_.remove(kFleetActionsFile);
        return;
    }
    const auto text = files_.read(keeper_->record().in_force().file(), kBundleBytesMax);
    const auto there = files_.read(kFleetActionsFile, kBundleBytesMax);
    if (text && there && *text == *there) return;
    const auto written = text ? files_.write(kFleetActionsFile, *text) : Status(text.error());
    if (!written) {  // its rules are then refused by the actuator, and observed here
        tell("fleet: the actuator is not given the bundle: " +
             std::string(written.error().text.view()));
    }
}

// Everything that a start would find, found before anything is changed.
Status FleetSession::check(const Bundle& bundle) const {
    std::vector<Error> errors;
    const FleetLayer layer{bundle, host_, settings_};
    auto configuration = read_configuration(place_.config, &layer, [&](std::string_view fault) {
        errors.push_back(make_error(Errc::Invalid, "{}", fault));
    });
    if (!configuration) return summed(errors);
    Work work;
    const Agent agent(configuration->config, configuration->actions, place_.host, work, {}, {});
    return check_limits(configuration->config, agent.memory().total(), settings_.limits);
}

bool FleetSession::refuse_trial(std::string_view why, Instant now) {
    const bool on_trial = keeper_->on_trial();
    steward_->refused(why, now);
    return on_trial;
}

std::optional<Configuration> read_configuration(const std::string& directory,
                                                const FleetLayer* layer, TellFault tell) {
    std::vector<Error> errors;
    if (layer != nullptr) {  // fleet.yml may have changed since the bundle came
        const Bundle& bundle = layer->bundle;
        (void)check_ceiling(bundle.settings, layer_name(bundle.header), layer->fleet, errors);
    }
    const auto settings =
        load_settings_with(directory, layer == nullptr ? nullptr : &layer->bundle, errors);
    auto config = settings ? read_settings(*settings, credentials_directory(), errors)
                           : Result<Config>(settings.error());
    auto actions = load_action_config(directory, Trust::Anyone, &errors);
    if (actions && layer != nullptr) {
        (void)add_fleet_actions(*actions, layer->bundle, layer->host, &errors);
        actions->stale_from_unix_ns = layer->bundle.header.expires_unix_ns;
    }
    if (config && actions && errors.empty()) {
        errors = unknown_rule_kinds(*actions, config->detect.conditions);
    }
    for (const Error& error : errors) tell(error.text.view());
    if (!config || !actions || !errors.empty()) return std::nullopt;
    config->origin = {config_hash(settings->tree, actions->hash),
                      layer == nullptr ? "local" : "bundle"};
    return Configuration{std::move(*config), std::move(*actions)};
}

void add_fleet_rules(ActionConfig& config, const std::string& state, const Root& root) {
    const auto text =
        read_file(state + "/" + kFleetDirectory + "/" + kFleetActionsFile, kBundleBytesMax);
    if (!text) return;
    const auto parts = split_signed(*text);
    if (!parts) return;
    const auto bundle = parse_bundle("bundle", parts->body);
    if (!bundle) return;
    (void)add_fleet_actions(config, *bundle, host_facts({}, read_host_identity(root), kVersion));
}

Result<std::optional<Bundle>> bundle_in_force(const std::string& state) {
    const std::string directory = state + "/" + kFleetDirectory + "/";
    const auto text = read_file(directory + kRecordFile, kRecordBytesMax);
    if (!text && text.error().code == Errc::NotFound) return std::optional<Bundle>();
    if (!text) return text.error();
    const auto record = parse_rollout_record(*text);
    if (!record) return record.error();
    if (!record->in_force().known()) return std::optional<Bundle>();
    const auto whole = read_file(directory + record->in_force().file(), kBundleBytesMax);
    if (!whole) return whole.error();
    const auto split = split_signed(*whole);
    if (!split) return split.error();
    auto bundle = parse_bundle("bundle", split->body);
    if (!bundle) return bundle.error();
    return std::optional<Bundle>(std::move(*bundle));
}

std::optional<Configuration> read_in_force(const std::string& directory, FleetSession* fleet,
                                           Instant now, TellFault tell) {
    if (fleet == nullptr) return read_configuration(directory, nullptr, tell);
    for (;;) {
        const auto bundle = fleet->steward().in_force();
        std::string first;
        const auto told = [&](std::string_view fault) {
            if (first.empty()) first = fault;
            tell(fault);
        };
        std::optional<FleetLayer> layer;
        if (bundle) layer.emplace(FleetLayer{*bundle, fleet->host(), fleet->settings()});
        auto configuration = read_configuration(directory, layer ? &*layer : nullptr, told);
        if (configuration) fleet->hand_over(tell);
        if (configuration || !bundle) return configuration;
        if (fleet->refuse_trial(first, now)) continue;
        tell("fleet: the bundle that was kept does not fit this host's files: not used");
        return read_configuration(directory, nullptr, tell);
    }
}

}  // namespace homeostat
