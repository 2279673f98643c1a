// Any bytes as a models file: refused or read, never a crash.

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <string>

#include "agent/model_store.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string bytes(reinterpret_cast<const char*>(data), size);
    const auto load = homeostat::decode_models(std::move(bytes));
    // Records have a size: no small file holds many.
    if (load) assert(load->bank->size() <= size / 64);
    return 0;
}
