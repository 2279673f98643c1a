#include "collectors/exposition.hpp"

#include <array>
#include <vector>

#include "collectors/exposition_line.hpp"
#include "collectors/source.hpp"
#include "core/hash.hpp"

namespace homeostat {
namespace {

struct Family {
    std::string_view name;  // into the body
    FamilyType type = FamilyType::Untyped;
    bool declared = false;  // by a TYPE line
    bool sampled = false;
};

struct TypeName {
    std::string_view name;
    FamilyType type;
    bool in_text;  // also in the text format
};

constexpr std::array kTypeNames{
    TypeName{"counter", FamilyType::Counter, true},
    TypeName{"gauge", FamilyType::Gauge, true},
    TypeName{"histogram", FamilyType::Histogram, true},
    TypeName{"summary", FamilyType::Summary, true},
    TypeName{"untyped", FamilyType::Untyped, true},
    TypeName{"unknown", FamilyType::Untyped, false},
    TypeName{"info", FamilyType::Info, false},
    TypeName{"stateset", FamilyType::StateSet, false},
    TypeName{"gaugehistogram", FamilyType::GaugeHistogram, false},
};

std::optional<FamilyType> type_of(std::string_view word, ExpositionFormat format) {
    const bool text = format == ExpositionFormat::Text;
    for (const TypeName& row : kTypeNames) {
        if (row.name == word && (row.in_text || !text)) return row.type;
    }
    return std::nullopt;
}

bool ends_in(std::string_view name, std::string_view suffix) {
    return name.size() > suffix.size() && name.substr(name.size() - suffix.size()) == suffix;
}

struct Suffix {
    std::string_view text;
    FamilyType type;
    bool accumulates;
};

// What samples of a family may be called, beside the family's own name. Order matters only in that
// each (suffix, type) stands once. A counter's own name is refused by OpenMetrics below.
constexpr std::array kSuffixes{
    Suffix{"_total", FamilyType::Counter, true},
    Suffix{"_created", FamilyType::Counter, false},
    Suffix{"_bucket", FamilyType::Histogram, true},
    Suffix{"_count", FamilyType::Histogram, true},
    Suffix{"_sum", FamilyType::Histogram, true},
    Suffix{"_created", FamilyType::Histogram, false},
    Suffix{"_count", FamilyType::Summary, true},
    Suffix{"_sum", FamilyType::Summary, true},
    Suffix{"_created", FamilyType::Summary, false},
    Suffix{"_info", FamilyType::Info, false},
    Suffix{"_bucket", FamilyType::GaugeHistogram, false},
    Suffix{"_gcount", FamilyType::GaugeHistogram, false},
    Suffix{"_gsum", FamilyType::GaugeHistogram, false},
};

// In OpenMetrics these types have no sample under the family's bare name.
bool needs_suffix(FamilyType type) {
    return type == FamilyType::Counter || type == FamilyType::Info ||
           type == FamilyType::Histogram || type == FamilyType::GaugeHistogram;
}

}  // namespace

ExpositionFormat exposition_format_of(std::string_view content_type) {
    constexpr std::string_view kOpenMetrics = "application/openmetrics-text";
    const std::string_view media = trim(content_type.substr(0, content_type.find(';')));
    return media == kOpenMetrics ? ExpositionFormat::OpenMetrics : ExpositionFormat::Text;
}

std::string_view name_of(FamilyType type) {
    for (const TypeName& row : kTypeNames) {
        if (row.type == type) return row.name;
    }
    return "untyped";
}

// Everything that one parse needs, sized once.
struct ExpositionParser::State {
    static constexpr std::size_t kCells = 2 * kFamiliesMax;

    SampleLineReader reader;
    std::vector<Family> families{kCells};  // open addressing by name; empty name: free
    std::size_t families_used = 0;
    ExpositionFormat format = ExpositionFormat::Text;
    Family* current = nullptr;  // OpenMetrics: the family that samples now belong to
    bool ended = false;         // OpenMetrics: "# EOF" was seen
    std::size_t samples = 0;

