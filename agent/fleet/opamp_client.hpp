// OpampClient speaks OpAMP (https://opentelemetry.io/docs/specs/opamp/, 0.18), by polls over HTTP
// or over a WebSocket, as the endpoint's scheme says.
//
// It only makes and reads messages: when to send the next one, what belongs in it, and what an
// answer means. Sending is the link's affair (opamp_link.hpp); so every rule of the protocol is
// tested without a network. A server can offer configuration, and nothing that it offers is
// believed because of who offers it: it goes the way of any bundle (agent/fleet/keeper.hpp). Where
// the owner allows it a server can offer another connection, which is tried first
// (opamp_connection.hpp). Packages, commands and custom messages are never taken.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/uplink/backoff.hpp"
#include "core/fetcher.hpp"
#include "core/result.hpp"

namespace homeostat::opamp::v1 {
class ConnectionSettings;
}

namespace homeostat {

inline constexpr std::size_t kOpampBytesMax = 4UL << 20U;  // of an answer, decompressed

struct OpampSettings {
    std::string endpoint;  // URL with its path, /v1/opamp: http(s) or ws(s); empty: off
    Duration interval = seconds(30);
    std::vector<HttpHeader> headers;
    HttpTls tls;
    bool accept_config = true;
    bool accept_connection = false;   // a server may move this host to another server
    bool accept_own_metrics = false;  // a server may ask for metrics of the agent itself
};

// ws:// or wss://.
bool is_websocket(std::string_view endpoint);
// https:// or wss://.
bool is_encrypted(std::string_view endpoint);
// Errc::Invalid: no URL of the four kinds, or one with a password.
Status check_endpoint(std::string_view endpoint);

// Who we are to a server: as in OTLP's resource.
struct OpampIdentity {
    std::string instance_uid;  // 16 bytes
    std::vector<std::pair<std::string, std::string>> identifying;
    std::vector<std::pair<std::string, std::string>> other;
    std::int64_t started_unix_ns = 0;
};

struct OpampComponent {
    std::string name;  // "collect", "export.otlp"; empty: the agent as a whole
    bool healthy = true;
    std::string status;
    std::string last_error;

    friend bool operator==(const OpampComponent&, const OpampComponent&) = default;
};

enum class OfferState : std::uint8_t { Unset = 0, Applied = 1, Applying = 2, Failed = 3 };

std::string_view name_of(OfferState state);  // "unset", "applied" and so on

struct OfferReport {
    std::string hash;  // as the server gave it
    OfferState state = OfferState::Unset;
    std::string text;  // why it failed

    friend bool operator==(const OfferReport&, const OfferReport&) = default;
};

// What the host is now; what has not changed since it was told is left out of messages.
struct OpampView {
    std::vector<OpampComponent> health;  // the agent as a whole first
    std::string effective_config;        // YAML, secrets masked
    OfferReport config;
};

// A configuration that the server offers. Both empty: no remote configuration.
struct OpampOffer {
    std::string hash;
    std::string body;
    std::string signature;
    std::string fault;  // not empty: it cannot be one of ours
};

// Another server, or other headers for this one, to be tried before it is kept.
struct OpampMove {
    std::string hash;
    std::string endpoint;  // empty: as before
    std::vector<HttpHeader> headers;
    bool has_headers = false;
    bool brings_tls = false;  // or certificates, or a proxy
};

// Where to send what the agent says of itself. An empty endpoint: nowhere.
struct OpampMetricsOffer {
    std::string hash;
    std::string endpoint;  // the whole URL
    std::vector<HttpHeader> headers;
    bool brings_tls = false;
};

struct OpampNews {
    std::optional<OpampOffer> offer;
    std::optional<OpampMove> move;
    std::optional<OpampMetricsOffer> metrics;
    std::string new_instance_uid;  // 16 bytes, to be kept; empty: none
    bool hang_up = false;          // a WebSocket is to be closed until the next due message
};

class OpampClient {
public:
    static constexpr Duration kHeartbeatMin = seconds(5);
    static constexpr Duration kHeartbeatMax = hours(1);
    static constexpr Duration kRetryMin = seconds(30);     // after 429 and 503
    static constexpr Duration kRefusedRetry = minutes(5);  // after 401 and 403
    // A WebSocket that was open so long is connected anew at once, a shorter one after a back-off.
    static constexpr Duration kSteady = seconds(30);

    // `last_hash`: of the last offer that a former run of this agent received.
    OpampClient(OpampSettings settings, OpampIdentity identity, std::string last_hash,
                std::uint64_t seed);

    // Whether a message is to be sent: the poll is due, or there is something to tell.
    [[nodiscard]] bool due(Instant now, const OpampView& view) const;

    // The next message as a request. Its number grows unless the one before got no answer.
    HttpRequest request(const OpampView& view);

    // What became of it. An answer that cannot be read changes nothing.
    OpampNews on_answer(const Result<HttpResponse>& answer, Instant now);

    // The last message, with agent_disconnect.
    HttpRequest farewell();

    // Over a WebSocket. Whether to connect: not before a wait after a failure is over.
    [[nodiscard]] bool may_connect(Instant now) const { return !begun_ || now >= next_; }
    HttpRequest upgrade();
    // It is open: the first message is due, and says everything (requirement 21).
    void on_open();
    // The next message, with its header. There need not be an answer: what is lost with the
    // connection is said again in the first message of the next.
    std::string next_message(const OpampView& view, Instant now);
    OpampNews on_message(std::string_view bytes, Instant now);
    // It has been open for kSteady without a word: a server need not have any.
    void on_quiet() { problem_.clear(); }
    // It broke after having been open for `lasted`, or could not be opened. An answer that refuses
    // the upgrade is for on_answer().
    void on_drop(const Error& why, Duration lasted, Instant now);
    std::string farewell_message();

    [[nodiscard]] const OpampSettings& settings() const { return settings_; }
    void use(OpampSettings settings);  // from the next message on, which says everything
    void report_connection(OfferReport report) { connection_ = std::move(report); }
    void know_connection(std::string hash) { last_connection_hash_ = std::move(hash); }

    [[nodiscard]] std::uint64_t capabilities() const;
    [[nodiscard]] const std::string& problem() const { return problem_; }
    [[nodiscard]] std::uint64_t strange_answers() const { return strange_; }

private:
    [[nodiscard]] bool has_news(const OpampView& view) const;
    [[nodiscard]] bool server_takes(std::uint64_t bit) const;
    [[nodiscard]] std::string message(const OpampView& view, bool goodbye) const;
    [[nodiscard]] HttpRequest post(std::string body) const;
    OpampNews read(std::string_view body, Instant now);
    void read_connection(const opamp::v1::ConnectionSettings& offered, Instant now,
                         OpampNews& news);
    void fail(Instant now, std::string why, Duration wait);
    void count_as_told();
    void schedule(Instant now);

    OpampSettings settings_;
    OpampIdentity identity_;
    std::string last_hash_;
    std::string last_connection_hash_;
    OfferReport connection_;
    Backoff backoff_;
    JitterRandom random_;
    std::uint64_t sequence_ = 0;
    std::uint64_t server_capabilities_ = 0;
    bool full_ = true;      // the next message says everything
    bool answered_ = true;  // the message of sequence_ got an answer, so the next has a new number
    bool blocked_ = false;  // after a failure: news do not hasten the next message
    bool begun_ = false;
    Instant next_;
    OpampView told_;     // what the server has been told
    OpampView sending_;  // with the message under way
    OfferReport connection_told_;
    OfferReport connection_sending_;
    std::string problem_;
    std::uint64_t strange_ = 0;
};

}  // namespace homeostat
