#include "agent/boot_record.hpp"

#include <array>

#include "core/file.hpp"
#include "core/format.hpp"
#include "core/parse.hpp"

namespace homeostat {
namespace {

constexpr std::size_t kFileBytesMax = 4096;

Event boot_event(EventKind kind, Instant at) {
    return {.at = at, .kind = kind, .subject = {}, .object = {}, .text = {}};
}

}  // namespace

Result<BootRecord> parse_boot_record(std::string_view text) {
    std::string_view rest = trim(text);
    BootRecord record;
    record.boot_id = next_word(rest);
    record.kernel = next_word(rest);
    const auto end = next_word(rest);
    record.stopped = end == "stopped";
    const bool whole = end == "stopped" || end == "running";
    if (!whole || !trim(rest).empty() || record.boot_id.truncated() || record.kernel.truncated()) {
        return make_error(Errc::Parse, "{}: expected 'BOOT-ID RELEASE running|stopped'", kBootFile);
    }
    return record;
}

std::string to_text(const BootRecord& record) {
    return fmt::format("{} {} {}\n", record.boot_id, record.kernel,
                       record.stopped ? "stopped" : "running");
}

Result<BootRecord> read_boot(const Root& root) {
    std::array<char, 256> buffer;
    BootRecord record;
    const auto boot_id = root.read("proc/sys/kernel/random/boot_id", buffer);
    if (!boot_id) return boot_id.error();
    record.boot_id = trim(*boot_id);
    const auto kernel = root.read("proc/sys/kernel/osrelease", buffer);
    if (!kernel) return kernel.error();
    record.kernel = trim(*kernel);
    return record;
}

FixedVector<Event, 2> compare_boots(const BootRecord& before, const BootRecord& now, Instant at) {
    FixedVector<Event, 2> events;
    if (before.boot_id == now.boot_id.view()) return events;
    Event reboot = boot_event(EventKind::Reboot, at);
    reboot.text = before.stopped ? "the machine was started anew"
                                 : "the machine was started anew, without a clean shutdown before";
    (void)events.push(reboot);
    if (before.kernel == now.kernel.view()) return events;
    Event kernel = boot_event(EventKind::KernelChanged, at);
    kernel.object = now.kernel.view();
    format_into(kernel.text, "the kernel is {} now, it was {}", now.kernel, before.kernel);
    (void)events.push(kernel);
    return events;
}

FixedVector<Event, 2> note_start(const Root& root, const std::string& state_directory,
                                 Instant now) {
    FixedVector<Event, 2> events;
    const auto present = read_boot(root);
    if (!present) return events;
    const std::string path = state_directory + "/" + kBootFile;
    const auto text = read_file(path, kFileBytesMax);
    const auto before = text ? parse_boot_record(*text) : Result<BootRecord>(text.error());
    if (before) events = compare_boots(*before, *present, now);
    // Unwritten, the next start tells the same again: no harm, and the store complains of the disk.
    (void)write_file_atomically(path, to_text(*present));
    return events;
}

Status note_stop(const Root& root, const std::string& state_directory) {
    auto present = read_boot(root);
    if (!present) return present.error();
    present->stopped = true;
    return write_file_atomically(state_directory + "/" + kBootFile, to_text(*present));
}

}  // namespace homeostat
