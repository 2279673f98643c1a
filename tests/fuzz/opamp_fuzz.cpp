// What an OpAMP server answers, and what the agent remembers of it.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "agent/fleet/opamp_link.hpp"
#include "agent/fleet/rollout_record.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace homeostat;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    (void)parse_opamp_memory(text);
    (void)parse_rollout_record(text);
    OpampClient client({.endpoint = "http://s", .headers = {}, .tls = {}},
                       {"0123456789abcdef", {}, {}, 1}, "", 1);
    (void)client.request({});
    HttpResponse response;
    response.status = 200;
    response.body = text;
    (void)client.on_answer(response, Instant{1, 1});
    (void)client.request({});
    OpampClient pushed({.endpoint = "ws://s", .headers = {}, .tls = {}},
                       {"0123456789abcdef", {}, {}, 1}, "", 1);
    pushed.on_open();
    (void)pushed.on_message(text, Instant{1, 1});
    (void)pushed.on_message(std::string(1, '\0') + std::string(text), Instant{1, 1});
    (void)pushed.next_message({}, Instant{1, 1});
    return 0;
}
