// STATE/preferences.json: the preferences of people, written by the command line, read by the
// agent.
//
//     {"version": 1,
//      "silences": [{"id": "s1", "kind": "", "subject": "/srv", "until": 1795176000, "reason":
//      ""}], "feedback": [{"condition": "filesystem_full", "subject": "/srv", "steps": 1, "useful":
//      0,
//                    "noise": 1, "wrong_cause": 0}]}
//
// The file is replaced as a whole. Silences that have expired are left out at the next change.
// Those who change it take turns (change_preferences): what one of them says is not lost to
// another.
#pragma once

#include <string>

#include "agent/incidents/preferences.hpp"
#include "core/function_ref.hpp"
#include "core/incident.hpp"
#include "core/result.hpp"

namespace homeostat {

inline constexpr const char* kPreferencesFile = "preferences.json";
inline constexpr std::size_t kPreferencesBytesMax = 64 * 1024;

// Errc::Parse, Invalid or Limit name what is wrong.
Result<Preferences> parse_preferences(std::string_view text);
std::string to_text(const Preferences& preferences);

// A missing file is no preferences.
Result<Preferences> load_preferences(const std::string& state_directory);
Status save_preferences(const std::string& state_directory, const Preferences& preferences);

// Reads the preferences, has them changed and saves them, while nobody else does: whoever comes
// meanwhile waits. Nothing is saved when `change` fails, and its error is the result.
// Errc::NotFound when there is no such directory.
Status change_preferences(const std::string& state_directory,
                          FunctionRef<Status(Preferences&)> change);

// Adds a silence under a name of its own, and drops those that are over. Errc::Limit when full.
Result<std::string> add_silence(Preferences& preferences, Silence silence,
                                std::int64_t now_unix_ns);
// Errc::NotFound when there is none of this name.
Status remove_silence(Preferences& preferences, std::string_view id);

enum class Opinion : std::uint8_t { Useful, Noise, WrongCause };

// Counts an opinion on the conditions that opened this incident; `undo` takes one back.
Status give_feedback(Preferences& preferences, const Incident& incident, Opinion opinion,
                     bool undo);

}  // namespace homeostat
