#include "agent/actor.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include "actions/actuator_client.hpp"

namespace homeostat {
namespace {

constexpr Duration kPatience = seconds(1);

ActionReport unreachable(const ActionJob& job, const Error& error) {
    ActionReport report;
    report.incident = job.incident;
    report.rule = job.decision.rule_name;
    report.playbook = job.decision.playbook;
    report.mode = name_of(job.decision.mode);
    report.unknown = error.code == Errc::Timeout;
    // Not to be asked again within seconds when it may be at work.
    report.reached = report.unknown;
    report.detail.assign(error.text);
    return report;
}

}  // namespace

SocketActuator::SocketActuator(std::string socket, Duration timeout, std::uint64_t config_hash,
                               std::uint64_t nonce_seed)
    : socket_(std::move(socket)),
      timeout_(timeout),
      config_hash_(config_hash),
      nonce_(nonce_seed),
      interrupt_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

SocketActuator::~SocketActuator() {
    if (interrupt_ >= 0) ::close(interrupt_);
}

void SocketActuator::interrupt() {
    const std::uint64_t one = 1;
    if (::write(interrupt_, &one, sizeof one) < 0) return;  // it is readable already
}

Result<ActionReport> SocketActuator::run(const ActionJob& job) {
    ++nonce_;
    ActionRequest request = request_of(job.decision, job.incident, config_hash_, nonce_);
    if (job.harm) request.opcode = Opcode::Harm;
    if (job.ping) request.opcode = Opcode::Ping;
    return request_action(socket_, request, timeout_, interrupt_);
}

bool Actor::step(Duration patience) {
    const auto job = work_.to_act.pop(patience);
    if (!job) return false;
    const auto result = runner_.run(*job);
    if (job->ping) return true;
    if (job->harm && !(result && result->undone)) return true;
    const ActionReport report = result ? *result : unreachable(*job, result.error());
    // The watch empties this queue every tick and there is one job at a time, so it has room; if
    // the watch is gone, so is the wish to know.
    static_cast<void>(work_.reports.push(report));
    return true;
}

void Actor::run() {
    while (step(kPatience) || !work_.to_act.closed()) {
    }
}

}  // namespace homeostat
