#include "agent/uplink/otlp_response.hpp"

#include <algorithm>

#include "agent/uplink/backoff.hpp"
#include "agent/uplink/utf8.hpp"
#include "homeostat/otlp/v1/logs.pb.h"

namespace homeostat {
namespace {

constexpr std::size_t kShownBytesMax = 200;  // of what a server says
constexpr std::size_t kShownTypeMax = 60;
constexpr std::size_t kShownPageMax = 120;

Verdict verdict_of_status(int status, std::size_t records) {
    if (status >= 200 && status < 300) return Verdict::Advance;
    switch (status) {
        case 429:
        case 502:
        case 503:
        case 504: return Verdict::Retry;
        case 413: return records > 1 ? Verdict::Halve : Verdict::Drop;
        case 400: return records > 1 ? Verdict::Halve : Verdict::Drop;
        case 401:
        case 403:
        case 404: return Verdict::Hold;
        default: break;
    }
    return status >= 400 && status < 600 ? Verdict::Drop : Verdict::Hold;
}

Verdict verdict_of_error(const Error& error) {
    // A server that answers without end, or a request that cannot be made (a certificate that is
    // not readable): asking again at once would change nothing.
    const bool hopeless = error.code == Errc::Limit || error.code == Errc::Invalid;
    return hopeless ? Verdict::Hold : Verdict::Retry;
}

// What a proxy says in HTML (no client certificate, a header that is too long) is not about the
// records: they are kept until a person has looked.
bool is_from_a_proxy(const HttpResponse& response) {
    return response.status == 400 &&
           std::string_view(response.content_type).substr(0, 9) == "text/html";
}

bool is_protobuf(const HttpResponse& response) {
    return std::string_view(response.content_type).substr(0, 22) == "application/x-protobuf";
}

// "application/json" of "Application/JSON; charset=utf-8".
std::string media_type(std::string_view content_type) {
    std::string type(content_type.substr(0, content_type.find_first_of("; \t")));
    for (char& c : type) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return type;
}

// A page: of a captive portal, or of whatever else listens on a wrong port. Such a 2xx delivers
// nothing. (Receivers that are none of the specification's answer "OK" as text: that is one.)
bool is_page(const HttpResponse& response) {
    const std::string type = media_type(response.content_type);
    return !response.body.empty() && (type == "text/html" || type == "application/xhtml+xml");
}

std::string_view said_by(const HttpResponse& response, otlp::v1::ErrorStatus& status) {
    if (is_protobuf(response) &&
        status.ParseFromArray(response.body.data(), static_cast<int>(response.body.size()))) {
        return status.message();
    }
    return response.body;
}

}  // namespace

Outcome judge_http(const Result<HttpResponse>& answer, std::size_t records,
                   std::int64_t now_unix_ns) {
    Outcome outcome;
    if (!answer) {
        outcome.verdict = verdict_of_error(answer.error());
        outcome.message.assign(answer.error().text);
        return outcome;
    }
    outcome.status = answer->status;
    outcome.verdict = verdict_of_status(answer->status, records);
    if (is_from_a_proxy(*answer)) outcome.verdict = Verdict::Hold;
    if (outcome.verdict == Verdict::Advance) return outcome;
    outcome.retry_after = parse_retry_after(answer->retry_after, now_unix_ns);
    otlp::v1::ErrorStatus status;
    const std::string said = to_printable(said_by(*answer, status), kShownBytesMax);
    format_into(outcome.message, "HTTP {}{}{}", answer->status, said.empty() ? "" : ": ", said);
    return outcome;
}

Outcome judge_otlp(const Result<HttpResponse>& answer, std::size_t records,
                   std::int64_t now_unix_ns) {
    Outcome outcome = judge_http(answer, records, now_unix_ns);
    if (outcome.verdict != Verdict::Advance) return outcome;
    if (is_page(*answer)) {
        outcome.verdict = Verdict::Hold;
        format_into(outcome.message, "HTTP {} with {}, so this is no OTLP server: {}",
                    answer->status, to_printable(answer->content_type, kShownTypeMax),
                    to_printable(answer->body, kShownPageMax));
        return outcome;
    }
    if (!is_protobuf(*answer)) return outcome;
    otlp::v1::ExportLogsServiceResponse response;
    // Delivered all the same: the status says so, and asking again would only repeat the records.
    if (!response.ParseFromArray(answer->body.data(), static_cast<int>(answer->body.size()))) {
        outcome.message.assign("the answer's body is no ExportLogsServiceResponse");
        return outcome;
    }
    const auto& partial = response.partial_success();
    const auto most = static_cast<std::int64_t>(records);
    const auto rejected = std::clamp<std::int64_t>(partial.rejected_log_records(), 0, most);
    outcome.rejected = static_cast<std::uint64_t>(rejected);
    if (rejected > 0) {
        format_into(outcome.message, "{} of {} records refused: {}", rejected, records,
                    to_printable(partial.error_message(), kShownBytesMax));
    } else if (!partial.error_message().empty()) {
        format_into(outcome.message, "warning: {}",
                    to_printable(partial.error_message(), kShownBytesMax));
    }
    return outcome;
}

}  // namespace homeostat
