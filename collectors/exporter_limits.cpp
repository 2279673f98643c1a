#include "collectors/exporter_limits.hpp"

#include "collectors/source.hpp"

namespace homeostat {
namespace {

struct LabelSizes {
    std::size_t name = 0;
    std::size_t value = 0;
};

// Cuts one `name="value"` off canonical labels; false at their end, or at other text.
bool next_label(std::string_view& rest, LabelSizes& sizes) {
    if (!rest.empty() && rest.front() == ',') rest.remove_prefix(1);
    const auto equals = rest.find("=\"");
    if (equals == std::string_view::npos) return false;
    sizes = {.name = equals, .value = 0};
    rest.remove_prefix(equals + 2);
    for (std::size_t i = 0; i < rest.size(); ++i, ++sizes.value) {
        if (rest[i] == '"') {
            rest.remove_prefix(i + 1);
            return true;
        }
        if (rest[i] == '\\') ++i;
    }
    return false;
}

bool exceeds(std::size_t size, std::size_t limit) {
    return limit > 0 && size > limit;
}

}  // namespace

Status check_sample(const ExporterLimits& limits, std::string_view name, std::string_view labels) {
    if (exceeds(name.size(), limits.label_value_bytes)) {
        return make_error(Errc::Limit, "'{}': its name is longer than label_value_length_limit, {}",
                          excerpt(name), limits.label_value_bytes);
    }
    if (limits.labels == 0 && limits.label_name_bytes == 0 && limits.label_value_bytes == 0) {
        return Ok{};
    }
    std::size_t count = kLabelsOfServer;
    for (LabelSizes label; next_label(labels, label); ++count) {
        if (exceeds(label.name, limits.label_name_bytes)) {
            return make_error(Errc::Limit,
                              "'{}': a label's name is longer than label_name_length_limit, {}",
                              excerpt(name), limits.label_name_bytes);
        }
        if (exceeds(label.value, limits.label_value_bytes)) {
            return make_error(Errc::Limit,
                              "'{}': a label's value is longer than label_value_length_limit, {}",
                              excerpt(name), limits.label_value_bytes);
        }
    }
    if (exceeds(count, limits.labels)) {
        return make_error(Errc::Limit,
                          "'{}': {} labels with job, instance and name, label_limit is {}",
                          excerpt(name), count, limits.labels);
    }
    return Ok{};
}

}  // namespace homeostat
