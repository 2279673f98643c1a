// LogTemplates finds the sentences behind log lines: "connection from <*> at <*>" for ten thousand
// lines that differ in their values only. A new sentence, or one that comes a hundred times as
// often as it used to, is news; the lines are not.
//
// Think of a clerk who files letters by their form: same printed words, different handwriting. Each
// line is cut into words and values (detectors/log_words.hpp). Lines with the same plain words and
// marks in the same places share a drawer, found by hash; in it, a line joins the form with which
// it shares most names, and the names that differ become values from then on. One pass, one line
// at a time; an answer once given is not taken back.
//
// After Drain (He, Zhu, Zheng, Lyu: "Drain: an online log parsing approach with fixed depth tree",
// ICWS 2017), with a hash of the whole skeleton for its tree of leading words.
//
// Memory is taken in the constructor and never grows. When all forms are in use, the one not met
// for longest gives its place; should it come back, it is a new one.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/fixed_string.hpp"
#include "core/lazy_array.hpp"
#include "detectors/log_words.hpp"

namespace homeostat {

class LogTemplates {
public:
    static constexpr std::size_t kTemplatesMax = 1024;
    static constexpr std::size_t kTextMax = 143;  // bytes of a sentence that are kept

    struct Match {
        std::uint32_t id = 0;     // from 1, never reused
        bool is_new = false;      // the first line of its kind, as far as is remembered
        std::uint64_t count = 0;  // lines of this kind, this one included
        std::string_view text;    // the sentence; valid until the next call
    };
    struct Summary {
        std::uint32_t id = 0;
        std::uint64_t count = 0;
        std::string_view text;
    };

    // REQUIRES: 0 < templates_max <= kTemplatesMax.
    explicit LogTemplates(std::size_t templates_max = kTemplatesMax);

    // Files one line. Any bytes are fine; only the first kLogWordsMax words count.
    Match observe(std::string_view line);

    // All that are remembered, the most frequent first. Allocates.
    [[nodiscard]] std::vector<Summary> by_count() const;

    [[nodiscard]] std::size_t size() const { return used_; }
    [[nodiscard]] std::uint64_t forgotten() const { return forgotten_; }
    [[nodiscard]] std::size_t memory_bytes() const;

private:
    static constexpr std::size_t kHolesMax = 12;  // places of names or values that are told apart
    static constexpr std::uint16_t kNone = 0xFFFF;

    struct Template {
        std::uint64_t skeleton = 0;
        std::uint64_t count = 0;
        std::uint32_t id = 0;
        std::array<std::uint32_t, kHolesMax> names{};  // hashes; 0: differs, a value
        std::uint16_t next = kNone;                    // in the same drawer
        FixedString<kTextMax> text;
    };
    static constexpr std::size_t kBytesEach =
        sizeof(Template) + sizeof(std::uint32_t) + 2 * sizeof(std::uint16_t);
    static_assert(kTemplatesMax * kBytesEach <= std::size_t{256} * 1024);

    struct Line;

    [[nodiscard]] std::uint16_t& drawer_of(std::uint64_t skeleton);
    [[nodiscard]] std::uint16_t find(const Line& line);
    std::uint16_t add(const Line& line);
    std::uint16_t free_place();
    void unlink(std::uint16_t place);
    void join(Template& known, const Line& line);
    static void write_text(Template& known, const Line& line);

    LazyArray<Template> templates_;
    std::vector<std::uint32_t> met_at_;   // by template: when it was last met, in lines
    std::vector<std::uint16_t> drawers_;  // first template of each, by hash
    std::size_t used_ = 0;
    std::uint32_t lines_ = 0;
    std::uint32_t last_id_ = 0;
    std::uint64_t forgotten_ = 0;
};

}  // namespace homeostat
