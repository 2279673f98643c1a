// Running a playbook: text in, report out. The language is docs/playbooks.md.
//
//   const auto report = run_playbook(input, options, environment);
//   if (!report) refuse(report.error());  // "FILE:LINE:COLUMN: reason"; nothing was touched
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actions/playbook/environment.hpp"
#include "actions/playbook/value.hpp"
#include "core/result.hpp"

namespace homeostat::playbook {

struct Input {
    std::string_view text;  // of the file, at most 64 KiB
    std::string file_name;  // for messages, and playbook_dir
    Map extra_variables;    // outside values: never templates, and they win over all others
};

// What a task, or one item of its loop, came to.
struct Outcome {
    bool changed = false;
    bool failed = false;
    bool skipped = false;
    bool left_alone = false;  // skipped because the policy protects this one file
    bool censored = false;    // no_log: there is nothing more to tell
    std::optional<std::int32_t> rc;
    std::optional<std::int32_t> attempts;
    std::shared_ptr<const std::string> output;  // stdout; null: it has none
    Value message;     // of debug, assert and fail, every failure and every file left alone; None:
                       // nothing to say
    std::string diff;  // with Options::diff: lines with -, + or a blank before them
};

struct ItemReport {
    Value item;
    Value label;  // None: the item is its own
    Outcome outcome;
};

struct TaskReport {
    std::string name;
    std::string name_in_results;  // if it differs: Ansible's results have it as written
    std::string module;           // "systemd" also for systemd_service
    Outcome outcome;
    bool ignored = false;
    bool denied = false;  // the policy forbade it
    bool looped = false;
    bool handler = false;
    std::vector<ItemReport> items;
};

struct Totals {
    std::uint32_t ok = 0;
    std::uint32_t changed = 0;
    std::uint32_t failed = 0;
    std::uint32_t skipped = 0;
    std::uint32_t rescued = 0;
    std::uint32_t ignored = 0;
};

struct RunReport {
    std::string play;  // its name, or "localhost"
    std::vector<TaskReport> tasks;
    Totals totals;
    bool failed = false;  // exit status 2
};

// Called as things happen; both may be empty. For a person who watches.
struct Progress {
    std::function<void(std::string_view name, bool handler)> task_begins;
    std::function<void(const TaskReport&)> task_ended;
};

struct Options {
    bool check = false;  // change nothing, say what would change
    // As `check`, and no task's `check_mode: false` is heard: nothing at all is changed.
    bool only_check = false;
    bool diff = false;
    std::vector<std::string> tags{};  // empty: all
    std::vector<std::string> skip_tags{};
    unsigned creation_mask = 022;  // umask of programs and of new files
    Progress progress{};
};

// An error means refused when loaded: nothing ran.
Result<RunReport> run_playbook(const Input& input, const Options& options,
                               const Environment& environment);

// The load half alone: is the file acceptable to this version and this policy?
Status check_playbook(const Input& input, const Environment& environment);

// One JSON object in the shape of section 6 of the language, without a newline at its end.
std::string to_json(const RunReport& report);

inline constexpr int kExitOk = 0;
inline constexpr int kExitTaskFailed = 2;
inline constexpr int kExitRefused = 4;
inline constexpr int kExitUsage = 5;

}  // namespace homeostat::playbook
