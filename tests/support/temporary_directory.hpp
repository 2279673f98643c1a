// TemporaryDirectory is a fresh directory that is gone, with all in it, when the test ends.
#pragma once

#include <string>
#include <string_view>

namespace homeostat::test {

class TemporaryDirectory {
public:
    TemporaryDirectory();
    ~TemporaryDirectory();
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] std::string operator/(std::string_view name) const {
        return path_ + "/" + std::string(name);
    }

    // Writes a file below, making its parents. Returns its path.
    std::string write(std::string_view name, std::string_view content) const;

private:
    std::string path_;
};

}  // namespace homeostat::test
