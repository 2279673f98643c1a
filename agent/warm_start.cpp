#include "agent/warm_start.hpp"

#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/parse.hpp"

namespace homeostat {
namespace {

constexpr Duration kQuestionMax = seconds(10);
constexpr int kHttpOk = 200;

// Of each host's cores the mean, so that a selector which matches two hosts gives two series. At
// most 20: a restart of a thousand agents must not be what brings the server down.
constexpr std::array kSignals{
    WarmSignal{"load1", "node_load1{}"},
    WarmSignal{"cpu_user_seconds",
               "avg by (instance) (rate(node_cpu_seconds_total{mode=\"user\",}[5m]))"},
    WarmSignal{"cpu_system_seconds",
               "avg by (instance) (rate(node_cpu_seconds_total{mode=\"system\",}[5m]))"},
    WarmSignal{"cpu_iowait_seconds",
               "avg by (instance) (rate(node_cpu_seconds_total{mode=\"iowait\",}[5m]))"},
    WarmSignal{"context_switches_count", "rate(node_context_switches_total{}[5m])"},
    WarmSignal{"interrupts_count", "rate(node_intr_total{}[5m])"},
    WarmSignal{"forks_count", "rate(node_forks_total{}[5m])"},
    WarmSignal{"memory_available_ratio",
               "node_memory_MemAvailable_bytes{}/node_memory_MemTotal_bytes{}"},
    WarmSignal{"memory_anonymous_bytes", "node_memory_AnonPages_bytes{}"},
    WarmSignal{"memory_cached_bytes", "node_memory_Cached_bytes{}"},
    WarmSignal{"vm_major_faults_count", "rate(node_vmstat_pgmajfault{}[5m])"},
    WarmSignal{"pressure_cpu_some_seconds", "rate(node_pressure_cpu_waiting_seconds_total{}[5m])"},
    WarmSignal{"pressure_io_some_seconds", "rate(node_pressure_io_waiting_seconds_total{}[5m])"},
    WarmSignal{"pressure_memory_some_seconds",
               "rate(node_pressure_memory_waiting_seconds_total{}[5m])"},
    WarmSignal{"tcp_established_count", "node_netstat_Tcp_CurrEstab{}"},
    WarmSignal{"tcp_segments_received_count", "rate(node_netstat_Tcp_InSegs{}[5m])"},
    WarmSignal{"tcp_segments_sent_count", "rate(node_netstat_Tcp_OutSegs{}[5m])"},
    WarmSignal{"sockets_used_count", "node_sockstat_sockets_used{}"},
};
static_assert(kSignals.size() <= 20);

// RFC 3986: everything but unreserved characters as %XX.
std::string percent_encoded(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
        out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return out;
}

// [1795200157.5, "0.3"]
std::optional<PastValue> past_value(const nlohmann::json& pair) {
    if (!pair.is_array() || pair.size() != 2 || !pair[0].is_number() || !pair[1].is_string()) {
        return std::nullopt;
    }
    constexpr double kLastSecond = 1e11;  // some three thousand years: no time stamp is larger
    const double at = pair[0].get<double>();
    const auto value = parse_double(pair[1].get_ref<const std::string&>());
    if (!value || !(at >= 0 && at < kLastSecond)) return std::nullopt;
    return PastValue{static_cast<std::int64_t>(at), *value};
}

const nlohmann::json* member(const nlohmann::json& object, const char* key) {
    if (!object.is_object()) return nullptr;
    const auto found = object.find(key);
    return found == object.end() ? nullptr : &*found;
}

std::string text_member(const nlohmann::json& object, const char* key) {
    const auto* text = member(object, key);
    return text != nullptr && text->is_string() ? text->get<std::string>() : std::string();
}

Error unexpected(std::string_view what) {
    return make_error(Errc::Parse, "query_range: expected {}", what);
}

}  // namespace

std::span<const WarmSignal> warm_signals() {
    return kSignals;
}

// In the list above "{}" and "mode=...,}" end in the brace before which the selector belongs.
std::string expression_for(const WarmSignal& signal, std::string_view selector) {
    std::string out;
    for (const char c : signal.expression) {
        if (c == '}') out += selector;
        out += c;
    }
    return out;
}

Result<std::vector<PastValue>> parse_query_range(std::string_view body) {
    const auto json = nlohmann::json::parse(body, nullptr, false);
    if (json.is_discarded()) return unexpected("JSON");
    const std::string status = text_member(json, "status");
    if (status == "error") {
        return make_error(Errc::Failed, "query_range: {}: {}", text_member(json, "errorType"),
                          text_member(json, "error"));
    }
    const auto* data = member(json, "data");
    const auto* result = data == nullptr ? nullptr : member(*data, "result");
    if (status != "success" || result == nullptr || !result->is_array() ||
        text_member(*data, "resultType") != "matrix") {
        return unexpected("status success and a matrix");
    }
    if (result->empty()) return make_error(Errc::NotAvailable, "query_range: no such series");
    if (result->size() > 1) {
        return make_error(Errc::Invalid,
                          "query_range: {} series: the selector must match this host alone",
                          result->size());
    }
    const auto* values = member(result->front(), "values");
    if (values == nullptr || !values->is_array()) return unexpected("values");
    std::vector<PastValue> out;
    out.reserve(values->size());
    for (const auto& pair : *values) {
        const auto value = past_value(pair);
        if (!value) return unexpected("[time, \"value\"]");
        if (!out.empty() && value->unix_seconds < out.back().unix_seconds) {
            return unexpected("times that do not go back");
        }
        if (std::isfinite(value->value)) out.push_back(*value);
    }
    return out;
}

HttpRequest WarmStart::question(std::size_t number, Instant now) const {
    HttpRequest request;
    const std::int64_t end = now.unix_ns / seconds(1).ns;
    request.url =
        fmt::format("{}/api/v1/query_range?query={}&start={}&end={}&step={}", settings_.url,
                    percent_encoded(expression_for(warm_signals()[number], settings_.selector)),
                    end - settings_.span.ns / seconds(1).ns, end, kStep.ns / seconds(1).ns);
    request.headers = settings_.headers;
    request.tls = settings_.tls;
    request.timeout = kQuestionMax;
    return request;
}

std::optional<std::size_t> WarmStart::due(Instant now) {
    if (!begun_) began_ = now;
    begun_ = true;
    if (now - began_ > kTotalMax) next_ = warm_signals().size();
    if (next_ == warm_signals().size()) {
        tell_end();
        return std::nullopt;
    }
    if (out_ >= kInFlightMax) return std::nullopt;
    return next_;
}

void WarmStart::note_asked() {
    ++next_;
    ++out_;
}

void WarmStart::note(std::size_t number, const Result<HttpResponse>& answer) {
    --out_;
    auto values =
        answer ? parse_query_range(answer->body) : Result<std::vector<PastValue>>(answer.error());
    if (values) {
        ++learned_;
        const std::lock_guard lock(mutex_);
        waiting_.push_back({std::string(warm_signals()[number].metric), std::move(*values)});
    } else if (answer && answer->status != kHttpOk) {
        last_failure_ = fmt::format("HTTP status {}", answer->status);
    } else {
        last_failure_ = values.error().text.view();
    }
}

// Once, and not before the last answer is here.
void WarmStart::tell_end() {
    if (out_ > 0 || std::exchange(ended_, true)) return;
    const std::lock_guard lock(mutex_);
    summary_ = fmt::format("warm start: the past of {} of {} series came from {}", learned_,
                           warm_signals().size(), settings_.url);
    if (!last_failure_.empty()) summary_ += "; the last failure: " + last_failure_;
}

bool WarmStart::take(History& out) {
    const std::lock_guard lock(mutex_);
    if (waiting_.empty()) return false;
    out = std::move(waiting_.back());
    waiting_.pop_back();
    return true;
}

std::string WarmStart::take_summary() {
    const std::lock_guard lock(mutex_);
    return std::exchange(summary_, {});
}

}  // namespace homeostat
