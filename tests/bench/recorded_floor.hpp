// The bare cost of what a tick reads: the same files, kept open, read with pread, parsed by nobody.
//
// RecordingRoot and RecordingFiles note what an agent reads in one tick. Floor then opens what is
// new (not measured) and reads it all again (measured): what no program that wants the same facts
// can do without.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "core/files.hpp"
#include "core/root.hpp"

namespace homeostat::bench {

struct Recording {
    std::vector<std::string> files;
    std::vector<std::string> directories;
    std::vector<std::string> mounts;
    std::vector<std::string> links;
    struct Stamp {
        std::string path;
        Links links = Links::Follow;
    };
    std::vector<Stamp> stamps;  // by name
    struct Piece {
        std::string path;
        std::uint64_t offset = 0;
        std::size_t bytes = 0;  // 0: what is asked of an open file is its stamp
    };
    std::vector<Piece> pieces;

    void clear();
};

class RecordingRoot final : public Root {
public:
    RecordingRoot(const Root& root, Recording& recording) : root_(root), recording_(recording) {}

    Result<std::string_view> read(const char* path, std::span<char> buffer) const override;
    Result<std::string_view> read(KeptFile& file, std::span<char> buffer) const override;
    Result<std::string_view> read_link(const char* path, std::span<char> buffer) const override;
    Status list(const char* directory, FunctionRef<bool(std::string_view)> visit) const override;
    Result<FilesystemUsage> filesystem_usage(const char* path) const override;

private:
    const Root& root_;
    Recording& recording_;
};

class RecordingFiles final : public Files {
public:
    RecordingFiles(const Files& files, Recording& recording)
        : files_(files), recording_(recording) {}

    Result<FileStamp> stamp(const char* path, Links links) const override;
    Result<FileStamp> stamp(const OpenFile& file) const override;
    Status open(const char* path, OpenFile& file) const override;
    Result<std::string_view> read_at(const OpenFile& file, std::uint64_t offset,
                                     std::span<char> buffer) const override;

private:
    const Files& files_;
    Recording& recording_;
    mutable std::unordered_map<const OpenFile*, std::string> open_;  // its path, by where it is
};

class Floor {
public:
    Floor() = default;
    ~Floor();
    Floor(const Floor&) = delete;
    Floor& operator=(const Floor&) = delete;

    // Opens what the recording names and is not open yet.
    void prepare(const Recording& recording);

    // Reads everything that was prepared last.
    void run();

    [[nodiscard]] std::size_t files() const { return files_.size(); }

private:
    int open_once(const std::string& path, int flags);

    std::unordered_map<std::string, int> open_;
    std::vector<int> files_;
    std::vector<int> directories_;
    std::vector<int> mounts_;
    std::vector<std::string> links_;
    std::vector<Recording::Stamp> stamps_;
    struct Piece {
        int fd = -1;
        std::uint64_t offset = 0;
        std::size_t bytes = 0;
    };
    std::vector<Piece> pieces_;
    std::vector<char> buffer_ = std::vector<char>(1UL << 20U);
};

}  // namespace homeostat::bench
