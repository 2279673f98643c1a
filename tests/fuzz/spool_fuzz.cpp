// The spool starts, reads, goes on writing and loses nothing of its own, whatever is on the disk.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "agent/incidents/incident_proto.hpp"
#include "agent/uplink/spool.hpp"
#include "tests/agent/uplink/memory_spool_files.hpp"

// The first byte chooses what the rest is the content of: a segment, or a cursor.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace homeostat;
    if (size == 0) return 0;
    const std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    const SpoolSettings settings{
        .segment_bytes = 33U << 10U, .segments = {2, 2, 2}, .memory_bytes = 4096};
    test::MemorySpoolFiles files;
    const char* name = data[0] % 2 == 0 ? "critical-000" : "cursor-fuzz";
    std::string& content = files.content(name);
    content.assign(data[0] % 2 == 0 ? settings.segment_bytes : 2 * kCursorSlotBytes, '\0');
    content.replace(0, std::min(bytes.size(), content.size()), bytes, 0, content.size());
    files.damage_done();

    Spool spool(settings, files, 1);
    const auto id = spool.add_destination("fuzz");
    SpoolRecord record;
    Incident incident;
    while (spool.read(id, record)) (void)decode_incident(record.payload, incident);
    spool.acknowledge_to_end(id);
    spool.add(SpoolClass::Critical, "ours");
    if (!spool.commit({.monotonic_ns = 1, .unix_ns = 1})) std::abort();
    if (!spool.read(id, record) || record.payload != "ours") std::abort();
    return 0;
}
