#include "agent/program_pages.hpp"

#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

namespace homeostat {
namespace {

// Only what nobody may write: a page that was written (a relocated address) is ours alone, and its
// content would be lost.
int drop_segments(dl_phdr_info* program, std::size_t, void* dropped) {
    const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    for (std::size_t i = 0; i < program->dlpi_phnum; ++i) {
        const ElfW(Phdr)& segment = program->dlpi_phdr[i];
        if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0) continue;
        const std::uintptr_t from = program->dlpi_addr + segment.p_vaddr;
        const std::uintptr_t begin = from / page * page;
        const std::size_t size = (from + segment.p_memsz - begin + page - 1) / page * page;
        // An address out of the program's own header.
        void* const start = reinterpret_cast<void*>(begin);  // NOLINT(performance-no-int-to-ptr)
        if (::madvise(start, size, MADV_DONTNEED) == 0) *static_cast<std::size_t*>(dropped) += size;
    }
    return 1;  // the program comes first; libraries behind it are left alone
}

}  // namespace

std::size_t drop_program_pages() {
    std::size_t dropped = 0;
    (void)::dl_iterate_phdr(drop_segments, &dropped);
    return dropped;
}

}  // namespace homeostat
