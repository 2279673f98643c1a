// load_config reads DIR/homeostat.yml. docs/configure.md is the manual of its keys.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/config/config.hpp"

namespace homeostat {

inline constexpr const char* kConfigFile = "homeostat.yml";
inline constexpr std::size_t kConfigBytesMax = 64 * 1024;

// The shipped defaults with what the file says on top. A missing file is normal: nothing has to be
// configured. On any error: every one of them in `errors`, and the first as the result.
Result<Config> load_config(const std::string& directory, std::vector<Error>& errors);

// The same from text; `file` is for messages. `read_secret` reads the files that keys such as
// `password_file` name.
using SecretReader = FunctionRef<Result<std::string>(const std::string& path)>;
Result<Config> parse_config(const std::string& file, std::string_view text,
                            SecretReader read_secret, std::vector<Error>& errors);

}  // namespace homeostat
