// What an OTLP server's answer means (OTLP 1.11, "OTLP/HTTP Response"; our deviation: 401, 403 and
// 404 keep the queue, since incidents are few and wanted).
//
//     2xx                                  delivered; partial_success may have refused some
//     2xx with an HTML page                hold: a captive portal, or something else on that port
//     429, 502, 503, 504, no connection    back off, honour Retry-After
//     413, or 400 to several records       halve
//     401, 403, 404, 3xx                   hold: wrong token or address
//     400 with a page of HTML              hold: a proxy, not the server, refused the client
//     any other 4xx and 5xx                drop the batch
//     an answer that is too large          hold: this is no OTLP server
#pragma once

#include <cstdint>

#include "agent/uplink/exporter.hpp"
#include "core/fetcher.hpp"
#include "core/result.hpp"

namespace homeostat {

// Pure. `records`: how many of the spool's the request had. Leaves the outcome's byte counts at 0.
Outcome judge_otlp(const Result<HttpResponse>& answer, std::size_t records,
                   std::int64_t now_unix_ns);

// The same without OTLP's bodies, for any server that takes a batch by POST.
Outcome judge_http(const Result<HttpResponse>& answer, std::size_t records,
                   std::int64_t now_unix_ns);

}  // namespace homeostat
