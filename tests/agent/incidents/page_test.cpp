#include "agent/incidents/page.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "tests/agent/uplink/sample_incidents.hpp"

using namespace homeostat;

TEST_CASE("page: one file with plots and causes, and nothing from elsewhere") {
    Incident incident = test::sample_incident(1, 1);
    incident.considered = incident.causes;
    const std::string page = incident_page(incident, incident.updated.unix_ns);
    for (const std::string_view part : {"<!doctype html>", "width=device-width", "<svg", "polyline",
                                        "default-src 'none'", "Timeline", "</html>"}) {
        CAPTURE(part);
        CHECK(page.find(part) != std::string::npos);
    }
    for (const std::string_view part : {"http://", "https://", "<script", "src=", "@import"}) {
        CAPTURE(part);
        CHECK(page.find(part) == std::string::npos);
    }
}

TEST_CASE("page: what the host says cannot become markup") {
    Incident incident = test::sample_incident(1, 1);
    const std::string_view evil = "<img onerror=alert(1)>\"'&\x01\xff";
    incident.summary = evil;
    incident.processes[0].name = evil;
    incident.snippet.metric = evil;
    REQUIRE(incident.considered.push({.text = evil, .name = evil, .confidence = 1, .pro = evil}));
    REQUIRE(incident.notes.push({incident.onset, NoteKind::Log, evil}));
    const std::string page = incident_page(incident, 0, std::string("50 S ") + std::string(evil));
    CHECK(page.find("<pre>50 S &lt;img") != std::string::npos);
    CHECK(page.find("<img") == std::string::npos);
    CHECK(page.find('\x01') == std::string::npos);
    CHECK(page.find('\xff') == std::string::npos);
    CHECK(page.find("&lt;img") != std::string::npos);
}

TEST_CASE("page: a name is one line and is read in the order of its bytes") {
    Incident incident = test::sample_incident(1, 1);
    const std::string_view evil = "x\nAll is well\xe2\x80\xae\xc2\x9b";
    incident.summary = evil;
    incident.processes[0].name = evil;
    incident.snippet.metric = evil;
    REQUIRE(incident.considered.push({.text = evil, .name = evil, .confidence = 1, .pro = evil}));
    REQUIRE(incident.notes.push({incident.onset, NoteKind::Log, evil}));
    const std::string page = incident_page(incident, 0, "50 S a\xe2\x80\xae\n51 S b\n");
    CHECK(page.find("\nAll is well") == std::string::npos);
    CHECK(page.find("\xe2\x80\xae") == std::string::npos);
    CHECK(page.find("\xc2\x9b") == std::string::npos);
    CHECK(page.find("x?All is well?????") != std::string::npos);
    CHECK(page.find("50 S a???\n51 S b\n") != std::string::npos);
}

TEST_CASE("page: escaping keeps text and replaces what is none") {
    struct Row {
        std::string_view text;
        std::string_view out;
    };
    for (const Row& row :
         {Row{"", ""}, Row{"a b\n", "a b\n"}, Row{"<&>\"'", "&lt;&amp;&gt;&quot;&#39;"},
          Row{"\xC3\xA9\xE2\x96\x88", "\xC3\xA9\xE2\x96\x88"}, Row{"\xC3", "\xEF\xBF\xBD"},
          Row{"\xE2\x96", "\xEF\xBF\xBD\xEF\xBF\xBD"}, Row{"\x80", "\xEF\xBF\xBD"},
          Row{"\x07", "\xEF\xBF\xBD"}}) {
        CAPTURE(std::string(row.text));
        CHECK(escape_html(row.text) == row.out);
    }
}

TEST_CASE("page: a plot of nothing, of one point, of a constant, with and without its limit") {
    Snippet snippet;
    CHECK(plot_svg(snippet, 1).empty());
    REQUIRE(snippet.values.push(5));
    CHECK(plot_svg(snippet, 5).find("<line") != std::string::npos);
    CHECK(plot_svg(snippet, 7).find("<line") == std::string::npos);
    CHECK(plot_svg(snippet, std::nan("")).find("<line") == std::string::npos);
    for (int i = 0; i < 31; ++i) REQUIRE(snippet.values.push(5));
    CHECK(plot_svg(snippet, 5).find("nan") == std::string::npos);
}
