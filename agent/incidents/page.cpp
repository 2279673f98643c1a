#include "agent/incidents/page.hpp"

#include <algorithm>
#include <cmath>

#include "agent/incidents/narrative.hpp"
#include "agent/incidents/story.hpp"
#include "core/printable.hpp"

namespace homeostat {
namespace {

constexpr std::string_view kHead =
    "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
    "'unsafe-inline'\">\n";

constexpr std::string_view kStyle =
    "<style>\n"
    ":root{color-scheme:light dark}\n"
    "body{font:16px/1.45 system-ui,sans-serif;max-width:52rem;margin:0 auto;padding:1rem}\n"
    "h1{font-size:1.3rem}h2{font-size:1.05rem;margin-top:1.6rem}\n"
    "table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.25rem .5rem "
    ".25rem 0;vertical-align:top;border-bottom:1px solid #8884;overflow-wrap:anywhere}\n"
    "svg{width:100%;height:auto;display:block}figure{margin:.8rem 0}\n"
    "small,figcaption{opacity:.75}pre{white-space:pre-wrap;overflow-wrap:anywhere}\n"
    "</style>\n";

constexpr double kWidth = 640;
constexpr double kHeight = 160;
constexpr double kMargin = 6;

// What is of one line has no other, and nothing that reorders it, whatever a mount or a process is
// called.
std::string one_line(std::string_view text) {
    return escape_html(printable(text));
}

// The length of the UTF-8 character at the front of `text`; 0 when it is none.
std::size_t character_length(std::string_view text) {
    const auto byte = static_cast<unsigned char>(text[0]);
    const std::size_t length = byte < 0x80 ? 1 : byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2;
    if (byte >= 0x80 && (byte < 0xC2 || byte > 0xF4)) return 0;
    if (length > text.size()) return 0;
    for (std::size_t i = 1; i < length; ++i) {
        if ((static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U) return 0;
    }
    return length;
}

void row(std::string& out, std::string_view name, std::string_view text) {
    out += fmt::format("<tr><th>{}</th><td>{}</td></tr>\n", one_line(name), one_line(text));
}

double limit_of(const Incident& incident, std::string_view metric) {
    for (const Finding& finding : incident.findings) {
        if (finding.metric == metric) return finding.limit;
    }
    return std::nan("");
}

void figure(std::string& out, const Incident& incident, const Snippet& snippet) {
    if (snippet.values.empty()) return;
    out += fmt::format("<figure>{}<figcaption>{}, one point every {:g} s</figcaption></figure>\n",
                       plot_svg(snippet, limit_of(incident, snippet.metric)),
                       one_line(snippet.metric), snippet.step_seconds);
}

void causes(std::string& out, const Incident& incident) {
    out += "<h2>Causes that were considered</h2>\n<table>\n";
    for (const Cause& cause : incident.considered) {
        out += fmt::format("<tr><th>{:.0f}&nbsp;%</th><td>{}<br><small>{}{}{}</small></td></tr>\n",
                           cause.confidence * 100, one_line(cause.text), one_line(cause.pro),
                           cause.contra.empty() ? "" : "; against: ", one_line(cause.contra));
    }
    out += "</table>\n";
}

void timeline(std::string& out, const Incident& incident) {
    out += "<h2>Timeline</h2>\n<table>\n";
    for (const IncidentNote& note : incident.notes) {
        row(out, rfc3339(note.at.unix_ns), fmt::format("{}: {}", name_of(note.kind), note.text));
    }
    row(out, rfc3339(incident.onset.unix_ns), "onset");
    row(out, rfc3339(incident.opened.unix_ns), "incident opened");
    for (const ActionRecord& action : incident.actions) {
        row(out, rfc3339(action.at.unix_ns),
            fmt::format("{} [{}] {}: {}", action.rule, action.mode, action.state, action.detail));
    }
    if (incident.is_over()) row(out, rfc3339(incident.ended.unix_ns), "over");
    out += "</table>\n";
}

void processes(std::string& out, const Incident& incident) {
    if (incident.processes.empty()) return;
    out +=
        "<h2>Processes</h2>\n<table>\n<tr><th>name</th><th>pid</th><th>cores</th><th>memory</th>"
        "<th>writes/s</th></tr>\n";
    for (const ProcessUse& process : incident.processes) {
        out += fmt::format("<tr><td>{}</td><td>{}</td><td>{:.2f}</td><td>{}</td><td>{}</td></tr>\n",
                           one_line(process.name), process.pid, process.cpu_ratio,
                           human_bytes(process.rss_bytes),
                           human_bytes(process.write_bytes_per_second));
    }
    out += "</table>\n";
}

}  // namespace

std::string escape_html(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const std::size_t length = character_length(text);
        const char byte = text[0];
        const bool control = length == 1 && static_cast<unsigned char>(byte) < 0x20 && byte != '\n';
        if (length == 0 || control) {
            out += "\xEF\xBF\xBD";
        } else if (byte == '&') {
            out += "&amp;";
        } else if (byte == '<') {
            out += "&lt;";
        } else if (byte == '>') {
            out += "&gt;";
        } else if (byte == '"') {
            out += "&quot;";
        } else if (byte == '\'') {
            out += "&#39;";
        } else {
            out += text.substr(0, length);
        }
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return out;
}

std::string plot_svg(const Snippet& snippet, double limit) {
    const auto [least, most] = std::minmax_element(snippet.values.begin(), snippet.values.end());
    if (least == snippet.values.end()) return {};
    const double low = static_cast<double>(*least);
    const double high = static_cast<double>(*most);
    const double span = high > low ? high - low : 1;
    const auto x = [&](std::size_t i) {
        const auto last = std::max<std::size_t>(snippet.values.size() - 1, 1);
        return kMargin +
               (kWidth - 2 * kMargin) * static_cast<double>(i) / static_cast<double>(last);
    };
    const auto y = [&](double value) {
        return kHeight - kMargin - (kHeight - 2 * kMargin) * (value - low) / span;
    };
    std::string out = fmt::format("<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">",
                                  kWidth, kHeight, one_line(snippet.metric));
    if (limit >= low && limit <= high) {
        out += fmt::format(
            "<line x1=\"0\" x2=\"{}\" y1=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"#c33\" "
            "stroke-dasharray=\"4 4\"/>",
            kWidth, y(limit), y(limit));
    }
    out += "<polyline fill=\"none\" stroke=\"#37c\" stroke-width=\"2\" points=\"";
    for (std::size_t i = 0; i < snippet.values.size(); ++i) {
        out += fmt::format("{:.1f},{:.1f} ", x(i), y(static_cast<double>(snippet.values[i])));
    }
    out += fmt::format(
        "\"/><text x=\"4\" y=\"14\" font-size=\"12\" fill=\"currentColor\">{:.4g}"
        "</text><text x=\"4\" y=\"{}\" font-size=\"12\" fill=\"currentColor\">{:.4g}"
        "</text></svg>",
        high, kHeight - 4, low);
    return out;
}

std::string incident_page(const Incident& incident, std::int64_t now_unix_ns,
                          std::string_view snapshot) {
    std::string out(kHead);
    out += fmt::format("<title>{}</title>\n", one_line(incident.summary));
    out += kStyle;
    out += fmt::format("</head><body>\n<h1>{}</h1>\n", one_line(incident.summary));
    out += fmt::format("<pre>{}</pre>\n", escape_html(tell_story(incident, now_unix_ns)));
    out += "<h2>Measurements at the onset</h2>\n";
    figure(out, incident, incident.snippet);
    for (const Snippet& snippet : incident.related) figure(out, incident, snippet);
    causes(out, incident);
    out += "<h2>Findings</h2>\n<table>\n";
    for (const Finding& finding : incident.findings) {
        row(out, finding.condition,
            fmt::format("{} {} (limit {})", finding.metric,
                        value_text(finding.value, finding.unit, finding.metric),
                        value_text(finding.limit, finding.unit, finding.metric)));
    }
    out += "</table>\n";
    timeline(out, incident);
    processes(out, incident);
    if (!snapshot.empty()) {
        out += fmt::format("<h2>Processes at the onset</h2>\n<pre>{}</pre>\n",
                           escape_html(printable(snapshot, Lines::Many)));
    }
    out += "</body></html>\n";
    return out;
}

}  // namespace homeostat
