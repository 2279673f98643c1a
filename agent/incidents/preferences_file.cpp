#include "agent/incidents/preferences_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>

#include "core/file.hpp"
#include "core/parse.hpp"

namespace homeostat {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t kNanoseconds = 1'000'000'000;
constexpr std::int64_t kYear9999 = 253'402'300'799;

// Collects the first complaint, so that the readers below are plain lists of fields.
class Fields {
public:
    explicit Fields(const Json& object) : object_(object) {
        if (!object.is_object()) complain("an entry is no object");
    }

    template <std::size_t Capacity>
    void text(const char* name, FixedString<Capacity>& out) {
        const auto found = object_.is_object() ? object_.find(name) : object_.end();
        if (found == object_.end()) return;
        if (!found->is_string()) {
            complain(fmt::format("'{}' is no text", name));
        } else {
            out.assign(found->get_ref<const std::string&>());
        }
    }

    template <typename T>
    void number(const char* name, T& out, std::int64_t most) {
        const auto found = object_.is_object() ? object_.find(name) : object_.end();
        if (found == object_.end()) return;
        const bool whole = found->is_number_integer();
        const std::int64_t value = whole ? found->get<std::int64_t>() : -1;
        if (value < 0 || value > most) {
            complain(fmt::format("'{}' is no whole number from 0 to {}", name, most));
        } else {
            out = static_cast<T>(value);
        }
    }

    [[nodiscard]] const Status& status() const { return status_; }

private:
    void complain(const std::string& why) {
        if (status_) status_ = make_error(Errc::Invalid, "{}: {}", kPreferencesFile, why);
    }

    const Json& object_;
    Status status_ = Ok{};
};

Status read_silence(const Json& in, Silence& out) {
    Fields fields(in);
    std::int64_t until = 0;
    fields.text("id", out.id);
    fields.text("kind", out.kind);
    fields.text("subject", out.subject);
    fields.text("reason", out.reason);
    fields.number("until", until, kYear9999 / 100);  // in seconds; nanoseconds must fit 64 bits
    out.until_unix_ns = until * kNanoseconds;
    return fields.status();
}

Status read_effect(const Json& in, FeedbackEffect& out) {
    constexpr std::int64_t kTimesMax = 1'000'000;
    Fields fields(in);
    fields.text("condition", out.condition);
    fields.text("subject", out.subject);
    fields.number("steps", out.noise_steps, Preferences::kNoiseStepsMax);
    fields.number("useful", out.useful, kTimesMax);
    fields.number("noise", out.noise, kTimesMax);
    fields.number("wrong_cause", out.wrong_cause, kTimesMax);
    return fields.status();
}

template <typename List, typename Item>
Status read_list(const Json& root, const char* name, List& out,
                 Status (*read)(const Json&, Item&)) {
    const auto found = root.find(name);
    if (found == root.end()) return Ok{};
    if (!found->is_array()) {
        return make_error(Errc::Invalid, "{}: '{}' is no list", kPreferencesFile, name);
    }
    for (const Json& entry : *found) {
        Item item;
        const auto status = read(entry, item);
        if (!status) return status;
        if (!out.push(item)) {
            return make_error(Errc::Limit, "{}: more than {} in '{}'", kPreferencesFile,
                              out.capacity(), name);
        }
    }
    return Ok{};
}

// In seconds; -1: until resumed.
Status read_pause(const Json& root, Preferences& preferences) {
    const auto found = root.find("paused_until");
    if (found != root.end() && *found == -1) {
        preferences.paused_until_unix_ns = kPausedForGoodUnixNs;
        return Ok{};
    }
    Fields fields(root);
    std::int64_t until = 0;
    fields.number("paused_until", until, kYear9999 / 100);
    preferences.paused_until_unix_ns = until * kNanoseconds;
    return fields.status();
}

FeedbackEffect* effect_of(Preferences& preferences, const Finding& finding) {
    for (FeedbackEffect& effect : preferences.feedback) {
        if (effect.condition == finding.condition && effect.subject == finding.subject.name) {
            return &effect;
        }
    }
    FeedbackEffect effect;
    effect.condition = finding.condition;
    effect.subject = finding.subject.name;
    if (!preferences.feedback.push(effect)) return nullptr;
    return &preferences.feedback.back();
}

void count(std::uint32_t& times, bool undo) {
    if (undo) {
        times = times > 0 ? times - 1 : 0;
    } else {
        ++times;
    }
}

// Noise is a step up, its undoing and "useful" a step down; never beyond the bounds.
void apply(FeedbackEffect& effect, Opinion opinion, bool undo) {
    const bool up = (opinion == Opinion::Noise) != undo;
    switch (opinion) {
        case Opinion::Useful: count(effect.useful, undo); break;
        case Opinion::Noise: count(effect.noise, undo); break;
        case Opinion::WrongCause: count(effect.wrong_cause, undo); return;
    }
    if (opinion == Opinion::Useful && undo) return;  // what it took away comes back by "noise"
    if (up && effect.noise_steps < Preferences::kNoiseStepsMax) ++effect.noise_steps;
    if (!up && effect.noise_steps > 0) --effect.noise_steps;
}

// The turn of one who changes the file. The lock is on the directory itself: the file is replaced,
// and a file of its own would belong to whoever came first, root or the service. (The watcher's
// lock is on STATE/lock, and of another kind.)
class Turn {
public:
    Turn() = default;
    ~Turn() {
        if (fd_ >= 0) ::close(fd_);
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

    Status take(const std::string& directory) {
        fd_ = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd_ < 0) return make_errno_error(errc_of(errno), errno, "open {}", directory);
        while (::flock(fd_, LOCK_EX) != 0) {
            if (errno != EINTR) return make_errno_error(Errc::Io, errno, "lock {}", directory);
        }
        return Ok{};
    }

private:
    int fd_ = -1;
};

}  // namespace

