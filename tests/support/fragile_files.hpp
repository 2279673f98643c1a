// FragileFiles is a disk for FleetFiles that a crash, or the power, ends at any step.
//
// A write goes in four steps, as the real one does: temporary file, its content, the rename, the
// directory. die_at(n) ends the process at the n-th step from now: nothing after it happens, every
// call fails, until revive(). A rename that the directory did not yet hear of may be lost with the
// power: `loses_renames` says whether it was.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "agent/fleet/fleet_files.hpp"

namespace homeostat::test {

class FragileFiles final : public FleetFiles {
public:
    void die_at(int step) { left_ = step; }
    void revive() {
        left_.reset();
        dead_ = false;
    }
    [[nodiscard]] bool dead() const { return dead_; }
    bool loses_renames = false;
    bool full = false;  // takes no writes
    std::map<std::string, std::string> content;

    Result<std::string> read(const std::string& name, std::size_t size_max) const override {
        const auto found = content.find(name);
        if (found == content.end()) return make_error(Errc::NotFound, "open {}", name);
        if (found->second.size() > size_max) return make_error(Errc::Limit, "{} is large", name);
        return found->second;
    }

    Status write(const std::string& name, std::string_view text) override {
        const Error gone = make_error(Errc::Io, "write {}: no such disk", name);
        if (full || !step() || !step()) return gone;
        if (!step()) return gone;  // not renamed
        const auto before = content.find(name) == content.end()
                                ? std::optional<std::string>()
                                : std::optional<std::string>(content[name]);
        content[name] = text;
        if (step()) return Ok{};
        if (loses_renames && before) content[name] = *before;
        if (loses_renames && !before) content.erase(name);
        return gone;
    }

    void remove(const std::string& name) override {
        if (step()) content.erase(name);
    }

    std::vector<std::string> names() const override {
        std::vector<std::string> names;
        for (const auto& [name, text] : content) names.push_back(name);
        return names;
    }

private:
    bool step() {
        if (dead_) return false;
        if (left_ && (*left_)-- == 0) dead_ = true;
        return !dead_;
    }

    std::optional<int> left_;
    bool dead_ = false;
};

}  // namespace homeostat::test
