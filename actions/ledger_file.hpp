// The ledger on disk: STATE/ledger, root-only, replaced as a whole before anything is done.
#pragma once

#include <string>

#include "actions/ledger.hpp"
#include "core/result.hpp"

namespace homeostat {

// A missing file is a new host: an empty ledger. Everything else that cannot be read or believed is
// an error, and then nothing may run: whoever can damage the ledger must not gain from it.
Result<Ledger> load_ledger(const std::string& path);

// Written, synced and renamed before it returns.
Status save_ledger(const std::string& path, const Ledger& ledger);

}  // namespace homeostat
