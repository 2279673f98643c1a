#include "actions/playbook/environment.hpp"

#include <cerrno>
#include <ctime>

namespace homeostat::playbook {

void SleepingPauser::pause(Duration duration) {
    if (duration.ns <= 0) return;
    timespec left{.tv_sec = duration.ns / 1'000'000'000, .tv_nsec = duration.ns % 1'000'000'000};
    while (::nanosleep(&left, &left) != 0 && errno == EINTR) {
    }
}

}  // namespace homeostat::playbook
