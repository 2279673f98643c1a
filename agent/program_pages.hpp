// ProgramPages: what of the program itself lies in this process' memory.
//
// A start runs through code that a watch never needs again: it reads YAML, checks rules, sets up
// TLS. Those pages are the program file's and unchanged; given back, they cost nothing, and one
// that is needed after all comes back from the page cache. Source: madvise(2), dl_iterate_phdr(3).
#pragma once

#include <cstddef>

namespace homeostat {

// Lets go of all code and constants of the program that are mapped now; those in use come back by
// themselves: some dozens of page faults. Bytes that were looked at; 0 when the kernel refused. At
// the end of a start, and now and then.
std::size_t drop_program_pages();

}  // namespace homeostat
