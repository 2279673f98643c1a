#include "agent/log.hpp"

#include <unistd.h>

namespace homeostat {

void Log::put(const FixedString<1023>& text) const {
    char line[1025];
    std::size_t size = 0;
    // Names of processes, mounts and units come from anybody: a control byte must not become a
    // second line, or a colour, in an administrator's terminal.
    for (const char c : text.view()) {
        const auto byte = static_cast<unsigned char>(c);
        line[size++] = byte < 0x20 || byte == 0x7F ? '?' : c;
    }
    line[size++] = '\n';
    if (::write(descriptor_, line, size) < 0) return;  // nowhere to complain to
}

}  // namespace homeostat
