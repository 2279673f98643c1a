#include "agent/status.hpp"

namespace homeostat {

void ActionCounts::note(const ActionReport& report) {
    if (report.unknown) {
        ++unknown;
    } else if (!report.reached) {
        ++unreached;
    } else if (report.waiting) {
        ++waiting;
    } else if (!report.ran) {
        ++denied;
    } else if (report.failed) {
        ++failed;
    } else {
        ++ok;
    }
}

}  // namespace homeostat
