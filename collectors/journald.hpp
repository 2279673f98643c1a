// JournaldCollector reads the system journal: how much is logged, by whom how badly, and what
// happened to units and logins.
//
// Series: journal_lines_count, journal_errors_count (level "err" and worse), journal_lost_count,
// journal_unread_count (of the lines: packed so that we cannot read them), and
// unit_log_warnings_count (level "warning" and worse) of each unit that ever warned. Where the
// kernel's log cannot be read itself, its messages are taken from here. What smartd calls critical,
// and what dmeventd calls an error, is one of a disk: each such message once a day.
#pragma once

#include <array>

#include "collectors/collector.hpp"
#include "collectors/journal.hpp"
#include "collectors/kernel_message.hpp"
#include "collectors/login_news.hpp"
#include "collectors/unit_news.hpp"
#include "collectors/workbench.hpp"

namespace homeostat {

class JournaldCollector final : public Collector {
public:
    static constexpr std::uint32_t kEntriesMax = 2000;  // in one tick, some 10 us each
    static constexpr std::size_t kUnitsMax = 64;        // units whose warnings are counted apart
    static constexpr Duration kDiskWordAgain = hours(24);

    explicit JournaldCollector(Workbench& bench) : bench_(bench) {}

    Status collect(const Root& root, Samples& out) override;
    [[nodiscard]] std::string_view limit() const override;
    static std::span<const Metric> metrics();

private:
    struct UnitWarnings {
        FixedString<127> unit;
        std::uint64_t count = 0;
    };

    void take(const JournalEntry& entry, const Files& files, Instant now);
    void tell_disk_trouble(const JournalEntry& entry, Instant now);
    void count_warning(std::string_view unit);

    Workbench& bench_;
    Journal journal_;
    UnitNews units_;
    LoginNews logins_;
    KernelMessages kernel_;
    FixedVector<UnitWarnings, kUnitsMax> warnings_;
    // What a disk's watchdog has said: smartd says it again every half an hour.
    struct DiskWord {
        std::uint64_t hash = 0;
        Instant told;
    };
    FixedVector<DiskWord, 16> disk_words_;
    std::uint64_t lines_ = 0;
    std::uint64_t errors_ = 0;
    std::uint64_t unread_ = 0;
};

}  // namespace homeostat
