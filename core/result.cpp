#include "core/result.hpp"

#include <cerrno>
#include <cstring>

namespace homeostat {

std::string_view errno_text(int error_number) {
    const char* text = strerrordesc_np(error_number);  // the untranslated words, thread-safe
    return text == nullptr ? "unknown error" : text;
}

Errc errc_of(int error_number) {
    switch (error_number) {
        case ENOENT:
        case ENODEV:
        case ENXIO:
        case ESRCH:
        case ENOTDIR: return Errc::NotFound;
        case EACCES:
        case EPERM: return Errc::Denied;
        case ETIMEDOUT: return Errc::Timeout;
        case EOPNOTSUPP:  // built in but switched off, as /proc/pressure is with psi=0
        case ENOSYS: return Errc::NotAvailable;
        default: return Errc::Io;
    }
}

std::string_view name_of(Errc code) {
    switch (code) {
        case Errc::NotAvailable: return "not available";
        case Errc::NotFound: return "not found";
        case Errc::Denied: return "denied";
        case Errc::Parse: return "parse error";
        case Errc::Invalid: return "invalid";
        case Errc::Limit: return "limit reached";
        case Errc::Timeout: return "timeout";
        case Errc::Io: return "I/O error";
        case Errc::Failed: return "failed";
    }
    return "unknown";
}

}  // namespace homeostat
