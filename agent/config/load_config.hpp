// load_config reads DIR/homeostat.yml and DIR/catalogue.d/*.yml. docs/configure.md is the manual of
// its keys.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/config/config.hpp"
#include "agent/config/secret_store.hpp"

namespace homeostat {

inline constexpr const char* kConfigFile = "homeostat.yml";
inline constexpr std::size_t kConfigBytesMax = 64 * 1024;

// The shipped defaults with what the file says on top. A missing file is normal: nothing has to be
// configured. On any error: every one of them in `errors`, and the first as the result.
// `credentials`: see agent/config/secret_store.hpp.
Result<Config> load_config(const std::string& directory, std::vector<Error>& errors,
                           std::optional<std::string> credentials = std::nullopt);

// A file of catalogue.d: conditions by name (agent/config/load_conditions.hpp).
struct CatalogueFile {
    std::string name;  // for messages
    std::string text;
};

// The same from text; `file` is for messages. `read_secret` reads the files that keys such as
// `password_file` name; of a secret that only the service can read it says Errc::NotAvailable, and
// what would need it is not checked.
using SecretReader = FunctionRef<Result<std::string>(const std::string& path, SecretKind kind)>;
Result<Config> parse_config(const std::string& file, std::string_view text,
                            SecretReader read_secret, std::vector<Error>& errors,
                            std::span<const CatalogueFile> catalogue = {});

}  // namespace homeostat
