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
    std::string_view line;
    if (!next_line(text, line) || next_word(line) != "key") return std::nullopt;
    SemaphoreUse use;
    while (next_line(text, line)) {
        for (int skipped = 0; skipped < 3; ++skipped) next_word(line);  // key, id, permissions
        const auto semaphores = next_u64(line);
        if (!semaphores) return std::nullopt;
        ++use.arrays;
        use.semaphores += *semaphores;
    }
    return use;
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
    const auto use = parse_sysvipc_sem(files.text("proc/sysvipc/sem"));
    if (use) add_semaphores(*use, files.text("proc/sys/kernel/sem"), out);
    add_known(out, kKeys, {}, parse_key_users(files.text("proc/key-users")));
    return files.outcome("proc/sysvipc: neither semaphores nor keys are shown");
}

std::span<const Metric> IpcCollector::metrics() {
    return kMetrics;
}

}  // namespace homeostat
