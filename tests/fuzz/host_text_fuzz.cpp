// Lines that other programs write and the collectors read: package logs, lists of units, sockets.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "collectors/exporter_limits.hpp"
#include "collectors/login_news.hpp"
#include "collectors/package_log.hpp"
#include "collectors/ports.hpp"
#include "collectors/unit_list.hpp"

using namespace homeostat;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    (void)parse_package_line(text);
    const auto end = text.find('\n');  // a first line names the program, or the metric
    const std::string_view first = text.substr(0, end);
    const std::string_view rest = end == std::string_view::npos ? text : text.substr(end + 1);
    std::string_view user;
    (void)read_login(first, rest, user);
    (void)check_sample({.labels = 2, .label_name_bytes = 3, .label_value_bytes = 3}, first, rest);
    (void)parse_socket_line(text);
    (void)parse_unit_list(text, [](const UnitLine&) {});
    return 0;
}
