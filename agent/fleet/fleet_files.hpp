// FleetFiles is where the agent keeps what the fleet has sent: STATE/fleet. Tests put a layer in
// its place that ends the process, or the power, at any step.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace homeostat {

// What the actuator reads of the bundle in force, signature and all; not there when it brings no
// actions (docs/decisions/0012).
inline constexpr const char* kFleetActionsFile = "actions.yml";

class FleetFiles {
public:
    virtual ~FleetFiles() = default;

    // Names are plain, without directories. Errc::NotFound, Limit or Io.
    virtual Result<std::string> read(const std::string& name, std::size_t size_max) const = 0;

    // The whole file or nothing of it, also after a crash, and durable when this returns.
    virtual Status write(const std::string& name, std::string_view content) = 0;

    // A file that is not there is removed already.
    virtual void remove(const std::string& name) = 0;

    virtual std::vector<std::string> names() const = 0;
};

class DirectoryFleetFiles final : public FleetFiles {
public:
    // The directory is made by the first write.
    explicit DirectoryFleetFiles(std::string directory) : directory_(std::move(directory)) {}

    Result<std::string> read(const std::string& name, std::size_t size_max) const override;
    Status write(const std::string& name, std::string_view content) override;
    void remove(const std::string& name) override;
    std::vector<std::string> names() const override;

private:
    std::string directory_;
};

}  // namespace homeostat
