#include "agent/uplink/journald_exporter.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "agent/uplink/spool_format.hpp"
#include "agent/uplink/utf8.hpp"

namespace homeostat {
namespace {

constexpr std::size_t kRecordsMax = 16;
constexpr std::size_t kKeyBytesMax = 64;

class Descriptor {
public:
    explicit Descriptor(int fd) : fd_(fd) {}
    ~Descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    [[nodiscard]] int get() const { return fd_; }

private:
    int fd_;
};

bool is_journal_key(std::string_view key) {
    return !key.empty() && key.size() <= kKeyBytesMax && key[0] != '_' &&
           key.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == std::string_view::npos;
}

const char* message_id(const Incident& incident) {
    if (incident.is_over()) return kJournalIncidentResolved;
    return incident.seq == 0 ? kJournalIncidentOpened : kJournalIncidentUpdated;
}

Result<int> connect_to(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) {
        return make_error(Errc::Invalid, "journald: the socket's path is too long: {}", path);
    }
    std::memcpy(address.sun_path, path.data(), path.size());
    const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return make_errno_error(Errc::Io, errno, "journald: socket");
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        const int error = errno;
        ::close(fd);
        return make_errno_error(errc_of(error), error, "journald: connect {}", path);
    }
    return fd;
}

// The journal maps the file, so it must be sure that it cannot change under its hands.
Status send_as_file(int socket, std::string_view message) {
    const Descriptor file(::memfd_create("homeostat-journal", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (file.get() < 0) return make_errno_error(Errc::Io, errno, "journald: memfd_create");
    if (::write(file.get(), message.data(), message.size()) !=
        static_cast<ssize_t>(message.size())) {
        return make_errno_error(Errc::Io, errno, "journald: write a memfd");
    }
    constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;
    if (::fcntl(file.get(), F_ADD_SEALS, kSeals) != 0) {
        return make_errno_error(Errc::Io, errno, "journald: seal a memfd");
    }
    const int fd = file.get();
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof fd)] = {};
    msghdr header{};
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    cmsghdr* item = CMSG_FIRSTHDR(&header);
    item->cmsg_level = SOL_SOCKET;
    item->cmsg_type = SCM_RIGHTS;
    item->cmsg_len = CMSG_LEN(sizeof fd);
    std::memcpy(CMSG_DATA(item), &fd, sizeof fd);
    if (::sendmsg(socket, &header, MSG_NOSIGNAL) < 0) {
        return make_errno_error(Errc::Io, errno, "journald: send a memfd");
    }
    return Ok{};
}

Status send_message(int socket, std::string_view message) {
    if (::send(socket, message.data(), message.size(), MSG_NOSIGNAL) >= 0) return Ok{};
    if (errno == EMSGSIZE || errno == ENOBUFS) return send_as_file(socket, message);
    return make_errno_error(Errc::Io, errno, "journald: send");
}

}  // namespace

void append_journal_field(std::string_view key, std::string_view value, std::string& out) {
    if (!is_journal_key(key)) return;
    out.append(key);
    if (value.find('\n') == std::string_view::npos) {
        out.push_back('=');
    } else {
        out.push_back('\n');
        append_u64(value.size(), out);
    }
    out.append(value);
    out.push_back('\n');
}

int journal_priority(const Incident& incident) {
    if (incident.is_over()) return 5;
    switch (incident.severity) {
        case Severity::Critical: return 2;
        case Severity::Error: return 3;
        case Severity::Warning: return 4;
        case Severity::Info: return 6;
    }
    return 6;
}

std::string journal_message(const Incident& incident) {
    std::string out;
    const std::string priority = fmt::format("{}", journal_priority(incident));
    const std::string seq = fmt::format("{}", incident.seq);
    const std::string summary = to_utf8(incident.summary);
    append_journal_field("MESSAGE",
                         incident.is_over() ? fmt::format("resolved: {}", summary) : summary, out);
    append_journal_field("PRIORITY", priority, out);
    append_journal_field("SYSLOG_IDENTIFIER", "homeostat", out);
    append_journal_field("MESSAGE_ID", message_id(incident), out);
    append_journal_field("HOMEOSTAT_INCIDENT_ID", incident.id.text(), out);
    append_journal_field("HOMEOSTAT_INCIDENT_SEQ", seq, out);
    append_journal_field("HOMEOSTAT_INCIDENT_STATE", name_of(incident.state), out);
    append_journal_field("HOMEOSTAT_INCIDENT_KIND", incident.kind, out);
    append_journal_field("HOMEOSTAT_SEVERITY", name_of(incident.severity), out);
    append_journal_field("HOMEOSTAT_SUBJECT", incident.subject.name, out);
    if (!incident.causes.empty()) {
        append_journal_field("HOMEOSTAT_CAUSE", incident.causes[0].name, out);
    }
    if (!incident.actions.empty()) {
        append_journal_field("HOMEOSTAT_ACTION", incident.actions.back().rule, out);
        append_journal_field("HOMEOSTAT_ACTION_STATE", incident.actions.back().state, out);
    }
    return out;
}

std::string journal_message(const Gap& gap) {
    std::string out;
    append_journal_field(
        "MESSAGE", fmt::format("{} {} records were lost in the spool", gap.lost, name_of(gap.kind)),
        out);
    append_journal_field("PRIORITY", "4", out);
    append_journal_field("SYSLOG_IDENTIFIER", "homeostat", out);
    append_journal_field("MESSAGE_ID", kJournalRecordsLost, out);
    return out;
}

JournaldExporter::JournaldExporter(JournaldSettings settings) : settings_(std::move(settings)) {}

std::size_t JournaldExporter::records_max() const {
    return kRecordsMax;
}

bool JournaldExporter::add(const Incident& incident, const Gap& gap, Instant) {
    if (gap.lost > 0) messages_.push_back(journal_message(gap));
    messages_.push_back(journal_message(incident));
    return true;
}

Outcome JournaldExporter::send(Instant) {
    Outcome outcome;
    const auto connected = connect_to(settings_.socket);
    Status sent = Ok{};
    if (!connected) sent = connected.error();
    const Descriptor socket(connected ? *connected : -1);
    for (const std::string& message : messages_) {
        if (sent) sent = send_message(socket.get(), message);
        outcome.bytes_raw += message.size();
    }
    outcome.bytes_wire = outcome.bytes_raw;
    outcome.verdict = sent ? Verdict::Advance : Verdict::Retry;
    if (!sent) outcome.message.assign(sent.error().text);
    return outcome;
}

}  // namespace homeostat
