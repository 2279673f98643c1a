#include "agent/fleet/fleet_files.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "core/file.hpp"

namespace homeostat {

// Readable by all: a bundle holds no secrets, and the actuator and `homeostat config history` are
// other users.
constexpr unsigned kFileMode = 0644;
constexpr unsigned kDirectoryMode = 0755;

Result<std::string> DirectoryFleetFiles::read(const std::string& name, std::size_t size_max) const {
    return read_file(directory_ + "/" + name, size_max);
}

Status DirectoryFleetFiles::write(const std::string& name, std::string_view content) {
    if (const auto made = make_directory(directory_, kDirectoryMode); !made) return made;
    return write_file_atomically(directory_ + "/" + name, content, kFileMode);
}

void DirectoryFleetFiles::remove(const std::string& name) {
    ::unlink((directory_ + "/" + name).c_str());
}

std::vector<std::string> DirectoryFleetFiles::names() const {
    std::vector<std::string> names;
    std::error_code error;
    for (auto entry = std::filesystem::directory_iterator(directory_, error);
         !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
        names.push_back(entry->path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
}

}  // namespace homeostat
