// Environment is all of the world that a running playbook can reach: handed in, so that tests hand
// in a scripted one. (Files are real: modules open them through safe_path.)
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actions/playbook/policy.hpp"
#include "core/clock.hpp"
#include "core/root.hpp"
#include "core/spawner.hpp"

namespace homeostat::playbook {

// Waits: `delay`, `pause`, `sleep`. Tests count instead.
class Pauser {
public:
    virtual ~Pauser() = default;
    virtual void pause(Duration duration) = 0;
};

class SleepingPauser final : public Pauser {
public:
    void pause(Duration duration) override;
};

struct ProbeRequest {
    std::string method = "GET";
    std::string url;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
    Duration timeout = seconds(30);
    bool verify_certificates = true;
    std::size_t body_max = 1UL << 20U;
};

struct ProbeAnswer {
    int status = 0;
    std::string content_type;
    std::string location;  // of a redirect, as sent
    std::string body;
};

// The eyes of `uri` and `wait_for`. They run without privileges: nothing that root does parses a
// reply (reliability rule B8). A person's `homeostat playbook` hands in one that asks directly; the
// actuator has none, and then a playbook with these modules is refused when it is loaded.
class NetworkProbe {
public:
    virtual ~NetworkProbe() = default;

    // One request, redirects not followed. An error: no answer to judge.
    virtual Result<ProbeAnswer> request(const ProbeRequest& request) = 0;

    // Connects, and reads until `text_max` bytes, the end, or the deadline: what was read.
    // `text_max` 0 only connects. An error: nobody listens there.
    virtual Result<std::string> connect(const std::string& host, std::uint16_t port,
                                        Duration timeout, std::size_t text_max) = 0;

    // The first `text_max` bytes of a file, links followed; 0 only asks whether it is there.
    // An error with Errc::NotFound: it is not.
    virtual Result<std::string> read_file(const std::string& path, std::size_t text_max) = 0;
};

struct Environment {
    const Root& root;  // "/": facts, user and group names
    const Clock& clock;
    Spawner& spawner;
    Pauser& pauser;
    const Policy& policy;
    NetworkProbe* probe = nullptr;  // may be null: uri and wait_for are then refused
};

}  // namespace homeostat::playbook
