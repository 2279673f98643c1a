// DrillLoad is a fault that is being made, and the promise that it ends.
//
//     drill --- pipe ---> guardian ---> worker (drill-cpu, drill-mem ...), a process group
//
// The guardian is a process of its own that prepares, starts the worker, and waits: for its time to
// be over, or for the pipe to close, which the kernel does however the drill ends, SIGKILL
// included. Then it kills the worker's group and takes back what it prepared (a mount, a unit). It
// ignores the terminal's signals, so that Ctrl-C cannot leave anything behind; should somebody kill
// it, the worker gets SIGKILL from the kernel (PR_SET_PDEATHSIG).
#pragma once

#include <sys/types.h>

#include <string>

#include "agent/drill/drill_plan.hpp"
#include "core/result.hpp"

namespace homeostat {

struct DrillSettings {
    Duration length = kDrillLengthDefault;
    std::string io_directory = "/var/tmp";  // on the disk that the io drill is about
};

class DrillLoad {
public:
    // Starts the fault; when it returns Ok, the worker is at it. Errc::Denied, NotAvailable or
    // Failed when it cannot be made here, and then nothing was left behind.
    static Result<DrillLoad> start(const DrillRow& row, const DrillSettings& settings);

    // Ends it and waits until all is taken back.
    ~DrillLoad() { stop(); }
    void stop();

    DrillLoad(DrillLoad&& other) noexcept;
    DrillLoad& operator=(DrillLoad&&) = delete;
    DrillLoad(const DrillLoad&) = delete;
    DrillLoad& operator=(const DrillLoad&) = delete;

    // True until stop(), or until the guardian ended it by itself.
    [[nodiscard]] bool is_running();
    [[nodiscard]] pid_t guardian() const { return guardian_; }

private:
    DrillLoad(pid_t guardian, int pipe) : guardian_(guardian), pipe_(pipe) {}

    pid_t guardian_ = -1;
    int pipe_ = -1;
};

}  // namespace homeostat
