#include "agent/log.hpp"

#include <unistd.h>

#include <array>

#include "core/printable.hpp"

namespace homeostat {

void Log::put(const FixedString<1023>& text) const {
    std::array<char, 1024> line{};
    const std::size_t size = text.view().copy(line.data(), line.size() - 1);
    // Names of processes, mounts and units come from anybody.
    make_printable({line.data(), size});
    line[size] = '\n';
    if (::write(descriptor_, line.data(), size + 1) < 0) return;  // nowhere to complain to
}

}  // namespace homeostat
