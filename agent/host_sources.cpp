#include "agent/host_sources.hpp"

namespace homeostat {

WorkbenchSettings HostSources::bench(const Config& config, bool this_host) {
    WorkbenchSettings settings;
    settings.files = &files_;
    settings.kernel_log = &kernel_log_;
    if (this_host) {
        settings.clock_discipline = &clock_discipline_;
        settings.mount_prober = &mount_prober_;
        settings.failed_units = &failed_units_;
    }
    settings.certificates = config.certificates;
    settings.watched_paths = config.watched_paths;
    settings.log_files = config.log_files;
    return settings;
}

}  // namespace homeostat