    void begin(ExpositionFormat body_format) {
        families.assign(kCells, Family{});
        families_used = 0;
        format = body_format;
        current = nullptr;
        ended = false;
        samples = 0;
    }

    // The cell of this family, or the free one where it would go.
    Family& cell(std::string_view name) {
        std::size_t at = fnv1a(name) % kCells;
        while (!families[at].name.empty() && families[at].name != name) at = (at + 1) % kCells;
        return families[at];
    }

    Complaint claim(Family& family, std::string_view name) {
        if (!family.name.empty()) return {};
        if (families_used == kFamiliesMax) return {Errc::Limit, "at most 4096 families"};
        family.name = name;
        ++families_used;
        return {};
    }

    Complaint comment(std::string_view line);
    Complaint type_line(std::string_view name, std::string_view rest);
    Complaint metadata(std::string_view keyword, std::string_view name, std::string_view rest);
    Complaint sample(std::string_view line, FunctionRef<void(const ExposedSample&)> visit);
    Complaint belongs(const SampleLine& line, ExposedSample& out);
    Complaint belongs_strictly(const SampleLine& line, ExposedSample& out);
    Complaint check_strictly(const SampleLine& line, const Suffix* suffix) const;
};

// "# TYPE name type", "# HELP name text", "# UNIT name unit", "# EOF"; in the text format anything
// else after "#" is a remark.
Complaint ExpositionParser::State::comment(std::string_view line) {
    const bool strict = format == ExpositionFormat::OpenMetrics;
    if (strict && line == "# EOF") {
        ended = true;
        return {};
    }
    std::string_view rest = line.substr(1);
    const bool spaced = !rest.empty() && is_blank(rest.front());
    const std::string_view keyword = spaced ? next_word(rest) : std::string_view{};
    const bool known = keyword == "TYPE" || keyword == "HELP" || (strict && keyword == "UNIT");
    std::string_view name = next_word(rest);
    if (name.size() > 2 && name.front() == '"' && name.back() == '"') {
        name = name.substr(1, name.size() - 2);
    }
    if (!known || name.empty()) {
        if (strict) return {Errc::Parse, "'# TYPE', '# HELP', '# UNIT' or '# EOF'"};
        return {};
    }
    if (strict) {
        if (const auto wrong = metadata(keyword, name, trim(rest))) return wrong;
    }
    return keyword == "TYPE" ? type_line(name, rest) : Complaint{};
}

Complaint ExpositionParser::State::type_line(std::string_view name, std::string_view rest) {
    const auto type = type_of(next_word(rest), format);
    if (!type || !next_word(rest).empty()) return {Errc::Parse, "a metric type of this format"};
    Family& family = cell(name);
    if (const auto wrong = claim(family, name)) return wrong;
    family.type = *type;
    family.declared = true;
    return {};
}

// OpenMetrics: the lines about a family stand together, before its samples.
Complaint ExpositionParser::State::metadata(std::string_view keyword, std::string_view name,
                                            std::string_view rest) {
    Family& family = cell(name);
    if (&family != current) {
        if (!family.name.empty()) return {Errc::Parse, "each family's lines in one place"};
        if (const auto wrong = claim(family, name)) return wrong;
        current = &family;
    }
    if (family.sampled) return {Errc::Parse, "metadata before the samples of its family"};
    if (keyword == "TYPE" && family.declared) return {Errc::Parse, "one TYPE line a family"};
    if (keyword == "UNIT" && !rest.empty() &&
        (!ends_in(name, rest) || name[name.size() - rest.size() - 1] != '_')) {
        return {Errc::Parse, "a family name that ends in its unit"};
    }
    return {};
}

Complaint ExpositionParser::State::sample(std::string_view line,
                                          FunctionRef<void(const ExposedSample&)> visit) {
    if (samples == kSamplesMax) return {Errc::Limit, "at most 200000 samples"};
    SampleLine parsed;
    if (const auto wrong = reader.read(line, format, parsed)) return wrong;
    ExposedSample out{.name = parsed.name,
                      .labels = parsed.labels,
                      .value = parsed.value,
                      .timestamp_ms = parsed.timestamp_ms};
    const bool strict = format == ExpositionFormat::OpenMetrics;
    if (const auto wrong = strict ? belongs_strictly(parsed, out) : belongs(parsed, out)) {
        return wrong;
    }
    ++samples;
    visit(out);
    return {};
}

// Text format: the type that was declared for this name, or for the name without a suffix.
Complaint ExpositionParser::State::belongs(const SampleLine& line, ExposedSample& out) {
    if (const Family& own = cell(line.name); own.declared) {
        out.type = own.type;
        out.accumulates = own.type == FamilyType::Counter;
        return {};
    }
    for (const Suffix& suffix : kSuffixes) {
        const bool can_be =
            suffix.type == FamilyType::Histogram || suffix.type == FamilyType::Summary;
        if (!can_be || !ends_in(line.name, suffix.text)) continue;
        const auto base = line.name.substr(0, line.name.size() - suffix.text.size());
        if (const Family& family = cell(base); family.declared && family.type == suffix.type) {
            out.type = family.type;
            out.accumulates = suffix.accumulates;
            return {};
        }
    }
    return {};
}

Complaint ExpositionParser::State::check_strictly(const SampleLine& line,
                                                  const Suffix* suffix) const {
    const bool may_have_exemplar =
        suffix != nullptr && (suffix->text == "_total" || suffix->text == "_bucket");
    if (line.has_exemplar && !may_have_exemplar) {
        return {Errc::Parse, "exemplars on _total and _bucket only"};
    }
    if (current->type == FamilyType::Info && line.value != 1) {
        return {Errc::Parse, "1 as the value of an info"};
    }
    if (current->type == FamilyType::StateSet && !reader.has_label(current->name)) {
        return {Errc::Parse, "a label named as the stateset"};
    }
    return {};
}

// OpenMetrics: samples belong to the family begun last, or begin one of their own without a type.
Complaint ExpositionParser::State::belongs_strictly(const SampleLine& line, ExposedSample& out) {
    const Suffix* found = nullptr;
    bool own = false;
    if (current != nullptr) {
        own = line.name == current->name;
        for (const Suffix& suffix : kSuffixes) {
            if (suffix.type == current->type &&
                line.name.size() == current->name.size() + suffix.text.size() &&
                line.name.substr(0, current->name.size()) == current->name &&
                ends_in(line.name, suffix.text)) {
                found = &suffix;
            }
        }
    }
    if (own && needs_suffix(current->type)) {
        return {Errc::Parse, "the suffix that samples of this type have"};
    }
    if (!own && found == nullptr) {
        Family& family = cell(line.name);
        if (!family.name.empty()) return {Errc::Parse, "each family's lines in one place"};
        if (const auto wrong = claim(family, line.name)) return wrong;
        current = &family;
    }
    current->sampled = true;
    out.type = current->type;
    out.accumulates = found != nullptr && found->accumulates;
    return check_strictly(line, found);
}

ExpositionParser::ExpositionParser() : state_(std::make_unique<State>()) {}
ExpositionParser::~ExpositionParser() = default;

Status ExpositionParser::parse(std::string_view body, ExpositionFormat format,
                               FunctionRef<void(const ExposedSample&)> visit) {
    state_->begin(format);
    const bool strict = format == ExpositionFormat::OpenMetrics;
    std::string_view rest = body;
    std::size_t number = 0;
    for (std::string_view line; next_line(rest, line);) {
        ++number;
        Complaint wrong;
        const std::string_view bare = strict ? line : trim(line);
        if (state_->ended) {
            wrong = {Errc::Parse, "nothing after '# EOF'"};
        } else if (bare.empty()) {
            if (strict) wrong = {Errc::Parse, "no blank lines"};
        } else if (bare.front() == '#') {
            wrong = state_->comment(bare);
        } else {
            wrong = state_->sample(bare, visit);
        }
        if (wrong) {
            return make_error(wrong.code, "line {}: expected {}, got '{}'", number, wrong.text,
                              excerpt(line));
        }
    }
    if (strict && !state_->ended) {
        return make_error(Errc::Parse, "expected '# EOF' as the last line: the body is cut");
    }
    return Ok{};
}

}  // namespace homeostat
