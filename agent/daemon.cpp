#include "agent/daemon.hpp"

#include <fmt/core.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "actions/audit.hpp"
#include "agent/confinement.hpp"
#include "agent/heap.hpp"
#include "agent/incidents/preferences_file.hpp"
#include "agent/program_pages.hpp"
#include "collectors/registry.hpp"
#include "core/file.hpp"

namespace homeostat {
namespace {

constexpr Duration kCourierPatience = seconds(1);
constexpr Duration kStartLasts = seconds(20);  // by then all collectors have run
constexpr Duration kTidyInterval = minutes(15);
constexpr Duration kScrapePause = milliseconds(200);
constexpr Duration kSurveyPause = milliseconds(200);
constexpr Duration kStewardPause = seconds(1);
constexpr Duration kStatusRefresh = seconds(2);    // of what the courier may write
constexpr Duration kModelsInterval = minutes(15);  // what a kill -9 forgets at most
constexpr Duration kPublishInterval = seconds(1);  // of the courier's numbers: /metrics, the log
constexpr Duration kEndPoll = milliseconds(50);    // while the last requests end

sigset_t set_of(std::initializer_list<int> signals) {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : signals) sigaddset(&set, signal);
    return set;
}

// These would end the process by default. A file at its size limit is a disk that refuses.
void ignore_signals() {
    for (const int number : {SIGPIPE, SIGUSR1, SIGUSR2, SIGXFSZ}) std::signal(number, SIG_IGN);
}

int signal_descriptor(const sigset_t& set) {
    return ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

// Sleeps until `due` or a signal, whichever is first. The signal, or 0.
int wait_for_signal(int signals, const Clock& clock, Instant due) {
    for (;;) {
        const std::int64_t left_ns = (due - clock.now()).ns;
        if (left_ns <= 0) return 0;
        pollfd fd{signals, POLLIN, 0};
        const timespec timeout{static_cast<time_t>(left_ns / 1'000'000'000),
                               left_ns % 1'000'000'000};
        if (::ppoll(&fd, 1, &timeout, nullptr) <= 0) continue;
        signalfd_siginfo info{};
        if (::read(signals, &info, sizeof info) == sizeof info) {
            return static_cast<int>(info.ssi_signo);
        }
    }
}

}  // namespace

DaemonEnd Daemon::run(Duration limit) {
    // Blocked before the threads start, so that they inherit it and only signalfd sees them.
    const sigset_t all = set_of({SIGTERM, SIGINT, SIGHUP});
    const sigset_t stops = set_of({SIGTERM, SIGINT});
    ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
    ignore_signals();
    const int signals = signal_descriptor(all);
    // While this run ends, a SIGHUP waits for the next one.
    const int stop_signals = signal_descriptor(stops);
    if (signals < 0 || stop_signals < 0) {
        parts_.log.write(LogLevel::Error, "signalfd: {}", errno_text(errno));
        if (signals >= 0) ::close(signals);
        return DaemonEnd::Failed;
    }
    publish(parts_.clock.now());  // what is known from the start is 0 from the start
    std::thread courier([this] {
        confine_thread();
        deliver();
    });
    std::thread shipper([this] {
        confine_thread();
        ship();
    });
    std::thread actor([this] {
        confine_thread();
        parts_.actor.run();
        acting_ = false;
    });
    std::thread scraper;
    if (parts_.scraper != nullptr) {
        scraper = std::thread([this] {
            confine_thread();
            scrape();
        });
    }
    std::thread surveyor;
    if (parts_.units != nullptr) {
        surveyor = std::thread([this] {
            confine_thread();
            survey();
        });
    }
    std::thread steward;
    if (parts_.steward != nullptr) {
        steward = std::thread([this] {
            confine_thread();
            look_after();
        });
    }

    models_saved_ = parts_.clock.now();
    std::thread metrics;
    if (parts_.metrics != nullptr) {
        metrics = std::thread([this] {
            confine_thread();
            parts_.metrics->serve(parts_.clock, [this](const MetricsRequest& request) {
                return parts_.pages->answer(request);
            });
        });
    }

    DaemonEnd end = watch(signals, limit);

    if (end == DaemonEnd::Stopped) parts_.service_manager.notify("STOPPING=1");
    finish_actions(stop_signals);
    actor.join();
    offer_models(parts_.clock.now());
    parts_.work.to_ship.close();
    courier.join();  // all is on the disk
    finish_shipping(stop_signals,
                    end == DaemonEnd::Reload ? parts_.reload_grace : parts_.ship_grace);
    shipper.join();
    if (steward.joinable()) steward.join();
    if (scraper.joinable()) scraper.join();
    if (hurried_) end = DaemonEnd::Stopped;
    write_status(end == DaemonEnd::Stopped);
    if (metrics.joinable()) {
        parts_.metrics->stop();
        metrics.join();
    }
    if (surveyor.joinable()) surveyor.join();
    ::close(signals);
    ::close(stop_signals);
    parts_.log.write(LogLevel::Info, "{}", end == DaemonEnd::Reload ? "reloading" : "stopped");
    return end;
}

// An action that runs is not left alone: its report and its effect belong to the watch that asked
// for it. Then the reload waits for it, and the watch goes on meanwhile.
bool Daemon::may_reload() const {
    for (const Incident& incident : parts_.agent.open_incidents()) {
        if (incident.state == IncidentState::Acting) return false;
    }
    return true;
}

// The protocol of Type=notify-reload, sd_notify(3): both in one datagram.
void Daemon::note_reload_request() {
    parts_.service_manager.notify(
        fmt::format("RELOADING=1\nMONOTONIC_USEC={}", parts_.clock.now().monotonic_ns / 1000));
    reload_wanted_ = parts_.read_configuration();
    reload_refused_ = !reload_wanted_;
    if (reload_wanted_) return;
    parts_.service_manager.notify(
        "READY=1\nSTATUS=watching; the new configuration has faults and is not used");
}

// Another configuration of the fleet. What it cannot be used for, its steward is told by whoever
// reads it.
void Daemon::note_steward() {
    if (reload_wanted_ || parts_.steward == nullptr || !parts_.steward->wants_reload()) return;
    reload_wanted_ = parts_.read_configuration();
}

DaemonEnd Daemon::watch(int signals, Duration limit) {
    const Instant start = parts_.clock.now();
    Instant due = start;
    for (;;) {
        tick();
        if (!ready_) parts_.service_manager.notify("READY=1\nSTATUS=watching");
        ready_ = true;
        const Instant now = parts_.clock.now();
        if (now - models_saved_ >= kModelsInterval) offer_models(now);
        parts_.crash_guard.note_uptime(now - start);
        due = due + parts_.tick;
        if (due < now) {  // overrun, or suspended: no burst to catch up
            due = now + parts_.tick;
            ++overruns_;
        }
        if (limit.ns > 0 && due - start >= limit) return DaemonEnd::Stopped;
        const int signal = wait_for_signal(signals, parts_.clock, due);
        if (signal == SIGHUP) note_reload_request();
        note_steward();
        if (signal != 0 && signal != SIGHUP) return DaemonEnd::Stopped;
        if (reload_wanted_ && may_reload()) return DaemonEnd::Reload;
    }
}

// Every thread but the watch (agent/confinement.hpp), which has closed what it can close for all.
// It goes on without: status tells of a kernel that has no Landlock, this of one that has and
// refused.
void Daemon::confine_thread() {
    if (parts_.writable.empty()) return;
    const int error = confine_files(parts_.writable);
    if (error == 0 || error == ENOSYS || error == EOPNOTSUPP) return;
    parts_.log.write(LogLevel::Warning, "Landlock refused for a thread: {}", errno_text(error));
}

// What people said since: a file that cannot be used changes nothing, and is told once.
void Daemon::read_preferences() {
    const auto preferences = load_preferences(parts_.state_directory);
    if (preferences) parts_.agent.set_preferences(*preferences);
    if (!preferences && !preferences_failed_) {
        parts_.log.write(LogLevel::Warning, "{}", preferences.error().text);
    }
    preferences_failed_ = !preferences;
}

// At start and each hour: its audit log shows by that that nothing is missing (reliability rule
// B25), and what has had its time is put back although nobody asks for anything else. Where nothing
// is allowed there is nobody to call.
void Daemon::call_actuator(Instant now) {
    if (parts_.facts.targets_allowed == 0 || (called_ && now - *called_ < kAuditHeartbeat)) return;
    ActionJob call;
    call.ping = true;
    if (parts_.work.to_act.push(call)) called_ = now;
}

void Daemon::tick() {
    parts_.agent.tick();
    call_actuator(parts_.clock.now());
    log_news();
    const Instant now = parts_.clock.now();
    if (!ready_ || now - described_ >= kStatusRefresh) {
        const std::lock_guard lock(status_mutex_);
        parts_.agent.describe(status_);
        status_.overruns = overruns_;
        status_.reload_refused = reload_refused_;
        if (parts_.steward != nullptr) {
            parts_.steward->describe(status_.opamp);
            parts_.steward->observe(status_);
        }
        if (parts_.pages != nullptr) parts_.pages->set(status_);
        described_ = now;
        read_preferences();
    }
    parts_.service_manager.keep_alive(now);
}

// The watch goes on while an action runs, and takes its report into the incident.
void Daemon::finish_actions(int stop_signals) {
    parts_.work.to_act.close();
    const Instant end = parts_.clock.now() + parts_.action_grace;
    while (acting_ && !hurried_ && parts_.clock.now() < end) {
        const Instant due = std::min(parts_.clock.now() + parts_.tick, end);
        hurried_ = wait_for_signal(stop_signals, parts_.clock, due) != 0;
        if (!hurried_ && acting_) tick();
    }
    if (acting_) {
        parts_.log.write(LogLevel::Warning, "an action that runs is not waited for any longer");
    }
    parts_.actor.interrupt();
    while (acting_) {
        const Instant due = parts_.clock.now() + kEndPoll;
        hurried_ = wait_for_signal(stop_signals, parts_.clock, due) != 0 || hurried_;
    }
    tick();  // takes the last report
}

// The disk has everything: whoever does not answer now is told after the next start.
void Daemon::finish_shipping(int stop_signals, Duration grace) {
    stopping_ = true;
    shipping_.ring();
    scraping_.ring();
    surveying_.ring();
    looking_after_.ring();
    const Instant end = parts_.clock.now() + grace;
    while (sending_ && !hurried_ && parts_.clock.now() < end) {
        const Instant due = parts_.clock.now() + kEndPoll;
        hurried_ = wait_for_signal(stop_signals, parts_.clock, due) != 0;
    }
    parts_.hang_up();
}

void Daemon::log_news() {
    if (parts_.scraper != nullptr) {
        const std::string news = parts_.scraper->take_news();
        if (!news.empty()) parts_.log.write(LogLevel::Info, "{}", news);
    }
    while (const CollectorStatus* news = parts_.agent.next_collector_news()) {
        // What most machines lack is no news where it lacks: `homeostat status` shows it.
        const CollectorRow* row = find_collector(news->name);
        if (news->state == CollectorState::Off && row != nullptr && row->is_special) continue;
        const bool good = news->state == CollectorState::Ok || news->state == CollectorState::Off;
        parts_.log.write(good ? LogLevel::Info : LogLevel::Warning, "collector {}: {}{}{}",
                         news->name, name_of(news->state), news->reason.empty() ? "" : ": ",
                         news->reason);
    }
}

// The courier's thread. After the queue is closed it goes on until it is empty.
void Daemon::deliver() {
    Instant written;
    Instant tidy_at = parts_.clock.now() + kStartLasts;
    while (!parts_.work.to_ship.closed() || parts_.work.to_ship.size() > 0) {
        const Instant now = parts_.clock.now();
        if (parts_.courier.step(now, kCourierPatience)) shipping_.ring();
        publish(now);
        if (now - written >= kStatusInterval || written.monotonic_ns == 0) {
            write_status(false);
            write_models();
            written = now;
        }
        if (now >= tidy_at) {  // what a start took, and later an incident or a request
            tidy_at = now + kTidyInterval;
            (void)trim_heap();
            (void)drop_program_pages();
        }
    }
    (void)parts_.courier.step(parts_.clock.now(), Duration{});  // what the disk had refused
    write_models();
}

// Copied by the watch, a matter of a millisecond, and written by the courier: a slow disk does not
// blind the watch.
void Daemon::offer_models(Instant now) {
    std::string models = parts_.agent.models(now);
    const std::lock_guard lock(models_mutex_);
    models_ = std::move(models);
    models_saved_ = now;
}

void Daemon::write_models() {
    std::string models;
    {
        const std::lock_guard lock(models_mutex_);
        models.swap(models_);
    }
    if (models.empty()) return;
    const auto written = write_file_atomically(parts_.state_directory + "/" + kModelsFile, models);
    if (!written && !models_failed_) {
        parts_.log.write(LogLevel::Warning, "what was learned is not saved: {}",
                         written.error().text);
    }
    models_failed_ = !written;
}

// The shipper's thread: asleep until something is due, or the courier rings because it has
// something new. Its last step comes after the courier's, so that what was told last still reaches
// the servers that answer.
void Daemon::ship() {
    while (!stopping_) {
        parts_.shipper.step(parts_.clock.now());
        shipping_.wait(parts_.shipper.pause(parts_.clock.now()));
    }
    parts_.shipper.step(parts_.clock.now());
    sending_ = false;
}

void Daemon::scrape() {
    while (!stopping_) {
        if (!parts_.scraper->step(kScrapePause)) scraping_.wait(kScrapePause);
    }
}

void Daemon::publish(Instant now) {
    if (now - published_ < kPublishInterval) return;
    CourierSnapshot snapshot = snapshot_of(parts_.courier);
    delivery_news_.look(
        snapshot.destinations, snapshot.spool, snapshot.store, now,
        [this](LogLevel level, std::string_view text) { parts_.log.write(level, "{}", text); });
    if (parts_.steward != nullptr) parts_.steward->observe(snapshot);
    if (parts_.pages != nullptr) parts_.pages->set(std::move(snapshot));
    published_ = now;
}

void Daemon::survey() {
    while (!stopping_) {
        parts_.units->step();
        surveying_.wait(kSurveyPause);
    }
}

void Daemon::look_after() {
    while (!stopping_) {
        parts_.steward->step(parts_.clock.now());
        looking_after_.wait(kStewardPause);
    }
}

void Daemon::write_status(bool stopped) {
    AgentStatus status;
    {
        const std::lock_guard lock(status_mutex_);
        status = status_;
    }
    const auto written =
        write_file_atomically(parts_.state_directory + "/" + kStatusFile,
                              status_json(parts_.facts, status, parts_.courier, stopped), 0644);
    if (!written && !status_failed_) {
        parts_.log.write(LogLevel::Warning, "{}", written.error().text);
    }
    status_failed_ = !written;
}

}  // namespace homeostat
