#include "actions/ledger_file.hpp"

#include "actions/trusted_file.hpp"
#include "core/file.hpp"

namespace homeostat {
namespace {

constexpr std::size_t kLedgerBytesMax = 1UL << 20U;  // kRunsMax runs with the longest names

}  // namespace

Result<Ledger> load_ledger(const std::string& path) {
    const auto text = read_trusted_file(path, kLedgerBytesMax);
    if (!text) {
        if (text.error().code == Errc::NotFound) return Ledger{};
        return text.error();
    }
    auto ledger = Ledger::parse(*text);
    if (!ledger) {
        return make_error(ledger.error().code,
                          "{}: {}. Nothing runs until a person has looked at it and removed it",
                          path, ledger.error().text);
    }
    return ledger;
}

Status save_ledger(const std::string& path, const Ledger& ledger) {
    return write_file_atomically(path, ledger.to_text(), 0600);
}

}  // namespace homeostat
