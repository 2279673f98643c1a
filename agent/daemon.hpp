// Daemon gives each stage its thread and its clock: it is the only place that waits.
//
//     this thread   one tick a second: the watch (agent/agent.hpp)
//     courier       the state disk: store, spool, status file
//     shipper       the servers
//     actor         the actuator
//     scraper       exporters, when there are any
//     metrics       /metrics, when it is on
//     surveyor      systemd, when it is there
//     steward       what the fleet sends, when there is a fleet
//
// The first SIGTERM or SIGINT ends it in order: the watch goes on while an action is waited for
// (its report belongs in the incident), then everything is made durable, then the servers are given
// a moment. A second one cuts the waiting short. Nobody that hangs holds it for longer than the
// graces in DaemonParts. SIGHUP begins a run anew.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "agent/actor.hpp"
#include "agent/agent.hpp"
#include "agent/courier.hpp"
#include "agent/crash_guard.hpp"
#include "agent/delivery_news.hpp"
#include "agent/log.hpp"
#include "agent/metrics_pages.hpp"
#include "agent/scraper.hpp"
#include "agent/service_manager.hpp"
#include "agent/status_file.hpp"
#include "agent/steward.hpp"
#include "agent/unit_survey.hpp"
#include "core/bell.hpp"
#include "core/function_ref.hpp"

namespace homeostat {

// How a run ended. Reload: SIGHUP, and the new configuration is fine; whoever built the parts
// builds them anew from it and runs again.
enum class DaemonEnd : std::uint8_t { Stopped, Reload, Failed };

// All of it borrowed from the run command, which builds it in order and outlives the daemon.
struct DaemonParts {
    Agent& agent;
    Courier& courier;
    Shipper& shipper;
    Actor& actor;
    Scraper* scraper = nullptr;        // null: no exporters
    UnitSurvey* units = nullptr;       // null: systemd is not asked
    MetricsServer* metrics = nullptr;  // null: off; with `pages`
    MetricsPages* pages = nullptr;
    Steward* steward = nullptr;  // null: no fleet
    Work& work;
    const Clock& clock;
    const Log& log;
    ServiceManager& service_manager;
    CrashGuard& crash_guard;
    // Reads the configuration again, at SIGHUP. False: it has faults, which it has told; the old
    // one goes on.
    FunctionRef<bool()> read_configuration;
    std::function<void()> hang_up;  // ends the HTTP requests in flight, for good
    AgentFacts facts;
    std::string state_directory;
    Duration tick;
    std::vector<std::string> writable = {};  // directories for the other threads; empty: any
    // How long a stop waits for an action that runs, and for the servers.
    Duration action_grace = seconds(10);
    Duration ship_grace = seconds(5);
    // The same when the watch is to go on with another configuration: the spool keeps what waits.
    Duration reload_grace = milliseconds(200);
};

class Daemon {
public:
    explicit Daemon(DaemonParts parts) : parts_(std::move(parts)) {}

    // Runs until SIGTERM, SIGINT or a SIGHUP that is heeded, or for `limit` when it is not zero.
    DaemonEnd run(Duration limit);

private:
    DaemonEnd watch(int signals, Duration limit);
    void note_reload_request();
    void note_steward();
    [[nodiscard]] bool may_reload() const;
    void confine_thread();
    void read_preferences();
    void call_actuator(Instant now);
    void finish_actions(int signals);
    void finish_shipping(int signals, Duration grace);
    void tick();
    void log_news();
    void deliver();
    void ship();
    void scrape();
    void publish(Instant now);
    void survey();
    void look_after();
    void write_status(bool stopped);
    void offer_models(Instant now);
    void write_models();

    DaemonParts parts_;
    std::mutex status_mutex_;
    AgentStatus status_;  // guarded by status_mutex_
    std::mutex models_mutex_;
    std::string models_;  // to be written; guarded by models_mutex_
    Instant models_saved_;
    Instant described_;
    std::optional<Instant> called_;  // the actuator, at the latest
    bool ready_ = false;
    bool hurried_ = false;  // a second signal came
    Bell shipping_;
    Bell scraping_;
    Bell surveying_;
    Bell looking_after_;
    std::atomic<bool> stopping_{false};
    bool preferences_failed_ = false;  // watch thread only: complain once
    DeliveryNews delivery_news_;       // courier thread only, once there is one
    Instant published_;                // the same
    std::atomic<bool> acting_{true};   // the threads, as long as they run
    std::atomic<bool> sending_{true};
    bool status_failed_ = false;  // courier thread only, and at the end: complain once
    bool models_failed_ = false;  // the same
    bool reload_wanted_ = false;
    bool reload_refused_ = false;
    std::uint64_t overruns_ = 0;
};

}  // namespace homeostat
