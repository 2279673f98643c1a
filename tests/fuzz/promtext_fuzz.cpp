// An exporter's text in both formats. What is accepted must be read the same way again: the
// canonical form of a series is a series of the same canonical form.
#include <cassert>
#include <cstdint>
#include <string>
#include <string_view>

#include "collectors/exposition.hpp"
#include "collectors/exposition_line.hpp"

using namespace homeostat;

namespace {

void check_canonical(const ExposedSample& sample) {
    static SampleLineReader reader;
    const std::string labels(sample.labels);
    std::string line = is_plain_name(sample.name, true) ? std::string(sample.name) : "x";
    line += "{" + labels + "} 1";
    if (line.size() > ExpositionParser::kLineMax) return;  // escapes may lengthen it
    SampleLine again;
    const Complaint wrong = reader.read(line, ExpositionFormat::Text, again);
    assert(!wrong);
    assert(again.labels == labels);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static ExpositionParser parser;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto check = [](const ExposedSample& sample) { check_canonical(sample); };
    (void)parser.parse(text, ExpositionFormat::Text, check);
    (void)parser.parse(text, ExpositionFormat::OpenMetrics, check);
    return 0;
}
