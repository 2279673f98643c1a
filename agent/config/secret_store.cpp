#include "agent/config/secret_store.hpp"

#include <sys/stat.h>

#include "core/file.hpp"
#include "core/parse.hpp"

namespace homeostat {
namespace {

constexpr std::size_t kSecretBytesMax = 4096;
constexpr std::size_t kPrivateKeyBytesMax = 64UL * 1024;
constexpr std::size_t kCertificateBytesMax = 1U << 20U;

std::size_t size_max_of(SecretKind kind) {
    if (kind == SecretKind::Certificate) return kCertificateBytesMax;
    return kind == SecretKind::PrivateKey ? kPrivateKeyBytesMax : kSecretBytesMax;
}

}  // namespace

bool is_readable_by_all(const std::string& path) {
    struct stat info {};
    return ::stat(path.c_str(), &info) == 0 && (info.st_mode & S_IROTH) != 0;
}

Result<std::string> SecretStore::path_of(const std::string& name) {
    if (name.find('/') != std::string::npos) {
        if (name.front() == '/') return name;
        return make_error(Errc::Invalid,
                          "expected an absolute path or the name of a credential, got '{}'", name);
    }
    if (name == "." || name == "..") {
        return make_error(Errc::Invalid, "'{}' is no name of a credential", name);
    }
    if (!credentials_) {
        warnings_.push_back(
            fmt::format("credential '{}' was not checked: only the service can read it", name));
        return make_error(Errc::NotAvailable, "credential '{}' is for the service alone", name);
    }
    if (credentials_->empty()) {
        return make_error(Errc::NotFound,
                          "credential '{}': $CREDENTIALS_DIRECTORY is not set (LoadCredential= in "
                          "the unit sets it)",
                          name);
    }
    return *credentials_ + "/" + name;
}

Result<std::string> SecretStore::read(const std::string& name, SecretKind kind) {
    const auto path = path_of(name);
    if (!path || kind == SecretKind::Place) return path;
    if (*path == name) files_.push_back(name);
    const bool is_secret = kind != SecretKind::Certificate;
    const auto content = read_file(*path, size_max_of(kind));
    if (!content) return content.error();
    std::string secret(trim(*content));
    if (secret.empty()) return make_error(Errc::Invalid, "{} is empty", *path);
    if (is_secret && is_readable_by_all(*path)) {
        warnings_.push_back(
            fmt::format("{} is a secret that everyone can read: chmod o-rwx {}", *path, *path));
    }
    return secret;
}

}  // namespace homeostat
