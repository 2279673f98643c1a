// ConfigReader reads the keys of one YAML mapping into a structure, and complains about the rest.
//
//     ConfigReader reader(node, context);
//     reader.duration("timeout", settings.timeout, {milliseconds(100), hours(1)});
//     reader.finish();   // a key that nobody asked for is an error, with a suggestion
//
// Errors are collected, each as "FILE:LINE:COLUMN: reason", so that one `homeostat check` shows all
// of them. A value that cannot be used leaves the default in place.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "actions/playbook/yaml_document.hpp"
#include "core/time.hpp"

namespace homeostat {

// Where errors go, and the name of the file that they are in.
struct ConfigContext {
    std::string file;
    std::vector<Error>& errors;
    // Of a tree that was put together from several files, by YamlMark::source; empty: `file` alone.
    std::span<const std::string> files = {};

    [[nodiscard]] const std::string& file_of(YamlMark mark) const {
        const auto source = static_cast<std::size_t>(mark.source);
        return source < files.size() ? files[source] : file;
    }

    template <typename... Args>
    void complain(YamlMark mark, fmt::format_string<Args...> format, Args&&... args) const {
        errors.push_back(yaml_error(file_of(mark), mark, format, std::forward<Args>(args)...));
    }
};

template <typename T>
struct ConfigRange {
    T least;
    T most;
};

class ConfigReader {
public:
    // A node that is not a mapping is an error; nothing (null) is an empty mapping. Both borrowed.
    ConfigReader(const YamlNode& node, const ConfigContext& context);

    // Each leaves `out` alone when the key is missing or its value is refused.
    void text(std::string_view key, std::string& out);
    void flag(std::string_view key, bool& out);
    void number(std::string_view key, double& out, ConfigRange<double> range);
    void count(std::string_view key, std::size_t& out, ConfigRange<std::size_t> range);
    void bytes(std::string_view key, std::size_t& out, ConfigRange<std::size_t> range);
    void duration(std::string_view key, Duration& out, ConfigRange<Duration> range);
    void texts(std::string_view key, std::vector<std::string>& out);
    void pairs(std::string_view key, std::vector<std::pair<std::string, std::string>>& out);

    // One of `names`; its place in them.
    void choice(std::string_view key, std::size_t& out, std::span<const std::string_view> names);

    // The value, to be read by another reader; null when the key is missing.
    const YamlNode* child(std::string_view key);

    [[nodiscard]] bool has(std::string_view key) const;
    [[nodiscard]] YamlMark mark() const { return node_.mark; }

    // Complains about the keys that were not asked for. Call it last.
    void finish();

private:
    const YamlNode* find(std::string_view key);

    const YamlNode& node_;
    const ConfigContext& context_;
    std::vector<std::string_view> known_;
};

// 'a number from 1 to 10' style parts of messages, and "0.9" or "90 %" as a share.
std::string shown(const YamlNode& node);

}  // namespace homeostat
