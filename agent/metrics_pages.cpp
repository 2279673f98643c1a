#include "agent/metrics_pages.hpp"

namespace homeostat {
namespace {

MetricsAnswer page(int status, std::string text) {
    return {.status = status, .body = std::move(text)};
}

}  // namespace

void MetricsPages::set(const AgentStatus& status) {
    const std::lock_guard lock(mutex_);
    status_ = status;
}

void MetricsPages::set(CourierSnapshot snapshot) {
    const std::lock_guard lock(mutex_);
    courier_ = std::move(snapshot);
}

MetricsAnswer MetricsPages::answer(const MetricsRequest& request) const {
    AgentStatus status;
    CourierSnapshot courier;
    {
        const std::lock_guard lock(mutex_);
        status = status_;
        courier = courier_;
    }
    const bool ready = status.ticks > 0;
    const Duration silent = clock_.now() - status.at;
    if (request.path == "/metrics") {
        const ProcessUsage process = read_process_usage();
        return {.status = 200,
                .content_type = request.openmetrics ? kOpenMetricsType : kPrometheusType,
                .body = metrics_text({facts_, status, courier, process}, request.openmetrics)};
    }
    if (request.path == "/healthz") {
        if (!ready || silent <= kSilenceMax) return page(200, "ok\n");
        return page(503, fmt::format("no cycle for {:.0f} s\n", silent.seconds()));
    }
    if (request.path == "/readyz") {
        return ready ? page(200, "ready\n") : page(503, "the first cycle is not done\n");
    }
    return page(404, "/metrics, /healthz or /readyz\n");
}

}  // namespace homeostat
