#include "agent/metrics_request.hpp"

#include <algorithm>

#include "core/parse.hpp"

namespace homeostat {
namespace {

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view cut(std::string_view& rest, char separator) {
    const auto end = rest.find(separator);
    const std::string_view part = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    return trim(part);
}

// The weight of one element such as "text/plain;version=0.0.4;q=0.5" (RFC 9110, 12.4.2).
double weight_of(std::string_view parameters) {
    while (!parameters.empty()) {
        const std::string_view parameter = cut(parameters, ';');
        if (parameter.starts_with("q=") || parameter.starts_with("Q=")) {
            return parse_double(parameter.substr(2)).value_or(0);
        }
    }
    return 1;
}

// The best weight that the list gives `name`; -1 when it does not name it.
double weight_in(std::string_view list, std::string_view name) {
    double best = -1;
    while (!list.empty()) {
        std::string_view element = cut(list, ',');
        if (equals_ignoring_case(cut(element, ';'), name)) {
            best = std::max(best, weight_of(element));
        }
    }
    return best;
}

bool read_request_line(std::string_view line, MetricsRequest& out) {
    const std::string_view method = next_word(line);
    const std::string_view target = next_word(line);
    const std::string_view version = next_word(line);
    if (method.empty() || !target.starts_with('/') || !next_word(line).empty()) return false;
    if (version != "HTTP/1.1" && version != "HTTP/1.0") return false;
    out.method = method == "GET"    ? MetricsRequest::Method::Get
                 : method == "HEAD" ? MetricsRequest::Method::Head
                                    : MetricsRequest::Method::Other;
    out.path.assign(target.substr(0, target.find('?')));
    return true;
}

void read_header(std::string_view name, std::string_view value, MetricsRequest& out) {
    if (equals_ignoring_case(name, "accept-encoding")) {
        out.takes_gzip = weight_in(value, "gzip") > 0;
    }
    if (equals_ignoring_case(name, "accept")) {
        const double openmetrics = weight_in(value, "application/openmetrics-text");
        out.openmetrics = openmetrics > 0 && openmetrics > weight_in(value, "text/plain");
    }
}

}  // namespace

MetricsHead read_metrics_request(std::string_view bytes, MetricsRequest& out) {
    const std::string_view seen = bytes.substr(0, kMetricsHeadMax);
    const auto crlf = seen.find("\r\n\r\n");
    const auto lf = seen.find("\n\n");
    if (crlf == std::string_view::npos && lf == std::string_view::npos) {
        return bytes.size() >= kMetricsHeadMax ? MetricsHead::Malformed : MetricsHead::Unfinished;
    }
    std::string_view rest = seen.substr(0, std::min(crlf, lf));
    out = {};
    std::string_view line;
    if (!next_line(rest, line) || !read_request_line(trim(line), out)) {
        return MetricsHead::Malformed;
    }
    while (next_line(rest, line)) {
        const auto colon = line.find(':');
        if (colon == std::string_view::npos || colon == 0) return MetricsHead::Malformed;
        read_header(line.substr(0, colon), trim(line.substr(colon + 1)), out);
    }
    return MetricsHead::Whole;
}

}  // namespace homeostat
