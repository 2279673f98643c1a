// LearningHold: what this subject does until then teaches its models nothing.
//
// A fault that is known (an incident is open on it) and work that is planned (a maintenance mark)
// are not what is normal. Their series are judged as ever, but the baselines stand still. Not for
// ever: what is still there at the end of the hold is taken for the new normal.
#pragma once

#include <string_view>

#include "core/fixed_vector.hpp"
#include "core/subject.hpp"
#include "core/time.hpp"

namespace homeostat {

struct LearningHold {
    enum class Scope : std::uint8_t {
        Subject,  // this one thing
        Name,     // whatever bears the name: people do not say what kind of thing they mean
        All,
    };
    Scope scope = Scope::Subject;
    Subject subject;
    bool planned = false;  // people are at work: what is odd is no report
    Instant until;
};

// Those that are in force. A fixed list: what finds no room is not held, and learns as ever.
class LearningHolds {
public:
    static constexpr std::size_t kHoldsMax = 64;

    void clear() { holds_.clear(); }
    void add(const LearningHold& hold) { (void)holds_.push(hold); }

    // The first that covers this subject, or null.
    [[nodiscard]] const LearningHold* of(const Subject& subject) const {
        for (const LearningHold& hold : holds_) {
            if (covers(hold, subject)) return &hold;
        }
        return nullptr;
    }

private:
    static bool covers(const LearningHold& hold, const Subject& subject) {
        switch (hold.scope) {
            case LearningHold::Scope::All: return true;
            case LearningHold::Scope::Name: return hold.subject.name == subject.name;
            default: return hold.subject == subject;
        }
    }

    FixedVector<LearningHold, kHoldsMax> holds_;
};

}  // namespace homeostat
