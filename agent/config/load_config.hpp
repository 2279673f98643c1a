// load_config reads DIR/homeostat.yml, DIR/homeostat.d/*.yml and DIR/catalogue.d/*.yml, one on top
// of the other (agent/config/layers.hpp). docs/configure.md is the manual of their keys.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/config/config.hpp"
#include "agent/config/layers.hpp"
#include "agent/config/secret_store.hpp"

namespace homeostat {

inline constexpr const char* kConfigFile = "homeostat.yml";
inline constexpr const char* kDropInDirectory = "homeostat.d";
inline constexpr std::size_t kConfigBytesMax = 64 * 1024;

// What the owner's files say on top of the shipped defaults, not yet understood. A missing file is
// normal: nothing has to be configured. On any error: every one of them in `errors`, and the first
// as the result.
Result<Settings> load_settings(const std::string& directory, std::vector<Error>& errors);

// The same, understood. `credentials`: see agent/config/secret_store.hpp.
Result<Config> load_config(const std::string& directory, std::vector<Error>& errors,
                           std::optional<std::string> credentials = std::nullopt);

// What settings mean. `read_secret` reads the files that keys such as `password_file` name; of a
// secret that only the service can read it says Errc::NotAvailable, and what would need it is not
// checked.
using SecretReader = FunctionRef<Result<std::string>(const std::string& path, SecretKind kind)>;
Result<Config> read_settings(const Settings& settings, SecretReader read_secret,
                             std::vector<Error>& errors);

// The same with the files' own secrets; their warnings are config.warnings.
Result<Config> read_settings(const Settings& settings, std::optional<std::string> credentials,
                             std::vector<Error>& errors);

// A sentence for each of the files that everyone can read although secrets stand in it.
std::vector<std::string> readable_secrets(const Settings& settings);

// The same from the text of one file; `file` is for messages.
Result<Config> parse_config(const std::string& file, std::string_view text,
                            SecretReader read_secret, std::vector<Error>& errors);

}  // namespace homeostat
