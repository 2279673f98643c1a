#include "agent/incidents/incident_store.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "agent/incidents/incident_proto.hpp"
#include "core/file.hpp"
#include "core/root.hpp"

namespace homeostat {
namespace {

constexpr std::string_view kSuffix = ".pb";
constexpr std::string_view kProcessesSuffix = ".processes";
constexpr std::size_t kProcessesBytesMax = 64UL << 10U;
constexpr std::string_view kStagedSuffix = ".next";
constexpr std::size_t kFileBytesMax = kIncidentBytesMax;
constexpr std::size_t kPrefixMin = 4;

Error no_access(const std::string& directory, const Error& error) {
    return make_error(error.code, "the incidents in {} cannot be read: {}", directory,
                      name_of(error.code));
}

std::string_view id_of(std::string_view name, std::string_view suffix) {
    return name.substr(0, name.size() - suffix.size());
}

bool is_incident_file(std::string_view name, std::string_view suffix) {
    return name.ends_with(suffix) && parse_incident_id(id_of(name, suffix)).has_value();
}

}  // namespace

IncidentStore::IncidentStore(std::string state_directory, std::size_t kept_max)
    : state_directory_(std::move(state_directory)),
      directory_(state_directory_ + "/incidents"),
      kept_max_(kept_max) {}

Status IncidentStore::stage(const Incident& incident) {
    auto directory = make_directory(directory_);
    if (!directory && directory.error().code == Errc::NotFound) {  // somebody removed all of it
        directory = make_directory(state_directory_);
        if (directory) directory = make_directory(directory_);
    }
    if (!directory) return directory;
    std::string bytes;
    encode_incident(incident, bytes);
    return write_file_atomically(path_of(incident.id.text(), kStagedSuffix), bytes);
}

Status IncidentStore::publish() {
    Status first = Ok{};
    bool grows = false;
    for (const std::string& name : names(kStagedSuffix)) {
        const std::string_view id = id_of(name, kStagedSuffix);
        const std::string path = path_of(id, kSuffix);
        grows = grows || ::access(path.c_str(), F_OK) != 0;
        if (::rename(path_of(id, kStagedSuffix).c_str(), path.c_str()) == 0 || !first) continue;
        first = make_errno_error(errc_of(errno), errno, "rename to {}", path);
    }
    if (grows) drop_oldest();
    return first;
}

std::vector<Incident> IncidentStore::unfinished() {
    std::vector<Incident> incidents;
    for (const std::string& name : names(kStagedSuffix)) {
        const std::string_view id = id_of(name, kStagedSuffix);
        const auto staged = read(name);
        const auto published = read(std::string(id) + std::string(kSuffix));
        if (!staged || (published && published->seq >= staged->seq)) {
            ::unlink(path_of(id, kStagedSuffix).c_str());
        } else {
            incidents.push_back(*staged);
        }
    }
    return incidents;
}

std::string IncidentStore::path_of(std::string_view id, std::string_view suffix) const {
    std::string path = directory_;
    return path.append("/").append(id).append(suffix);
}

Status IncidentStore::save_processes(const IncidentId& id, std::string_view text) {
    const std::string incident = path_of(id.text(), kSuffix);
    if (::access(incident.c_str(), F_OK) != 0) {
        return make_error(Errc::NotFound, "{}: no such incident", incident);
    }
    return write_file_atomically(path_of(id.text(), kProcessesSuffix), text);
}

Result<IncidentStore::Processes> IncidentStore::processes(const IncidentId& id) const {
    Processes found{.path = path_of(id.text(), kProcessesSuffix), .text = {}};
    auto text = read_file(found.path, kProcessesBytesMax);
    if (!text) return text.error();
    found.text = std::move(*text);
    return found;
}

Status IncidentStore::check() const {
    const auto state = DirectoryRoot::open(state_directory_.c_str());
    if (!state) return no_access(state_directory_, state.error());
    const auto incidents = DirectoryRoot::open(directory_.c_str());
    if (!incidents && ::access(directory_.c_str(), F_OK) != 0) return Ok{};  // none yet
    if (!incidents) return no_access(directory_, incidents.error());
    return incidents->list(".", [](std::string_view) { return true; });
}

std::vector<std::string> IncidentStore::names(std::string_view suffix) const {
    std::vector<std::string> names;
    const auto root = DirectoryRoot::open(directory_.c_str());
    if (!root) return names;
    const auto listed = root->list(".", [&](std::string_view name) {
        if (is_incident_file(name, suffix)) names.emplace_back(name);
        return true;
    });
    static_cast<void>(listed);  // what was listed before an error still counts
    std::sort(names.begin(), names.end());
    return names;
}

Result<Incident> IncidentStore::read(const std::string& name) const {
    const std::string path = directory_ + "/" + name;
    const auto content = read_file(path, kFileBytesMax);
    if (!content) return content.error();
    Incident incident;
    const auto decoded = decode_incident(*content, incident);
    if (!decoded) return make_error(decoded.error().code, "{}: {}", path, decoded.error().text);
    return incident;
}

std::vector<Incident> IncidentStore::load(std::size_t& damaged) const {
    std::vector<Incident> incidents;
    damaged = 0;
    for (const std::string& name : names(kSuffix)) {
        auto incident = read(name);
        if (incident) {
            incidents.push_back(*incident);
        } else {
            ++damaged;
        }
    }
    return incidents;
}

Result<Incident> IncidentStore::find(std::string_view prefix) const {
    if (prefix.size() < kPrefixMin) {
        return make_error(Errc::Invalid, "an incident id needs at least {} characters, got '{}'",
                          kPrefixMin, prefix);
    }
    if (const auto readable = check(); !readable) return readable.error();
    std::string found;
    for (const std::string& name : names(kSuffix)) {
        if (std::string_view(name).substr(0, prefix.size()) != prefix) continue;
        if (!found.empty()) {
            return make_error(Errc::Invalid, "'{}' fits more than one incident: give more of it",
                              prefix);
        }
        found = name;
    }
    if (found.empty()) {
        return make_error(Errc::NotFound, "no incident '{}' in {}", prefix, directory_);
    }
    return read(found);
}

void IncidentStore::drop_oldest() {
    const auto all = names(kSuffix);
    if (all.size() <= kept_max_) return;
    std::size_t surplus = all.size() - kept_max_;
    for (const std::string& name : all) {
        if (surplus == 0) return;
        const auto incident = read(name);
        if (incident && !incident->is_over()) continue;  // still open: it stays
        if (::unlink((directory_ + "/" + name).c_str()) == 0) --surplus;
        const auto id = std::string_view(name).substr(0, name.size() - kSuffix.size());
        (void)::unlink(path_of(id, kProcessesSuffix).c_str());
    }
}

}  // namespace homeostat
