// The list of mounts: whatever it says, what is kept is bounded, absolute and never remote.
#include <cassert>
#include <cstdint>
#include <string_view>

#include "collectors/mountinfo.hpp"

using namespace homeostat;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    (void)decode_mount_path(text);
    (void)may_hang(text, "/srv/data");
    (void)class_of_mount(text, 28);
    (void)device_of_mount(text, "/srv");
    const auto found = local_mounts(text);
    if (!found) return 0;
    for (const LocalMount& mount : found->mounts) {
        assert(!mount.mount_point.truncated());
        assert(mount.mount_point.view().front() == '/');
        for (const LocalMount& other : found->mounts) {
            assert(&mount == &other || mount.device != other.device);
        }
    }
    return 0;
}
