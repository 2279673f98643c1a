// The kernel's log: any bytes are a record or an error, and any message a fact about a named thing.
#include <cassert>
#include <cstdint>
#include <string_view>

#include "collectors/kernel_message.hpp"
#include "collectors/kernel_record.hpp"

using namespace homeostat;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto record = parse_kernel_record(text);
    KernelMessages messages;
    std::string_view rest = record ? record->message : text;
    if (record) assert(record->message.find('\n') == std::string_view::npos);
    while (!rest.empty()) {
        const auto end = rest.find('\n');
        if (const auto fact = messages.read(rest.substr(0, end))) {
            assert(fact->subject.kind == SubjectKind::Host || fact->object.size() > 0 ||
                   fact->subject.name.empty());
        }
        rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    }
    return 0;
}
