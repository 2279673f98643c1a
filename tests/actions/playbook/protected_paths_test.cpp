#include "actions/playbook/protected_paths.hpp"

#include <doctest/doctest.h>

namespace homeostat::playbook {

TEST_CASE("protected paths: those named in the rules, and everything above one") {
    for (const std::string_view path :
         {"/",        "/bin",       "/boot",        "/dev",      "/etc",     "/home",
          "/lib",     "/lib64",     "/opt",         "/proc",     "/root",    "/run",
          "/sbin",    "/srv",       "/sys",         "/usr",      "/usr/lib", "/var",
          "/var/lib", "/var/spool", "/var/backups", "/var/mail", "/tmp"}) {
        CAPTURE(path);
        CHECK_FALSE(protected_at_or_below(path).empty());
    }
    for (const std::string_view path : {"/etc/app.conf", "/home/a", "/srv/data", "/etcetera",
                                        "/var/log/app", "/tmp/x", "/usrlocal"}) {
        CAPTURE(path);
        CHECK(protected_at_or_below(path).empty());
    }
}

}  // namespace homeostat::playbook