Result<Preferences> parse_preferences(std::string_view text) {
    if (text.size() > kPreferencesBytesMax) {
        return make_error(Errc::Limit, "{}: larger than {} bytes", kPreferencesFile,
                          kPreferencesBytesMax);
    }
    const Json root = Json::parse(text.begin(), text.end(), nullptr, false);
    if (root.is_discarded() || !root.is_object()) {
        return make_error(Errc::Parse, "{}: no JSON object", kPreferencesFile);
    }
    Preferences preferences;
    const auto silences = read_list(root, "silences", preferences.silences, read_silence);
    if (!silences) return silences.error();
    const auto feedback = read_list(root, "feedback", preferences.feedback, read_effect);
    if (!feedback) return feedback.error();
    const Status paused = read_pause(root, preferences);
    if (!paused) return paused.error();
    return preferences;
}

std::string to_text(const Preferences& preferences) {
    Json silences = Json::array();
    for (const Silence& silence : preferences.silences) {
        silences.push_back({{"id", std::string(silence.id)},
                            {"kind", std::string(silence.kind)},
                            {"subject", std::string(silence.subject)},
                            {"until", silence.until_unix_ns / kNanoseconds},
                            {"reason", std::string(silence.reason)}});
    }
    Json feedback = Json::array();
    for (const FeedbackEffect& effect : preferences.feedback) {
        feedback.push_back({{"condition", std::string(effect.condition)},
                            {"subject", std::string(effect.subject)},
                            {"steps", effect.noise_steps},
                            {"useful", effect.useful},
                            {"noise", effect.noise},
                            {"wrong_cause", effect.wrong_cause}});
    }
    Json root{{"version", 1}, {"silences", silences}, {"feedback", feedback}};
    const std::int64_t paused = preferences.paused_until_unix_ns;
    if (paused == kPausedForGoodUnixNs) {
        root["paused_until"] = -1;
    } else if (paused != 0) {
        root["paused_until"] = paused / kNanoseconds;
    }
    return root.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<Preferences> load_preferences(const std::string& state_directory) {
    const auto text = read_file(state_directory + "/" + kPreferencesFile, kPreferencesBytesMax);
    if (!text && text.error().code == Errc::NotFound) return Preferences{};
    if (!text) return text.error();
    return parse_preferences(*text);
}

Status save_preferences(const std::string& state_directory, const Preferences& preferences) {
    return write_file_atomically(state_directory + "/" + kPreferencesFile, to_text(preferences));
}

Status change_preferences(const std::string& state_directory,
                          FunctionRef<Status(Preferences&)> change) {
    Turn turn;
    if (const auto taken = turn.take(state_directory); !taken) return taken;
    auto preferences = load_preferences(state_directory);
    if (!preferences) return preferences.error();
    if (const auto changed = change(*preferences); !changed) return changed;
    return save_preferences(state_directory, *preferences);
}

Result<std::string> add_silence(Preferences& preferences, Silence silence,
                                std::int64_t now_unix_ns) {
    const auto old = preferences.silences;
    preferences.silences.clear();
    std::uint64_t newest = 0;
    for (const Silence& known : old) {
        if (known.until_unix_ns <= now_unix_ns) continue;
        (void)preferences.silences.push(known);  // no more than there were
        const auto number = parse_u64(known.id.view().substr(known.id.empty() ? 0 : 1));
        newest = std::max(newest, number.value_or(0));
    }
    silence.id.clear();
    format_into(silence.id, "s{}", newest + 1);
    if (!preferences.silences.push(silence)) {
        return make_error(Errc::Limit, "there are {} silences already: end one first",
                          Preferences::kSilencesMax);
    }
    return std::string(silence.id);
}

Status remove_silence(Preferences& preferences, std::string_view id) {
    const auto old = preferences.silences;
    preferences.silences.clear();
    for (const Silence& known : old) {
        if (!(known.id == id)) (void)preferences.silences.push(known);
    }
    if (preferences.silences.size() == old.size()) {
        return make_error(Errc::NotFound, "there is no silence '{}'", id);
    }
    return Ok{};
}

Status give_feedback(Preferences& preferences, const Incident& incident, Opinion opinion,
                     bool undo) {
    for (const Finding& finding : incident.findings) {
        const bool opened_it =
            finding.incident == incident.kind && finding.subject == incident.subject;
        if (!opened_it) continue;
        FeedbackEffect* effect = effect_of(preferences, finding);
        if (effect == nullptr) {
            return make_error(Errc::Limit, "feedback on {} conditions is kept already",
                              Preferences::kFeedbackMax);
        }
        apply(*effect, opinion, undo);
    }
    return Ok{};
}

}  // namespace homeostat
