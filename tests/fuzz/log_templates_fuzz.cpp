// Any bytes as a log: each line gets a sentence of bounded length, in fixed memory.

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/parse.hpp"
#include "detectors/log_templates.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view rest(reinterpret_cast<const char*>(data), size);
    std::string_view line;
    homeostat::LogTemplates templates(8);  // few, so that places are reused
    while (homeostat::next_line(rest, line)) {
        const auto match = templates.observe(line);
        assert(match.id > 0 && match.count > 0);
        assert(match.text.size() <= homeostat::LogTemplates::kTextMax);
    }
    assert(templates.size() <= 8);
    return 0;
}
