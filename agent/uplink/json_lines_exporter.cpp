#include "agent/uplink/json_lines_exporter.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "agent/incidents/incident_json.hpp"

namespace homeostat {
namespace {

constexpr std::size_t kRecordsMax = 64;
constexpr mode_t kFileMode = 0640;

Status write_all(int fd, std::string_view bytes, const std::string& path) {
    while (!bytes.empty()) {
        const ssize_t count = ::write(fd, bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return make_errno_error(Errc::Io, errno, "write {}", path);
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return Ok{};
}

Status append_to_file(const std::string& path, std::string_view bytes) {
    const int fd =
        ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, kFileMode);
    if (fd < 0) return make_errno_error(errc_of(errno), errno, "open {}", path);
    struct stat before {};
    const bool plain = ::fstat(fd, &before) == 0 && S_ISREG(before.st_mode);
    auto written = write_all(fd, bytes, path);
    if (written && plain && ::fdatasync(fd) != 0) {
        written = make_errno_error(Errc::Io, errno, "fdatasync {}", path);
    }
    // Half a line would spoil the next one: take back what a full disk left of this batch.
    if (!written && plain) (void)!::ftruncate(fd, before.st_size);
    ::close(fd);
    return written;
}

}  // namespace

JsonLinesExporter::JsonLinesExporter(JsonLinesSettings settings) : settings_(std::move(settings)) {}

std::size_t JsonLinesExporter::records_max() const {
    return kRecordsMax;
}

bool JsonLinesExporter::add(const Incident& incident, const Gap& gap, Instant now) {
    if (gap.lost > 0) {
        lines_ += fmt::format(R"({{"schema":"homeostat.gap/v1","at":"{}","class":"{}","lost":{}}})"
                              "\n",
                              rfc3339(now.unix_ns), name_of(gap.kind), gap.lost);
    }
    lines_ += to_json_line(incident);
    lines_ += '\n';
    return true;
}

Outcome JsonLinesExporter::send(Instant) {
    const auto written = settings_.path == "-" ? write_all(STDOUT_FILENO, lines_, "standard output")
                                               : append_to_file(settings_.path, lines_);
    Outcome outcome;
    outcome.verdict = written ? Verdict::Advance : Verdict::Retry;
    outcome.bytes_raw = outcome.bytes_wire = lines_.size();
    if (!written) outcome.message.assign(written.error().text);
    return outcome;
}

}  // namespace homeostat
