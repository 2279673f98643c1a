#include "agent/config/relabel.hpp"

#include <re2/re2.h>

namespace homeostat {
namespace {

constexpr std::string_view kName = "__name__";

// The escapes of the canonical form.
char unescaped(char escape) {
    return escape == 'n' ? '\n' : escape;
}

// Cuts one `name="value"` off `rest`. The value is still escaped. False at the end, or at text of
// another form.
bool next_label(std::string_view& rest, std::string_view& name, std::string_view& value) {
    if (!rest.empty() && rest.front() == ',') rest.remove_prefix(1);
    const auto equals = rest.find("=\"");
    if (equals == std::string_view::npos) return false;
    name = rest.substr(0, equals);
    rest.remove_prefix(equals + 2);
    for (std::size_t i = 0; i < rest.size(); ++i) {
        if (rest[i] == '\\') {
            ++i;
        } else if (rest[i] == '"') {
            value = rest.substr(0, i);
            rest.remove_prefix(i + 1);
            return true;
        }
    }
    return false;
}

}  // namespace

void label_value(std::string_view labels, std::string_view name, std::string& out) {
    std::string_view own;
    std::string_view value;
    while (next_label(labels, own, value)) {
        if (own != name) continue;
        for (std::size_t i = 0; i < value.size(); ++i) {
            const bool escape = value[i] == '\\' && i + 1 < value.size();
            out.push_back(escape ? unescaped(value[++i]) : value[i]);
        }
        return;
    }
}

struct Relabelling::Compiled {
    struct Rule {
        RelabelRule source;
        std::unique_ptr<RE2> regex;
    };
    std::vector<Rule> rules;
    std::string joined;  // work space, so that a scrape allocates only until it has grown
};

Result<Relabelling> Relabelling::compile(const std::vector<RelabelRule>& rules) {
    Relabelling out;
    out.compiled_ = std::make_shared<Compiled>();
    RE2::Options options;
    options.set_log_errors(false);
    options.set_dot_nl(true);  // as Prometheus: (?s)
    for (const RelabelRule& rule : rules) {
        auto regex = std::make_unique<RE2>(rule.regex, options);
        if (!regex->ok()) {
            return make_error(Errc::Invalid, "regex '{}': {}", rule.regex, regex->error());
        }
        out.compiled_->rules.push_back({rule, std::move(regex)});
    }
    return out;
}

bool Relabelling::wants(std::string_view name, std::string_view labels) const {
    std::string& joined = compiled_->joined;
    for (const Compiled::Rule& rule : compiled_->rules) {
        joined.clear();
        for (std::size_t i = 0; i < rule.source.source_labels.size(); ++i) {
            if (i > 0) joined += rule.source.separator;
            const std::string& label = rule.source.source_labels[i];
            if (label == kName) {
                joined += name;
            } else {
                label_value(labels, label, joined);
            }
        }
        const bool matches = RE2::FullMatch(joined, *rule.regex);
        if (matches != (rule.source.action == RelabelAction::Keep)) return false;
    }
    return true;
}

}  // namespace homeostat
