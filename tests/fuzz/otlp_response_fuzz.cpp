// Every answer of a server gets a verdict, and what it says is shown as plain, short text.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "agent/uplink/otlp_response.hpp"
#include "agent/uplink/webhook_exporter.hpp"

// Bytes 0 and 1 are the status, byte 2 how many records were sent, byte 3 the content type and the
// length of Retry-After; then that header's value, then the body.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace homeostat;
    if (size < 4) return 0;
    HttpResponse response;
    response.status = data[0] * 256 + data[1];
    const std::size_t records = std::size_t{data[2]} + 1;
    if (data[3] % 2 == 0) response.content_type = "application/x-protobuf";
    const std::string rest(reinterpret_cast<const char*>(data) + 4, size - 4);
    const std::size_t split = std::min<std::size_t>(data[3] / 2, rest.size());
    response.retry_after = rest.substr(0, split);
    response.body = rest.substr(split);
    constexpr std::int64_t kNow = 1'795'176'000LL * 1'000'000'000;
    for (const Outcome& outcome : {judge_otlp(response, records, kNow),
                                   judge_webhook(response, WebhookKind::PagerDuty, kNow)}) {
        if (outcome.rejected > records) std::abort();
        if (outcome.retry_after &&
            (*outcome.retry_after <= Duration{} || *outcome.retry_after > hours(1))) {
            std::abort();
        }
        for (const char c : outcome.message.view()) {
            if (c < ' ' || c > '~') std::abort();
        }
    }
    return 0;
}
