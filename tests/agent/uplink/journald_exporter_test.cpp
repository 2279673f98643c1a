#include "agent/uplink/journald_exporter.hpp"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <map>

#include "agent/uplink/spool_format.hpp"
#include "tests/agent/uplink/sample_incidents.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace homeostat;

namespace {

// Reads a message back as the protocol says.
std::map<std::string, std::string> fields_of(std::string_view message) {
    std::map<std::string, std::string> fields;
    while (!message.empty()) {
        const auto end = message.find_first_of("=\n");
        REQUIRE(end != std::string_view::npos);
        const std::string key(message.substr(0, end));
        const bool has_length = message[end] == '\n';
        message.remove_prefix(end + 1);
        std::size_t size = message.find('\n');
        if (has_length) {
            size = u64_at(message, 0);
            message.remove_prefix(8);
        }
        CHECK(fields.emplace(key, message.substr(0, size)).second);
        REQUIRE(message[size] == '\n');
        message.remove_prefix(size + 1);
    }
    return fields;
}

// A socket that stands for the journal's.
class Journal {
public:
    explicit Journal(const std::string& path) {
        fd_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, path.data(), path.size());
        REQUIRE(::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    }
    ~Journal() { ::close(fd_); }
    Journal(const Journal&) = delete;
    Journal& operator=(const Journal&) = delete;
    [[nodiscard]] std::string receive() const {
        std::string buffer(65536, '\0');
        const ssize_t count = ::recv(fd_, buffer.data(), buffer.size(), 0);
        buffer.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
        return buffer;
    }

private:
    int fd_ = -1;
};

}  // namespace

TEST_CASE("journald: fields in both forms, and no key that the journal refuses") {
    std::string out;
    append_journal_field("A_1", "plain = text", out);
    append_journal_field("B", "two\nlines", out);
    append_journal_field("_TRUSTED", "x", out);
    append_journal_field("lower", "x", out);
    append_journal_field("", "x", out);
    append_journal_field(std::string(65, 'K'), "x", out);
    append_journal_field("EMPTY", "", out);
    CHECK(out == std::string("A_1=plain = text\nB\n\x09\0\0\0\0\0\0\0two\nlines\nEMPTY=\n", 44));
    CHECK(fields_of(out).size() == 3);
}

TEST_CASE("journald: an incident's life has its ids, priorities and fields") {
    const Incident incident = test::sample_incident();
    auto fields = fields_of(journal_message(incident));
    CHECK(fields["MESSAGE"] == incident.summary);
    CHECK(fields["PRIORITY"] == "4");
    CHECK(fields["SYSLOG_IDENTIFIER"] == "homeostat");
    CHECK(fields["MESSAGE_ID"] == kJournalIncidentOpened);
    CHECK(fields["HOMEOSTAT_INCIDENT_ID"] == incident.id.text());
    CHECK(fields["HOMEOSTAT_SUBJECT"] == "/srv/data");
    CHECK(fields["HOMEOSTAT_CAUSE"] == "process:rsyslogd");
    CHECK(fields.count("HOMEOSTAT_ACTION") == 0);
    fields = fields_of(journal_message(test::sample_incident(1, 3)));
    CHECK(fields["MESSAGE_ID"] == kJournalIncidentUpdated);
    fields = fields_of(journal_message(test::resolved(incident)));
    CHECK(fields["MESSAGE_ID"] == kJournalIncidentResolved);
    CHECK(fields["PRIORITY"] == "5");
    CHECK(fields["HOMEOSTAT_ACTION"] == "clean rotated logs");
    for (const char* id : {kJournalIncidentOpened, kJournalIncidentUpdated,
                           kJournalIncidentResolved, kJournalRecordsLost}) {
        CHECK(std::string_view(id).size() == 32);
    }
}

TEST_CASE("journald: priorities are syslog's") {
    struct Row {
        Severity severity;
        int priority;
    };
    for (const Row& row : {Row{Severity::Critical, 2}, Row{Severity::Error, 3},
                           Row{Severity::Warning, 4}, Row{Severity::Info, 6}}) {
        Incident incident;
        incident.severity = row.severity;
        CHECK(journal_priority(incident) == row.priority);
    }
}

TEST_CASE("journald: a name with a line break cannot forge a field") {
    Incident incident = test::sample_incident();
    incident.subject.name = "/mnt/x\nPRIORITY=0\nMESSAGE=forged";
    const auto fields = fields_of(journal_message(incident));
    CHECK(fields.at("PRIORITY") == "4");
    CHECK(fields.at("HOMEOSTAT_SUBJECT") == incident.subject.name);
}

TEST_CASE("journald: one datagram a record, a gap first; without a journal it waits") {
    const test::TemporaryDirectory directory;
    JournaldExporter exporter({.socket = directory / "socket"});
    CHECK_FALSE(exporter.is_remote());
    exporter.begin();
    REQUIRE(exporter.add(test::sample_incident(), {.kind = SpoolClass::Info, .lost = 3},
                         test::sample_time()));
    Outcome outcome = exporter.send(test::sample_time());
    CHECK(outcome.verdict == Verdict::Retry);
    CHECK(outcome.message.view().find("socket") != std::string_view::npos);

    const Journal journal(directory / "socket");
    outcome = exporter.send(test::sample_time());
    CHECK(outcome.verdict == Verdict::Advance);
    CHECK(fields_of(journal.receive()).at("MESSAGE_ID") == kJournalRecordsLost);
    CHECK(fields_of(journal.receive()).at("MESSAGE_ID") == kJournalIncidentOpened);
    CHECK(journal.receive().empty());
}
