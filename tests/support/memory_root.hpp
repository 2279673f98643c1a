// MemoryRoot is a host made of strings: set a file, run a collector over it.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "core/root.hpp"

namespace homeostat::test {

class MemoryRoot final : public Root {
public:
    void set(const std::string& path, std::string content) { files_[path] = std::move(content); }
    void set_link(const std::string& path, std::string target) { links_[path] = std::move(target); }
    void set_usage(const std::string& mount, const FilesystemUsage& usage) {
        usages_[mount] = usage;
    }
    // From now on reading or listing `path` fails with this code.
    void fail(const std::string& path, Errc code) { failures_[path] = code; }
    void remove(const std::string& path);

    Result<std::string_view> read(const char* path, std::span<char> buffer) const override;
    Result<std::string_view> read(KeptFile& file, std::span<char> buffer) const override {
        return read(file.path(), buffer);
    }
    Result<std::string_view> read_link(const char* path, std::span<char> buffer) const override;
    Status list(const char* directory, FunctionRef<bool(std::string_view)> visit) const override;
    Result<FilesystemUsage> filesystem_usage(const char* path) const override;

private:
    // std::less<> so that a lookup by view allocates nothing: tests count allocations of the tick.
    std::map<std::string, std::string, std::less<>> files_;
    std::map<std::string, std::string, std::less<>> links_;
    std::map<std::string, FilesystemUsage, std::less<>> usages_;
    std::map<std::string, Errc, std::less<>> failures_;
};

}  // namespace homeostat::test
