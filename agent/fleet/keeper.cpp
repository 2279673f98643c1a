#include "agent/fleet/keeper.hpp"

#include <algorithm>

#include "agent/fleet/fleet_summary.hpp"
#include "core/format.hpp"

namespace homeostat {
namespace {

constexpr std::size_t kKeptMax = 4;  // bundles on disk besides the one that waits: to go back to

bool has_key(const std::vector<MinisignKey>& keys, const MinisignKeyId& id) {
    return std::any_of(keys.begin(), keys.end(),
                       [&](const MinisignKey& key) { return key.id == id; });
}

std::string name_of(const BundleHeader& header) {
    return fmt::format("{} {}", header.id, header.version);
}

}  // namespace

Status Keeper::begin(Instant now) {
    Status problem = Ok{};
    const auto text = files_.read(kRecordFile, kRecordBytesMax);
    if (text) {
        auto record = parse_rollout_record(*text);
        if (record) record_ = std::move(*record);
        if (!record) problem = record.error();
    } else if (text.error().code != Errc::NotFound) {
        problem = text.error();
    }
    if (record_.channel != setup_.channel) record_.follow(setup_.channel);
    if (record_.trial.known() && !record_.trial_boot.empty() &&
        record_.trial_boot == setup_.boot_id) {
        (void)roll_back(now, "the agent crashed while it was on probation");
    }
    if (record_.trial.known()) {
        auto trial = load(record_.trial);
        if (trial) {
            bundle_ = std::move(*trial);
            RolloutRecord next = record_;
            next.trial_boot = setup_.boot_id;
            (void)save(next);
        } else {
            problem = trial.error();
            (void)roll_back(now, trial.error().text.view());
        }
    }
    if (!record_.trial.known() && record_.good.known()) {
        auto good = load(record_.good);
        if (good) bundle_ = std::move(*good);
        if (!good) problem = good.error();
    }
    if (!record_.waiting.known()) return problem;
    const auto waiting = load(record_.waiting);
    if (waiting) {
        waiting_delay_ =
            ring_delay(waiting->header.rollout, setup_.machine_id, record_.waiting.digest);
        waiting_from_ = now;
        waiting_before_ = {std::max<std::int64_t>(0, now.unix_ns - record_.waiting_since_unix_ns)};
    } else {
        record_.waiting = {};
    }
    return problem;
}

Result<Bundle> Keeper::load(const BundleRef& ref) const {
    const auto text = files_.read(ref.file(), kBundleBytesMax);
    if (!text) return text.error();
    const auto split = split_signed(*text);
    if (!split) return split.error();
    const auto signature = parse_minisign_signature(split->signature);
    if (!signature) return signature.error();
    std::vector<MinisignKey> keys = setup_.keys;
    keys.insert(keys.end(), setup_.action_keys.begin(), setup_.action_keys.end());
    if (const auto genuine = verify_minisign(split->body, *signature, keys, library_); !genuine) {
        return genuine.error();
    }
    auto bundle =
        parse_bundle(fmt::format("bundle {} {}", setup_.channel, ref.version), split->body);
    if (!bundle) return bundle;
    if (bundle->digest.view() != ref.digest || bundle->header.id != setup_.channel ||
        bundle->header.version != ref.version) {
        return make_error(Errc::Denied, "{} is another bundle than it is called", ref.file());
    }
    if (const auto allowed = check_rights(*bundle, signature->id); !allowed) {
        return allowed.error();
    }
    return bundle;
}

Status Keeper::check_rights(const Bundle& bundle, const MinisignKeyId& signer) const {
    if (!bundle.settings.entries.empty() && !has_key(setup_.keys, signer)) {
        return make_error(Errc::Denied, "key {} is not trusted for settings (fleet.yml)",
                          to_text(signer).view());
    }
    if (bundle.brings_actions() && !has_key(setup_.action_keys, signer)) {
        return make_error(Errc::Denied,
                          "brings rules, playbooks or approvals, and key {} is not trusted for "
                          "them (allow.yml, fleet)",
                          to_text(signer).view());
    }
    if (setup_.conditions_act && bundle.settings.find("conditions") != nullptr &&
        !has_key(setup_.action_keys, signer)) {
        return make_error(Errc::Denied,
                          "sets conditions, which set actions off on this host, and key {} is not "
                          "trusted for them (allow.yml, fleet)",
                          to_text(signer).view());
    }
    return Ok{};
}

Status Keeper::check_version(const Bundle& bundle, const OperatorWord& word,
                             OfferAnswer& answer) const {
    const std::uint64_t version = bundle.header.version;
    if (bundle.digest.view() == word.older) return Ok{};
    for (const BundleRef& known : {record_.highest, record_.waiting}) {
        if (!known.known() || version > known.version) continue;
        if (record_.returned && bundle.digest.view() == known.digest) continue;
        if (version == known.version) {
            return make_error(Errc::Denied, "version {} was accepted with other content: {}",
                              version, known.digest.substr(0, 12));
        }
        answer.end = OfferEnd::Ignored;
        return make_error(Errc::Denied, "version {} is older than {}, which was accepted", version,
                          known.version);
    }
    return Ok{};
}

Result<Bundle> Keeper::check_offer(std::string_view body, std::string_view signature_text,
                                   Instant now, const OperatorWord& word, OfferAnswer& answer) {
    const auto signature = parse_minisign_signature(signature_text);
    if (!signature) return signature.error();
    std::vector<MinisignKey> keys = setup_.keys;
    keys.insert(keys.end(), setup_.action_keys.begin(), setup_.action_keys.end());
    if (const auto genuine = verify_minisign(body, *signature, keys, library_); !genuine) {
        return genuine.error();
    }
    auto bundle = parse_bundle("bundle", body);
    if (!bundle) return bundle;
    answer.bundle.version = bundle->header.version;
    if (bundle->header.id != setup_.channel) {
        return make_error(Errc::Denied, "is for channel '{}', and this host follows '{}'",
                          bundle->header.id, setup_.channel);
    }
    if (const auto allowed = check_rights(*bundle, signature->id); !allowed) {
        return allowed.error();
    }
    if (const auto newer = check_version(*bundle, word, answer); !newer) return newer.error();
    if (!matches(bundle->header.select, setup_.host)) {
        answer.end = OfferEnd::Ignored;
        return make_error(Errc::Denied, "is not for this host");
    }
    if (const auto fits = check_agent(bundle->header, setup_.agent_version); !fits) {
        return fits.error();
    }
    if (const auto in_time = check_time(bundle->header, now.unix_ns); !in_time) {
        return in_time.error();
    }
    // A clock can be set back, the time that the fleet itself has signed cannot.
    if (bundle_ && bundle->header.expires_unix_ns <= bundle_->header.issued_unix_ns &&
        bundle->digest.view() != word.older) {
        return make_error(Errc::Invalid, "expired at {}, before what is in force was issued",
                          rfc3339(bundle->header.expires_unix_ns).view());
    }
    return bundle;
}

OfferAnswer Keeper::offer(std::string_view text, std::string_view signature, Instant now,
                          Check check, const OperatorWord& word, std::string_view source) {
    OfferAnswer answer;
    if (text.size() > kBundleBytesMax) {  // section 7, rule 5: before anything else
        answer.text = fmt::format("larger than the {} bytes allowed", kBundleBytesMax);
        return answer;
    }
    SignedText parts{text, std::string(signature)};
    if (signature.empty()) {
        auto split = split_signed(text);
        if (!split) return refuse(answer, split.error().text.view(), now);
        parts = std::move(*split);
        if (parts.signature.empty()) return refuse(answer, "is not signed", now);
    }
    answer.bundle.digest = sha256_hex(parts.body).view();
    for (const BundleRef& known : {record_.in_force(), record_.waiting, record_.highest}) {
        if (known.digest != answer.bundle.digest || known.digest == word.older) continue;
        if (record_.returned && !(known == record_.waiting)) continue;
        answer.end = OfferEnd::Unchanged;
        answer.bundle = known;
        return answer;
    }
    auto bundle = check_offer(parts.body, parts.signature, now, word, answer);
    if (!bundle) return refuse(answer, bundle.error().text.view(), now);
    if (const auto works = check(*bundle); !works) {
        return refuse(answer, works.error().text.view(), now);
    }
    const auto whole = join_signed(parts.body, parts.signature);
    if (!whole) return refuse(answer, whole.error().text.view(), now);
    const auto written = files_.write(answer.bundle.file(), *whole);
    if (!written) return refuse(answer, written.error().text.view(), now);
    RolloutRecord next = record_;
    next.waiting = answer.bundle;
    next.waiting_since_unix_ns = now.unix_ns;
    const Duration delay =
        ring_delay(bundle->header.rollout, setup_.machine_id, answer.bundle.digest);
    const std::string turn =
        delay.ns == 0 ? "its turn is now"
                      : fmt::format("its turn comes in {}", human_duration(delay.seconds()).view());
    next.add_event({now.unix_ns, answer.bundle, "waiting", with_source(source, turn)});
    if (const auto saved = save(next); !saved) {
        return refuse(answer, saved.error().text.view(), now);
    }
    waiting_delay_ = delay;
    waiting_from_ = now;
    waiting_before_ = {};
    answer.end = OfferEnd::Waiting;
    return answer;
}

// Told once: what is offered again and again fills no history.
OfferAnswer Keeper::refuse(OfferAnswer answer, std::string_view why, Instant now) {
    answer.text = why;
    // What nobody whom we trust has signed leaves no trace on the disk: anybody could fill it.
    if (answer.end == OfferEnd::Ignored || answer.bundle.version == 0) return answer;
    answer.end = OfferEnd::Refused;
    if (record_.failed.digest == answer.bundle.digest && record_.failure == why) return answer;
    RolloutRecord next = record_;
    next.failed = answer.bundle;
    next.failure = why;
    next.add_event({now.unix_ns, answer.bundle, "refused", std::string(why)});
    (void)save(next);
    return answer;
}

bool Keeper::due(Instant now, const OperatorWord& word) const {
    if (!record_.waiting.known() || record_.trial.known()) return false;
    if (record_.waiting.digest == word.now) return true;
    return waiting_before_ + (now - waiting_from_) >= waiting_delay_;
}

Status Keeper::start_trial(Instant now) {
    auto bundle = load(record_.waiting);
    if (!bundle) {
        const BundleRef lost = record_.waiting;
        record_.waiting = {};
        (void)refuse({OfferEnd::Refused, lost, ""}, bundle.error().text.view(), now);
        return bundle.error();
    }
    RolloutRecord next = record_;
    next.trial = record_.waiting;
    next.trial_boot = setup_.boot_id;
    if (next.trial.version >= next.highest.version) next.highest = next.trial;
    next.waiting = {};
    next.returned = false;
    next.add_event({now.unix_ns, next.trial, "trial", name_of(bundle->header) + " is in force"});
    if (const auto saved = save(next); !saved) return saved;
    bundle_ = std::move(*bundle);
    return Ok{};
}

Status Keeper::keep(Instant now) {
    if (!record_.trial.known()) return make_error(Errc::NotFound, "no bundle is on trial");
    RolloutRecord next = record_;
    next.good = next.trial;
    next.trial = {};
    next.trial_boot.clear();
    next.add_event({now.unix_ns, next.good, "kept", "the probation went well"});
    if (const auto saved = save(next); !saved) return saved;
    clean_up();
    return Ok{};
}

Status Keeper::roll_back(Instant now, std::string_view why) {
    if (!record_.trial.known()) return make_error(Errc::NotFound, "no bundle is on trial");
    RolloutRecord next = record_;
    next.failed = next.trial;
    next.failure = why;
    next.trial = {};
    next.trial_boot.clear();
    next.add_event({now.unix_ns, next.failed, "rolled-back", std::string(why)});
    const auto saved = save(next);
    // On a disk that takes no writes it is rolled back all the same, for as long as we run.
    if (!saved) record_ = std::move(next);
    use(record_.good);
    return saved;
}

Status Keeper::leave(std::string_view digest, Instant now) {
    if (record_.trial.digest == digest && record_.trial.known()) {
        return roll_back(now, "the operator went back");
    }
    if (!record_.good.known() || record_.good.digest != digest) {
        return make_error(Errc::NotFound, "{} is not in force", digest.substr(0, 12));
    }
    RolloutRecord next = record_;
    next.good = {};
    std::vector<BundleRef> left{record_.good};
    for (auto event = record_.history.rbegin(); event != record_.history.rend(); ++event) {
        if (event->what == "left") left.push_back(event->bundle);
        if (event->what != "kept") continue;
        if (std::find(left.begin(), left.end(), event->bundle) != left.end()) continue;
        if (!load(event->bundle)) continue;
        next.good = event->bundle;
        break;
    }
    next.add_event({now.unix_ns, record_.good, "left", "the operator went back"});
    if (const auto saved = save(next); !saved) return saved;
    use(record_.good);
    return Ok{};
}

void Keeper::end() {
    if (record_.trial_boot.empty()) return;
    RolloutRecord next = record_;
    next.trial_boot.clear();
    (void)save(next);
}

Status Keeper::save(const RolloutRecord& next) {
    const auto written = files_.write(kRecordFile, to_text(next));
    if (!written) return written;
    record_ = next;
    return Ok{};
}

void Keeper::use(const BundleRef& ref) {
    bundle_.reset();
    if (!ref.known()) return;
    auto bundle = load(ref);
    if (bundle) bundle_ = std::move(*bundle);
}

// What nothing names any more, but for the last few that were kept.
void Keeper::clean_up() {
    std::vector<std::string> needed{kRecordFile};
    for (const BundleRef* ref : {&record_.good, &record_.trial, &record_.waiting}) {
        if (ref->known()) needed.push_back(ref->file());
    }
    for (auto event = record_.history.rbegin();
         event != record_.history.rend() && needed.size() < kKeptMax + 2; ++event) {
        if (event->what == "kept") needed.push_back(event->bundle.file());
    }
    for (const std::string& name : files_.names()) {
        const bool ours = name.ends_with(".bundle");
        if (ours && std::find(needed.begin(), needed.end(), name) == needed.end()) {
            files_.remove(name);
        }
    }
}

}  // namespace homeostat
