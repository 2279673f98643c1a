// The C++ runtime's own last words name the exception that nobody caught. For that they link a
// demangler of 50 kB into a static program, which throws nothing and so will hardly ever say them.
// A definition of ours takes their place (the handler is a part of libstdc++'s interface); compiled
// into static programs only.
#include <unistd.h>

#include <cstdlib>
#include <string_view>

namespace __gnu_cxx {  // NOLINT(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)

void __verbose_terminate_handler();  // NOLINT(bugprone-reserved-identifier,readability-identifier-naming)

void __verbose_terminate_handler() {
    constexpr std::string_view kText = "homeostat: internal error: an exception was not caught\n";
    if (::write(STDERR_FILENO, kText.data(), kText.size()) < 0) std::_Exit(1);
    std::abort();
}

}  // namespace __gnu_cxx
