// A workbench with one source on it, for the collectors that need that one.
#pragma once

#include "collectors/workbench.hpp"

namespace homeostat::test {

inline WorkbenchSettings with_files(const Files& files) {
    WorkbenchSettings settings;
    settings.files = &files;
    return settings;
}

inline WorkbenchSettings with_kernel_log(KernelLog& log) {
    WorkbenchSettings settings;
    settings.kernel_log = &log;
    return settings;
}

}  // namespace homeostat::test
