#include "agent/confinement.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "core/function_ref.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace homeostat;

namespace {

constexpr int kNotConfined = 100;

// Confinement is for good, so each trial is a child. What `attempt` gives there, or kNotConfined
// where the kernel has no such wall.
int in_confined_child(const std::string& writable, bool needs_landlock,
                      FunctionRef<int()> attempt) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        const Confinement confinement = confine({writable, "/nonexistent"});
        const bool confined =
            needs_landlock ? confinement.landlock_version > 0 : confinement.seccomp;
        ::_exit(confined ? attempt() : kNotConfined);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    return WEXITSTATUS(status);
}

void check_result(int result, int expected) {
    if (result == kNotConfined) {
        MESSAGE("SKIPPED: this kernel does not offer it");
        return;
    }
    CHECK(result == expected);
}

int error_of_writing(const std::string& path) {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) return errno;
    ::close(fd);
    return ::unlink(path.c_str()) == 0 ? 0 : errno;
}

int error_of_running(const std::string& path) {
    ::execl(path.c_str(), path.c_str(), nullptr);
    return errno;
}

}  // namespace

TEST_CASE("confinement: writes beneath what it is given, and nowhere else") {
    const test::TemporaryDirectory state;
    const test::TemporaryDirectory other;
    const std::string kept = other.write("kept", "text");
    check_result(
        in_confined_child(state.path(), true, [&] { return error_of_writing(state / "mine"); }), 0);
    check_result(
        in_confined_child(state.path(), true, [&] { return error_of_writing(other / "theirs"); }),
        EACCES);
    check_result(in_confined_child(state.path(), true,
                                   [&] { return ::unlink(kept.c_str()) == 0 ? 0 : errno; }),
                 EACCES);
    CHECK(::access(kept.c_str(), R_OK) == 0);
}

TEST_CASE("confinement: starts programs of the distribution, not what somebody wrote") {
    const test::TemporaryDirectory state;
    const std::string script = state.write("script", "#!/bin/true\n");
    REQUIRE(::chmod(script.c_str(), 0755) == 0);
    check_result(in_confined_child(state.path(), true, [&] { return error_of_running(script); }),
                 EACCES);
    check_result(
        in_confined_child(state.path(), true, [&] { return error_of_running("/usr/bin/true"); }),
        0);
}

TEST_CASE("confinement: other processes, mounts and identities are out of reach") {
    const test::TemporaryDirectory state;
    check_result(in_confined_child(
                     state.path(), false,
                     [] { return ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == 0 ? 0 : errno; }),
                 EPERM);
    check_result(in_confined_child(state.path(), false,
                                   [] { return ::setuid(::getuid()) == 0 ? 0 : errno; }),
                 EPERM);
    check_result(
        in_confined_child(state.path(), false, [] { return ::chroot("/") == 0 ? 0 : errno; }),
        EPERM);
}

TEST_CASE("confinement: what is missing is said, with the reason") {
    Confinement confinement;
    confinement.landlock_version = 3;
    confinement.seccomp = true;
    CHECK(confinement.text() == "Landlock 3, seccomp");
    confinement.landlock_version = 0;
    confinement.landlock_reason = "Function not implemented";
    CHECK(confinement.text() == "no Landlock (Function not implemented), seccomp");
    confinement.seccomp = false;
    confinement.seccomp_reason = "Invalid argument";
    CHECK(confinement.text() ==
          "no Landlock (Function not implemented), no seccomp (Invalid argument)");
}
