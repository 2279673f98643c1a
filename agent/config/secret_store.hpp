// SecretStore reads what keys such as `credentials_file` name: a file, or a systemd credential.
//
//     /etc/homeostat/token    a file: should be readable by its owner and group alone
//     otlp-token              no '/': $CREDENTIALS_DIRECTORY/otlp-token (systemd.exec(5),
//                             LoadCredential=), which only the running service has
//
// Secrets are read once, at start. They appear in no message.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"

namespace homeostat {

enum class SecretKind : std::uint8_t {
    Secret,       // for the owner's eyes; at most 4 KiB
    PrivateKey,   // the same, of a certificate; at most 64 KiB
    Certificate,  // anyone may read it; at most 1 MiB
    Place,        // nothing is read: the path itself, for a library that reads the file
};

// False for what is not there.
bool is_readable_by_all(const std::string& path);

class SecretStore {
public:
    // `credentials`: the directory; nothing when only the service would know it (`homeostat check`
    // run by hand): a credential is then Errc::NotAvailable, and a warning says so.
    explicit SecretStore(std::optional<std::string> credentials)
        : credentials_(std::move(credentials)) {}

    // The content without white space around it, or the path. Errc::NotFound, Denied or Io from the
    // disk, Errc::Limit when it is too large, Errc::Invalid for an empty file or a name that leaves
    // the directory.
    Result<std::string> read(const std::string& name, SecretKind kind);

    [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }

    // The files that were asked for by their paths: the service must be able to read them.
    [[nodiscard]] const std::vector<std::string>& files() const { return files_; }

private:
    Result<std::string> path_of(const std::string& name);

    std::optional<std::string> credentials_;
    std::vector<std::string> warnings_;
    std::vector<std::string> files_;
};

}  // namespace homeostat
