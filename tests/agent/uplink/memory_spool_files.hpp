// MemorySpoolFiles is a disk in memory that can be as bad as a real one.
//
// It tells what is in the page cache from what is on the platter, sector by sector. A failed sync
// drops dirty sectors and calls them clean, as Linux does. A power cut keeps what was synced and
// any of the other sectors, in any combination. A name lives only after sync_directory().
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "agent/uplink/backoff.hpp"
#include "agent/uplink/spool_files.hpp"

namespace homeostat::test {

class MemorySpoolFiles final : public SpoolFiles {
public:
    static constexpr std::size_t kSector = 512;

    enum class Fault {
        Refuse,  // the call does nothing and fails
        Torn,    // a write does half of it, then fails; other calls fail
    };

    // From the n-th call on (counted from 1 over all calls but reads) `count` calls fail.
    void fail_from(std::uint64_t call, std::uint64_t count = 1, Fault fault = Fault::Refuse) {
        fail_from_ = call;
        fail_count_ = count;
        fault_ = fault;
    }
    // All calls fail from now on: the disk is gone, full or read-only.
    void fail_always(bool fails = true) { fails_always_ = fails; }
    void fail_reads(bool fails = true) { fails_reads_ = fails; }

    [[nodiscard]] std::uint64_t calls() const { return calls_; }
    [[nodiscard]] bool fault_fired() const { return fired_; }

    // The power goes and comes back.
    void crash(std::uint64_t seed) {
        JitterRandom random(seed);
        for (auto it = files_.begin(); it != files_.end();) {
            File& file = it->second;
            if (!file.named && random.next() % 2 == 0) {
                it = files_.erase(it);
                continue;
            }
            for (const std::size_t sector : file.dirty) {
                if (random.next() % 2 == 0) copy_sector(file, sector);
            }
            file.dirty.clear();
            file.cached = file.synced;
            file.open = false;
            ++it;
        }
        fails_always_ = false;
        fail_from_ = 0;
    }
    // The process goes, the machine does not.
    void restart() {
        for (auto& [name, file] : files_) file.open = false;
        fail_from_ = 0;
    }

    // What is on the platter, to be damaged at will. Counts as synced.
    std::string& content(const std::string& name) { return files_[name].cached; }
    void damage_done() {
        for (auto& [name, file] : files_) file.synced = file.cached;
    }
    [[nodiscard]] std::vector<std::string> names() const {
        std::vector<std::string> names;
        for (const auto& [name, file] : files_) names.push_back(name);
        return names;
    }
    [[nodiscard]] std::uint64_t syncs() const { return syncs_; }

    Status open(const std::string& name, std::size_t size) override {
        const bool is_new = files_.count(name) == 0;
        if (const auto fault = next_call(); !fault) return fault;
        File& file = files_[name];
        if (file.cached.size() < size) {
            file.cached.resize(size, '\0');
            file.synced.resize(size, '\0');
        }
        if (is_new) file.named = false;
        file.open = true;
        return Ok{};
    }

    Result<std::size_t> read(const std::string& name, std::size_t offset,
                             std::span<char> out) override {
        const auto found = files_.find(name);
        if (fails_reads_ || found == files_.end()) {
            return make_error(Errc::Io, "read {}: injected", name);
        }
        const std::string& bytes = found->second.cached;
        if (offset >= bytes.size()) return std::size_t{0};
        const std::size_t count = std::min(out.size(), bytes.size() - offset);
        std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(offset), count, out.begin());
        return count;
    }

    Status write(const std::string& name, std::size_t offset, std::string_view bytes) override {
        const auto fault = next_call();
        if (!fault && fault_ == Fault::Torn) put(name, offset, bytes.substr(0, bytes.size() / 2));
        if (!fault) return fault;
        if (!files_[name].open) return make_error(Errc::Invalid, "{} is not open", name);
        if (offset + bytes.size() > files_[name].cached.size()) {
            return make_error(Errc::Invalid, "{}: a write beyond the end", name);
        }
        put(name, offset, bytes);
        return Ok{};
    }

    Status sync(const std::string& name) override {
        ++syncs_;
        File& file = files_[name];
        if (const auto fault = next_call(); !fault) {
            file.dirty.clear();
            return fault;
        }
        if (!file.open) return make_error(Errc::Invalid, "{} is not open", name);
        for (const std::size_t sector : file.dirty) copy_sector(file, sector);
        file.dirty.clear();
        return Ok{};
    }

    Status sync_directory() override {
        if (const auto fault = next_call(); !fault) return fault;
        for (auto& [name, file] : files_) file.named = true;
        return Ok{};
    }

private:
    struct File {
        std::string cached;
        std::string synced;
        std::set<std::size_t> dirty;
        bool open = false;
        bool named = true;
    };

    Status next_call() {
        ++calls_;
        const bool in_range =
            fail_from_ != 0 && calls_ >= fail_from_ && calls_ < fail_from_ + fail_count_;
        if (!fails_always_ && !in_range) return Ok{};
        fired_ = true;
        return make_error(Errc::Io, "injected: No space left on device");
    }

    static void copy_sector(File& file, std::size_t sector) {
        const std::size_t at = sector * kSector;
        const std::size_t count = std::min(kSector, file.cached.size() - at);
        file.synced.replace(at, count, file.cached, at, count);
    }

    void put(const std::string& name, std::size_t offset, std::string_view bytes) {
        File& file = files_[name];
        file.cached.replace(offset, bytes.size(), bytes);
        for (std::size_t at = offset / kSector; at * kSector < offset + bytes.size(); ++at) {
            file.dirty.insert(at);
        }
    }

    std::map<std::string, File> files_;
    std::uint64_t calls_ = 0;
    std::uint64_t syncs_ = 0;
    std::uint64_t fail_from_ = 0;
    std::uint64_t fail_count_ = 0;
    Fault fault_ = Fault::Refuse;
    bool fails_always_ = false;
    bool fails_reads_ = false;
    bool fired_ = false;
};

}  // namespace homeostat::test
