// Daemon gives each stage its thread and its clock: it is the only place that waits.
//
//     this thread   one tick a second: the watch (agent/agent.hpp)
//     courier       store, spool, servers; the status file
//     actor         the actuator
//     scraper       exporters, when there are any
//     metrics       /metrics, when it is on
//     surveyor      systemd, when it is there
#pragma once

#include <atomic>
#include <mutex>
#include <thread>

#include "agent/actor.hpp"
#include "agent/agent.hpp"
#include "agent/courier.hpp"
#include "agent/crash_guard.hpp"
#include "agent/log.hpp"
#include "agent/metrics_pages.hpp"
#include "agent/scraper.hpp"
#include "agent/service_manager.hpp"
#include "agent/status_file.hpp"
#include "agent/unit_survey.hpp"
#include "core/function_ref.hpp"

namespace homeostat {

// How a run ended. Reload: SIGHUP, and the new configuration is fine; whoever built the parts
// builds them anew from it and runs again.
enum class DaemonEnd : std::uint8_t { Stopped, Reload, Failed };

// All of it borrowed from the run command, which builds it in order and outlives the daemon.
struct DaemonParts {
    Agent& agent;
    Courier& courier;
    Actor& actor;
    Scraper* scraper = nullptr;        // null: no exporters
    UnitSurvey* units = nullptr;       // null: systemd is not asked
    MetricsServer* metrics = nullptr;  // null: off; with `pages`
    MetricsPages* pages = nullptr;
    Work& work;
    const Clock& clock;
    const Log& log;
    ServiceManager& service_manager;
    CrashGuard& crash_guard;
    // Reads the configuration again, at SIGHUP. False: it has faults, which it has told; the old
    // one goes on.
    FunctionRef<bool()> read_configuration;
    AgentFacts facts;
    std::string state_directory;
    Duration tick;
    std::vector<std::string> writable = {};  // directories for the other threads; empty: any
};

class Daemon {
public:
    explicit Daemon(DaemonParts parts) : parts_(std::move(parts)) {}

    // Runs until SIGTERM, SIGINT or a SIGHUP that is heeded, or for `limit` when it is not zero.
    DaemonEnd run(Duration limit);

private:
    DaemonEnd watch(int signals, Duration limit);
    void note_reload_request();
    [[nodiscard]] bool may_reload() const;
    void confine_thread();
    void read_preferences();
    void log_news();
    void deliver();
    void scrape();
    void publish(Instant now);
    void survey();
    void write_status(bool stopped);
    void offer_models(Instant now);
    void write_models();

    DaemonParts parts_;
    std::mutex status_mutex_;
    AgentStatus status_;  // guarded by status_mutex_
    std::mutex models_mutex_;
    std::string models_;  // to be written; guarded by models_mutex_
    Instant models_saved_;
    std::atomic<bool> stopping_{false};
    bool preferences_failed_ = false;  // watch thread only: complain once
    Instant published_;                // courier thread only
    bool status_failed_ = false;       // courier thread only: complain once
    bool models_failed_ = false;       // the same
    bool reload_wanted_ = false;
};

}  // namespace homeostat
