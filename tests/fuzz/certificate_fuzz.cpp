// The end of a certificate, from PEM or DER.
#include <cstdint>
#include <string_view>

#include "collectors/certificate_text.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    (void)homeostat::certificate_end(text);
    (void)homeostat::certificate_end_der({data, size});
    return 0;
}
