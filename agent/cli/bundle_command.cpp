// homeostat bundle: makes, checks and shows what a fleet manager sends to many hosts.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "actions/minisign.hpp"
#include "actions/playbook/policy.hpp"
#include "actions/playbook/run.hpp"
#include "agent/cli/command.hpp"
#include "agent/config/layers.hpp"
#include "agent/fleet/bundle_directory.hpp"
#include "agent/fleet/bundle_text.hpp"
#include "agent/fleet/openssl_signatures.hpp"
#include "core/file.hpp"
#include "core/output_file.hpp"

namespace homeostat {
namespace {

struct Options {
    std::string path;
    std::string out;
    std::string channel;
    std::int64_t version = 0;
    std::string expires = "30d";
    std::string min_agent;
    bool all = false;
    std::vector<std::string> labels;
    std::vector<std::string> facts;
    double canary = Rollout{}.canary;
    std::string wait = "1h";
    std::string spread = "2h";
    std::string probation = "10m";
    std::vector<std::string> keys;
    std::string signature;
};

constexpr std::size_t kKeyTextSize = 56;  // of a minisign key in base64

// "role=web", several of one name side by side: one of its values is enough.
Status add_rows(const std::vector<std::string>& words, std::vector<HostSelector::Row>& rows) {
    for (const std::string& word : words) {
        const auto equals = word.find('=');
        if (equals == 0 || equals == std::string::npos) {
            return make_error(Errc::Invalid, "expected NAME=VALUE, got '{}'", word);
        }
        const std::string name = word.substr(0, equals);
        auto row = std::find_if(rows.begin(), rows.end(),
                                [&](const auto& known) { return known.name == name; });
        if (row == rows.end()) row = rows.insert(rows.end(), {name, {}});
        row->values.push_back(word.substr(equals + 1));
    }
    return Ok{};
}

Result<BundleHeader> header_of(const Options& options, std::int64_t now_unix_ns) {
    BundleHeader header;
    header.id = options.channel;
    if (options.version < 1) {
        return make_error(Errc::Invalid, "--number: expected a whole number from 1, got {}",
                          options.version);
    }
    header.version = static_cast<std::uint64_t>(options.version);
    header.issued_unix_ns = now_unix_ns;
    header.min_agent = options.min_agent;
    header.select.all = options.all;
    if (const auto added = add_rows(options.labels, header.select.labels); !added) {
        return added.error();
    }
    if (const auto added = add_rows(options.facts, header.select.facts); !added) {
        return added.error();
    }
    if (!options.all && options.labels.empty() && options.facts.empty()) {
        return make_error(Errc::Invalid, "for which hosts? --all, --label NAME=VALUE, --fact ...");
    }
    const auto expires = parse_duration(options.expires);
    const auto wait = parse_duration(options.wait);
    const auto spread = parse_duration(options.spread);
    const auto probation = parse_duration(options.probation);
    for (const auto* duration : {&expires, &wait, &spread, &probation}) {
        if (!*duration) return duration->error();
    }
    header.expires_unix_ns = now_unix_ns + expires->ns;
    header.rollout = {options.canary, *wait, *spread, *probation};
    return header;
}

// What every host would find as well, found here with the names of the files. Every playbook is
// read by the code that would run it, whether a rule of the bundle names it or one of the host.
bool check_parts(Session& session, const Options& options, const BundleParts& parts) {
    std::vector<Error> errors;
    check_bundle_parts(parts, errors);
    const playbook::OperatorPolicy policy;
    playbook::SleepingPauser pauser;
    const playbook::Environment environment{session.host.root, session.host.clock,
                                            session.host.spawner, pauser, policy};
    for (const BundleFile& file : parts.playbooks) {
        playbook::Input input;
        input.text = file.text;
        input.file_name = options.path + "/playbooks/" + file.name;
        const auto checked = playbook::check_playbook(input, environment);
        if (!checked) errors.push_back(checked.error());
    }
    for (const Error& error : errors) session.fail_at(error.text);
    return errors.empty();
}

void build(Session& session, const Options& options) {
    auto header = header_of(options, session.host.clock.now().unix_ns);
    if (!header) return session.fail_at(header.error().text);
    BundleParts parts;
    parts.header = std::move(*header);
    if (const auto read = read_bundle_directory(options.path, parts); !read) {
        return session.fail_at(read.error().text);
    }
    if (!check_parts(session, options, parts)) return;
    const auto text = write_bundle(parts);
    if (!text) return session.fail_at(text.error().text);
    const auto written = write_output_file(options.out, *text);
    if (!written) return session.fail_at(written.error().text);
    session.out << fmt::format("{}: {} {}, {}\nsign it: minisign -S -H -s KEY -m {} -t '{}'\n",
                               options.out, parts.header.id, parts.header.version,
                               human_bytes(static_cast<double>(text->size())).view(), options.out,
                               trusted_comment_for(parts.header));
}

// The file, and its signature from inside it or from beside it.
struct Signed {
    std::string text;
    SignedText parts;
};

std::optional<Signed> read_signed(Session& session, const Options& options, bool needed) {
    auto text = read_file(options.path, kBundleBytesMax);
    if (!text) {
        session.fail_at(text.error().text);
        return std::nullopt;
    }
    Signed out{std::move(*text), {}};
    auto split = split_signed(out.text);
    if (!split) {
        session.fail_at(options.path + ": " + std::string(split.error().text.view()));
        return std::nullopt;
    }
    out.parts = std::move(*split);
    if (!out.parts.signature.empty()) return out;
    const std::string beside =
        options.signature.empty() ? options.path + ".minisig" : options.signature;
    auto signature = read_file(beside, kBundleBytesMax);
    if (signature) {
        out.parts.signature = std::move(*signature);
    } else if (needed) {
        session.fail_at(signature.error().text);
        return std::nullopt;
    }
    return out;
}

// A key as an argument: the key itself or a file that holds it.
Result<MinisignKey> key_of(const std::string& word) {
    if (word.starts_with("RW") && word.size() == kKeyTextSize) {
        return parse_minisign_key(word);
    }
    const auto text = read_file(word, 4096);
    if (!text) return text.error();
    return parse_minisign_key(*text);
}

void verify(Session& session, const Options& options) {
    std::vector<MinisignKey> keys;
    for (const std::string& word : options.keys) {
        const auto key = key_of(word);
        if (!key) return session.fail_at(key.error().text);
        keys.push_back(*key);
    }
    const auto file = read_signed(session, options, true);
    if (!file) return;
    const auto signature = parse_minisign_signature(file->parts.signature);
    if (!signature) return session.fail_at(signature.error().text);
    const auto genuine = verify_minisign(file->parts.body, *signature, keys, OpensslSignatures{});
    if (!genuine) return session.fail_at(genuine.error().text);
    const auto bundle = parse_bundle(options.path, file->parts.body);
    if (!bundle) return session.fail_at(bundle.error().text);
    const auto in_time = check_time(bundle->header, session.host.clock.now().unix_ns);
    if (!in_time) return session.fail_at(in_time.error().text);
    session.out << fmt::format("ok: {} {}, signed by key {}, holds until {}\n", bundle->header.id,
                               bundle->header.version, to_text(signature->id).view(),
                               rfc3339(bundle->header.expires_unix_ns).view());
}

std::string rows_text(const char* what, const std::vector<HostSelector::Row>& rows) {
    std::string out;
    for (const HostSelector::Row& row : rows) {
        out += out.empty() ? std::string(what) + " " : ", ";
        out += row.name + "=";
        for (std::size_t i = 0; i < row.values.size(); ++i) {
            out += (i > 0 ? "|" : "") + row.values[i];
        }
    }
    return out;
}

std::string hosts_text(const HostSelector& select) {
    if (select.all) return "all";
    const std::string labels = rows_text("labels", select.labels);
    const std::string facts = rows_text("facts", select.facts);
    if (labels.empty() && facts.empty()) return "none";
    return labels + (labels.empty() || facts.empty() ? "" : "; ") + facts;
}

std::string approval_text(const BundleApproval& approval) {
    std::string out = "  approves";
    for (const auto& [what, name] :
         {std::pair{"rule", &approval.rule}, std::pair{"playbook", &approval.playbook},
          std::pair{"on", &approval.target}, std::pair{"host", &approval.host},
          std::pair{"incident", &approval.incident}}) {
        if (!name->empty()) out += fmt::format(" {} '{}'", what, *name);
    }
    out += fmt::format(" from {} until {}", rfc3339(approval.from_unix_ns).view(),
                       rfc3339(approval.until_unix_ns).view());
    return out + (approval.times > 0 ? fmt::format(", {} times\n", approval.times) : "\n");
}

void inspect(Session& session, const Options& options) {
    const auto file = read_signed(session, options, false);
    if (!file) return;
    const auto bundle = parse_bundle(options.path, file->parts.body);
    if (!bundle) return session.fail_at(bundle.error().text);
    const BundleHeader& header = bundle->header;
    const Rollout& rollout = header.rollout;
    const auto text = [](Duration duration) { return std::string(to_text(duration).view()); };
    session.out << fmt::format("bundle     {} {}, sha256 {}\n", header.id, header.version,
                               bundle->digest.view());
    session.out << fmt::format("holds      {} to {}\n", rfc3339(header.issued_unix_ns).view(),
                               rfc3339(header.expires_unix_ns).view());
    session.out << fmt::format("hosts      {}\n", hosts_text(header.select));
    session.out << fmt::format(
        "roll-out   {:.1f} % at once, the others after {} over {}; probation {}\n",
        100 * rollout.canary, text(rollout.wait), text(rollout.spread), text(rollout.probation));
    const auto signature = parse_minisign_signature(file->parts.signature);
    if (signature) {
        session.out << fmt::format("signed by  {} (not checked here: homeostat bundle verify)\n",
                                   to_text(signature->id).view());
    } else {
        session.out << "signed by  nobody\n";
    }
    for (const SettingLine& line : list_settings(bundle->settings)) {
        if (!line.key.empty()) session.out << fmt::format("  {}: {}\n", line.key, line.value);
    }
    for (const BundleFile& rule : bundle->rules) {
        session.out << fmt::format("  rules/{}: {} bytes\n", rule.name, rule.text.size());
    }
    for (const BundleFile& playbook : bundle->playbooks) {
        session.out << fmt::format("  playbooks/{}: {} bytes\n", playbook.name,
                                   playbook.text.size());
    }
    for (const BundleApproval& approval : bundle->approvals) {
        session.out << approval_text(approval);
    }
}

void join(Session& session, const Options& options) {
    const auto file = read_signed(session, options, true);
    if (!file) return;
    const auto whole = join_signed(file->parts.body, file->parts.signature);
    if (!whole) return session.fail_at(whole.error().text);
    const auto written = write_output_file(options.out, *whole);
    if (!written) return session.fail_at(written.error().text);
    session.out << options.out << ": the bundle with its signature inside\n";
}

void add_build(CLI::App& bundle, Session& session, const std::shared_ptr<Options>& options) {
    CLI::App* command = bundle.add_subcommand(
        "build", "Make a bundle of DIR: homeostat.yml, rules/, playbooks/, approvals.yml");
    command->add_option("directory", options->path, "What the bundle is made of")->required();
    command->add_option("-o,--out", options->out, "The bundle")->required();
    command->add_option("--channel", options->channel, "Who follows it: its id")->required();
    command->add_option("--number", options->version, "Its version: higher than any before")
        ->required();
    command->add_flag("--all", options->all, "For every host of the channel");
    command->add_option("--label", options->labels, "For hosts with this label: NAME=VALUE");
    command->add_option("--fact", options->facts,
                        "For hosts of which this is true: os=debian, host=web1, arch=amd64");
    command->add_option("--expires", options->expires, "Taken for so long")->capture_default_str();
    command->add_option("--min-agent", options->min_agent, "Oldest agent that may take it");
    command->add_option("--canary", options->canary, "Share of the hosts that take it at once")
        ->capture_default_str();
    command->add_option("--wait", options->wait, "How long the others wait")->capture_default_str();
    command->add_option("--spread", options->spread, "Over how long they come then")
        ->capture_default_str();
    command->add_option("--probation", options->probation, "How long each host watches itself")
        ->capture_default_str();
    command->callback([&session, options] { build(session, *options); });
}

}  // namespace

void add_bundle_command(CLI::App& app, Session& session) {
    const auto options = std::make_shared<Options>();
    CLI::App* bundle =
        app.add_subcommand("bundle", "Make, check and show what is sent to many hosts");
    bundle->require_subcommand(1);
    bundle->footer(
        "Examples: homeostat bundle build ./web -o web.yml --channel prod --number 7 --all\n"
        "          minisign -S -H -s fleet.key -m web.yml\n"
        "          homeostat bundle verify web.yml --key fleet.pub");
    add_build(*bundle, session, options);
    CLI::App* verified =
        bundle->add_subcommand("verify", "Check signature, form and time of a bundle");
    verified->add_option("file", options->path, "The bundle")->required();
    verified->add_option("--key", options->keys, "A trusted key, or its .pub file")->required();
    verified->add_option("--signature", options->signature, "Its signature [FILE.minisig]");
    verified->callback([&session, options] { verify(session, *options); });
    CLI::App* shown = bundle->add_subcommand("inspect", "Show what is in a bundle");
    shown->add_option("file", options->path, "The bundle")->required();
    shown->callback([&session, options] { inspect(session, *options); });
    CLI::App* joined =
        bundle->add_subcommand("join", "Put the signature into the bundle: one file to serve");
    joined->add_option("file", options->path, "The bundle, with FILE.minisig beside it")
        ->required();
    joined->add_option("-o,--out", options->out, "The whole")->required();
    joined->callback([&session, options] { join(session, *options); });
}

}  // namespace homeostat
