#include "agent/unit_survey.hpp"

#include <array>

#include "core/format.hpp"

namespace homeostat {
namespace {

constexpr std::array<const char*, 2> kSystemctl{"/usr/bin/systemctl", "/bin/systemctl"};
constexpr Duration kPatience = seconds(10);
constexpr std::size_t kOutputMax = 32 * 1024;  // some 300 failed units

}  // namespace

void UnitSurvey::step() {
    const Instant now = clock_.now();
    if (started_ && now - asked_ < kInterval) return;
    started_ = true;
    asked_ = now;
    if (is_booted_by_systemd(root_)) ask(now);
}

void UnitSurvey::ask(Instant now) {
    Result<ExitReport> answer = make_error(Errc::NotFound, "no systemctl");
    for (const char* program : kSystemctl) {
        Command command;
        command.argv = {program,      "list-units",  "--state=failed,activating,deactivating",
                        "--plain",    "--no-legend", "--full",
                        "--no-pager", "--all",       "--no-ask-password"};
        command.environment = {"LC_ALL=C", "SYSTEMD_COLORS=0"};
        command.timeout = kPatience;
        command.output_max = kOutputMax;
        answer = spawner_.run(command);
        if (answer || answer.error().code != Errc::NotFound) break;
    }
    if (!answer) {
        units_.set_trouble(answer.error().text, now);
    } else if (!answer->succeeded()) {
        FixedString<159> reason;
        format_into(reason, "systemctl list-units: {}",
                    answer->timed_out ? std::string_view("no answer in time")
                                      : std::string_view(answer->errors));
        units_.set_trouble(reason, now);
    } else {
        units_.set_list(answer->output, now);
    }
}

}  // namespace homeostat
