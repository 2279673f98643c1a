#include "collectors/ipc.hpp"

#include <algorithm>
#include <array>

#include "collectors/small_files.hpp"

namespace homeostat {
namespace {

constexpr Metric ratio(std::string_view name) {
    return {name, Unit::None, MetricKind::Ratio, Aspect::Capacity};
}
constexpr Metric kArrays = ratio("semaphore_arrays_used_ratio");
constexpr Metric kSemaphores = ratio("semaphores_used_ratio");
constexpr Metric kKeys = ratio("keys_used_ratio");
constexpr std::array kMetrics{kArrays, kSemaphores, kKeys};

// "used/limit", as keys and as bytes.
std::optional<double> share(std::string_view word) {
    const auto slash = word.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    const auto used = parse_u64(word.substr(0, slash));
    const auto limit = parse_u64(word.substr(slash + 1));
    if (!used || !limit || *limit == 0) return std::nullopt;
    return as_double(*used) / as_double(*limit);
}

void add_semaphores(const SemaphoreUse& use, std::string_view limits, Samples& out) {
    next_word(limits);  // SEMMSL: of one array
    const auto semaphores_max = next_u64(limits);
    next_word(limits);  // SEMOPM: operations of one call
    const auto arrays_max = next_u64(limits);
    if (!semaphores_max || !arrays_max) return;
    add_share(out, kArrays, {}, as_double(use.arrays), as_double(*arrays_max));
    add_share(out, kSemaphores, {}, as_double(use.semaphores), as_double(*semaphores_max));
}

}  // namespace

std::optional<SemaphoreUse> parse_sysvipc_sem(std::string_view text) {
    SemaphoreUse use;
    return add_sysvipc_sem(text, true, use) ? std::optional(use) : std::nullopt;
}

bool add_sysvipc_sem(std::string_view text, bool with_head, SemaphoreUse& use) {
    std::string_view line;
    if (with_head && (!next_line(text, line) || next_word(line) != "key")) return false;
    while (next_line(text, line)) {
        for (int skipped = 0; skipped < 3; ++skipped) next_word(line);  // key, id, permissions
        const auto semaphores = next_u64(line);
        if (!semaphores) return false;
        ++use.arrays;
        use.semaphores += *semaphores;
    }
    return true;
}

// When they run out they are thirty thousand lines: a part at a time.
std::optional<SemaphoreUse> IpcCollector::read_semaphores() {
    constexpr std::size_t kPart = 64 * 1024;
    const std::span<char> buffer = bench_.buffer().first(std::min(kPart, bench_.buffer().size()));
    OpenFile file;
    if (!bench_.files()->open("proc/sysvipc/sem", file)) return std::nullopt;
    SemaphoreUse use;
    std::uint64_t offset = 0;
    std::size_t kept = 0;  // of a line that was cut
    bool first = true;
    while (true) {
        const auto text = bench_.files()->read_at(file, offset, buffer.subspan(kept));
        if (!text) return std::nullopt;
        if (text->empty()) break;
        offset += text->size();
        const std::string_view all(buffer.data(), kept + text->size());
        const std::size_t end = all.rfind('\n') + 1;  // 0: not a whole line yet
        if (end > 0) {
            if (!add_sysvipc_sem(all.substr(0, end), first, use)) return std::nullopt;
            first = false;
        }
        kept = all.size() - end;
        if (kept == buffer.size()) return std::nullopt;
        std::copy_n(all.data() + end, kept, buffer.data());
    }
    return first || kept > 0 ? std::nullopt : std::optional(use);
}

std::optional<double> parse_key_users(std::string_view text) {
    std::optional<double> most;
    for (std::string_view line; next_line(text, line);) {
        const std::string_view user = next_word(line);
        if (user == "0:") continue;  // root has a quota of its own that nobody reaches
        next_word(line);             // references
        next_word(line);             // keys: all, and instantiated
        const auto keys = share(next_word(line));
        const auto bytes = share(next_word(line));
        if (keys && bytes) most = std::max(most.value_or(0), std::max(*keys, *bytes));
    }
    return most;
}

Status IpcCollector::collect(const Root& root, Samples& out) {
    SmallFiles files(root, bench_.buffer(), out);
    const auto use = bench_.files() != nullptr ? read_semaphores()
                                               : parse_sysvipc_sem(files.text("proc/sysvipc/sem"));
    if (use) add_semaphores(*use, files.text("proc/sys/kernel/sem"), out);
    add_known(out, kKeys, {}, parse_key_users(files.text("proc/key-users")));
    return files.outcome("proc/sysvipc: neither semaphores nor keys are shown");
}

std::span<const Metric> IpcCollector::metrics() {
    return kMetrics;
}

}  // namespace homeostat
