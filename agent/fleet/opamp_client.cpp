#include "agent/fleet/opamp_client.hpp"

#include <algorithm>

#include "agent/uplink/settings.hpp"
#include "agent/uplink/websocket_upgrade.hpp"
#include "core/format.hpp"
#include "core/printable.hpp"
#include "homeostat/opamp/v1/opamp.pb.h"

namespace homeostat {
namespace {

namespace wire = ::homeostat::opamp::v1;

constexpr std::uint64_t kReportsStatus = 0x1;
constexpr std::uint64_t kAcceptsConfig = 0x2;
constexpr std::uint64_t kReportsEffective = 0x4;
constexpr std::uint64_t kReportsOwnMetrics = 0x40;
constexpr std::uint64_t kAcceptsConnection = 0x100;
constexpr std::uint64_t kReportsHealth = 0x800;
constexpr std::uint64_t kReportsConfig = 0x1000;
constexpr std::uint64_t kReportsHeartbeat = 0x2000;
constexpr std::uint64_t kReportsConnection = 0x8000;
constexpr std::uint64_t kOffersConfig = 0x2;  // of a server
constexpr std::uint64_t kAcceptsEffective = 0x4;
constexpr std::uint64_t kReportFullState = 1;  // flag of an answer
constexpr std::uint64_t kRequestUid = 1;       // flag of a message
constexpr std::uint32_t kUnavailable = 2;      // type of an error response
constexpr char kMessageHeader = '\0';          // before each message over WebSocket
constexpr std::size_t kUidBytes = 16;
constexpr std::size_t kHashBytesMax = 256;
constexpr std::size_t kErrorTextMax = 1000;
constexpr const char* kBodyKey = "homeostat.yml";
constexpr const char* kSignatureKey = "homeostat.yml.minisig";

// "0192f..-..": RFC 9562.
std::string uuid_text(std::string_view bytes) {
    static constexpr std::string_view kDigits = "0123456789abcdef";
    std::string out;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
        const auto byte = static_cast<unsigned char>(bytes[i]);
        out += kDigits[byte >> 4U];
        out += kDigits[byte & 0x0FU];
    }
    return out;
}

void add_attributes(const std::vector<std::pair<std::string, std::string>>& from,
                    google::protobuf::RepeatedPtrField<wire::KeyValue>& to) {
    for (const auto& [key, value] : from) {
        if (value.empty()) continue;
        wire::KeyValue& pair = *to.Add();
        pair.set_key(key);
        pair.mutable_value()->set_string_value(value);
    }
}

void add_component(const OpampComponent& from, std::int64_t started, wire::ComponentHealth& to) {
    to.set_healthy(from.healthy);
    to.set_start_time_unix_nano(static_cast<std::uint64_t>(started));
    to.set_status(from.status);
    to.set_last_error(from.last_error);
}

void add_health(const OpampView& view, std::int64_t started, wire::AgentToServer& message) {
    if (view.health.empty()) return;
    wire::ComponentHealth& health = *message.mutable_health();
    add_component(view.health.front(), started, health);
    for (std::size_t i = 1; i < view.health.size(); ++i) {
        wire::NamedHealth& named = *health.add_component_health_map();
        named.set_key(view.health[i].name);
        add_component(view.health[i], started, *named.mutable_value());
    }
}

void add_report(const OfferReport& report, wire::OfferStatus& to) {
    to.set_last_hash(report.hash);
    to.set_status(static_cast<std::uint32_t>(report.state));
    to.set_error_message(report.text.substr(0, kErrorTextMax));
}

std::vector<HttpHeader> headers_of(const wire::Headers& headers) {
    std::vector<HttpHeader> out;
    for (const wire::Header& header : headers.headers()) {
        out.push_back({header.key(), header.value()});
    }
    return out;
}

// Requirement 9: the known keys, empty entries, and what is neither.
OpampOffer offer_of(const wire::RemoteConfig& config) {
    OpampOffer offer;
    offer.hash = config.config_hash();
    for (const wire::NamedFile& file : config.config().config_map()) {
        const std::string& body = file.value().body();
        if (file.key().empty() || file.key() == kBodyKey) {
            if (!body.empty()) offer.body = body;
        } else if (file.key() == kSignatureKey) {
            offer.signature = body;
        } else {
            offer.fault = fmt::format(
                "unknown key '{}' in the remote configuration: {} and {} are "
                "known",
                printable(file.key().substr(0, 80)), kBodyKey, kSignatureKey);
        }
    }
    return offer;
}

}  // namespace

bool is_websocket(std::string_view endpoint) {
    return endpoint.starts_with("ws://") || endpoint.starts_with("wss://");
}

bool is_encrypted(std::string_view endpoint) {
    return endpoint.starts_with("https://") || endpoint.starts_with("wss://");
}

Status check_endpoint(std::string_view endpoint) {
    return check_url(http_url(endpoint));
}

std::string_view name_of(OfferState state) {
    switch (state) {
        case OfferState::Unset: return "unset";
        case OfferState::Applied: return "applied";
        case OfferState::Applying: return "applying";
        case OfferState::Failed: return "failed";
    }
    return "unset";
}

OpampClient::OpampClient(OpampSettings settings, OpampIdentity identity, std::string last_hash,
                         std::uint64_t seed)
    : settings_(std::move(settings)),
      identity_(std::move(identity)),
      last_hash_(std::move(last_hash)),
      backoff_(seed),
      random_(seed) {}

std::uint64_t OpampClient::capabilities() const {
    std::uint64_t bits =
        kReportsStatus | kReportsEffective | kReportsHealth | kReportsConfig | kReportsHeartbeat;
    if (settings_.accept_config) bits |= kAcceptsConfig;
    if (settings_.accept_connection) bits |= kAcceptsConnection | kReportsConnection;
    if (settings_.accept_own_metrics) bits |= kReportsOwnMetrics | kReportsConnection;
    return bits;
}

// Requirement 10: what a server never said, it is taken to do.
bool OpampClient::server_takes(std::uint64_t bit) const {
    return server_capabilities_ == 0 || (server_capabilities_ & bit) != 0;
}

bool OpampClient::has_news(const OpampView& view) const {
    return view.health != told_.health || !(connection_ == connection_told_) ||
           (server_takes(kAcceptsEffective) && view.effective_config != told_.effective_config) ||
           (server_takes(kOffersConfig) && !(view.config == told_.config));
}

bool OpampClient::due(Instant now, const OpampView& view) const {
    if (!begun_ || now >= next_) return true;
    return !blocked_ && (full_ || has_news(view));
}

HttpRequest OpampClient::request(const OpampView& view) {
    begun_ = true;
    if (answered_) ++sequence_;  // requirement 3: a message that is sent again keeps its number
    answered_ = false;
    sending_ = view;
    connection_sending_ = connection_;
    return post(message(view, false));
}

HttpRequest OpampClient::upgrade() {
    begun_ = true;
    HttpRequest request = post("");
    request.method = "GET";
    std::erase_if(request.headers,
                  [](const HttpHeader& header) { return header.name == "Content-Type"; });
    return request;
}

void OpampClient::on_open() {
    begun_ = false;
    blocked_ = false;
    full_ = true;
    connection_told_ = {};
}

std::string OpampClient::next_message(const OpampView& view, Instant now) {
    begun_ = true;
    ++sequence_;
    sending_ = view;
    connection_sending_ = connection_;
    std::string out(1, kMessageHeader);
    out += message(view, false);
    count_as_told();
    full_ = false;
    schedule(now);
    return out;
}

OpampNews OpampClient::on_message(std::string_view bytes, Instant now) {
    if (!bytes.empty() && bytes.front() == kMessageHeader) return read(bytes.substr(1), now);
    ++strange_;
    fail(now, "a message without the header of OpAMP", settings_.interval);
    return {};
}

void OpampClient::on_drop(const Error& why, Duration lasted, Instant now) {
    begun_ = true;
    const bool steady = lasted >= kSteady;
    if (steady) backoff_.reset();
    fail(now, std::string(why.text.view()), steady ? Duration{} : backoff_.next());
}

std::string OpampClient::farewell_message() {
    ++sequence_;
    return kMessageHeader + message(told_, true);
}

HttpRequest OpampClient::farewell() {
    if (answered_) ++sequence_;
    HttpRequest request = post(message(told_, true));
    request.timeout = seconds(2);  // requirement 20
    return request;
}

std::string OpampClient::message(const OpampView& view, bool goodbye) const {
    wire::AgentToServer out;
    out.set_instance_uid(identity_.instance_uid);
    out.set_sequence_num(sequence_);
    out.set_capabilities(capabilities());
    if (identity_.instance_uid.size() != kUidBytes) out.set_flags(kRequestUid);
    if (goodbye) {
        out.mutable_agent_disconnect();
        return out.SerializeAsString();
    }
    if (full_) {
        wire::AgentDescription& description = *out.mutable_agent_description();
        add_attributes(identity_.identifying, *description.mutable_identifying_attributes());
        add_attributes(identity_.other, *description.mutable_non_identifying_attributes());
        out.mutable_custom_capabilities();
    }
    if (full_ || view.health != told_.health) {
        add_health(view, identity_.started_unix_ns, out);
    }
    if (server_takes(kAcceptsEffective) &&
        (full_ || view.effective_config != told_.effective_config)) {
        wire::NamedFile& file =
            *out.mutable_effective_config()->mutable_config_map()->add_config_map();
        file.set_key(kBodyKey);
        file.mutable_value()->set_body(view.effective_config);
        file.mutable_value()->set_content_type("application/yaml");
    }
    if (server_takes(kOffersConfig) && (full_ || !(view.config == told_.config))) {
        add_report(view.config, *out.mutable_remote_config_status());
    }
    const bool tells = settings_.accept_connection || settings_.accept_own_metrics;
    if (tells && !(connection_ == connection_told_)) {
        add_report(connection_, *out.mutable_connection_settings_status());
    }
    return out.SerializeAsString();
}

HttpRequest OpampClient::post(std::string body) const {
    HttpRequest request;
    request.method = "POST";
    request.url = settings_.endpoint;
    request.headers = settings_.headers;
    request.headers.push_back({"Content-Type", "application/x-protobuf"});
    if (identity_.instance_uid.size() == kUidBytes) {
        request.headers.push_back({"OpAMP-Instance-UID", uuid_text(identity_.instance_uid)});
    }
    request.tls = settings_.tls;
    request.response_max = kOpampBytesMax;
    request.body = std::move(body);
    return request;
}

void OpampClient::count_as_told() {
    answered_ = true;
    told_ = sending_;
    connection_told_ = connection_sending_;
}

// A tenth of jitter, so that hosts that start together drift apart.
void OpampClient::schedule(Instant now) {
    const Duration spread{std::max<std::int64_t>(settings_.interval.ns / 10, 1)};
    next_ = now + (settings_.interval - spread + random_.below(spread));
}

void OpampClient::fail(Instant now, std::string why, Duration wait) {
    problem_ = std::move(why);
    blocked_ = true;
    next_ = now + wait;
}

OpampNews OpampClient::on_answer(const Result<HttpResponse>& answer, Instant now) {
    if (!answer) {  // requirement 17: what is told next is what is true by then
        fail(now, std::string(answer.error().text.view()), backoff_.next());
        return {};
    }
    const int status = answer->status;
    if (status == 429 || status == 503) {  // requirement 16
        const auto after = parse_retry_after(answer->retry_after, now.unix_ns);
        fail(now, fmt::format("the server answers {}", status),
             std::max(kRetryMin, backoff_.next(after)));
        return {};
    }
    if (status < 200 || status >= 300) {
        const bool refused = status == 401 || status == 403;
        const bool server = status >= 500;
        fail(now, fmt::format("the server answers {}", status),
             refused  ? kRefusedRetry
             : server ? backoff_.next()
                      : settings_.interval);
        if (status == 413) {  // never again: what was in it counts as told
            answered_ = true;
            told_ = sending_;
            full_ = false;
        }
        return {};
    }
    return read(answer->body, now);
}

OpampNews OpampClient::read(std::string_view body, Instant now) {
    OpampNews news;
    wire::ServerToAgent in;
    if (body.size() > kOpampBytesMax ||
        !in.ParseFromArray(body.data(), static_cast<int>(body.size()))) {  // requirement 23
        ++strange_;
        fail(now, "an answer that is no OpAMP message", settings_.interval);
        return news;
    }
    if (!in.instance_uid().empty() && in.instance_uid() != identity_.instance_uid) {
        ++strange_;  // requirement 14: not for us
        fail(now, "an answer for another agent", settings_.interval);
        return news;
    }
    if (in.has_error_response()) {  // requirement 15
        const bool again = in.error_response().type() == kUnavailable;
        const std::uint64_t wait =
            std::min<std::uint64_t>(in.error_response().retry_info().retry_after_nanoseconds(),
                                    static_cast<std::uint64_t>(kHeartbeatMax.ns));
        const Duration pause =
            wait > 0 ? Duration{static_cast<std::int64_t>(wait)} : backoff_.next();
        fail(now, printable(in.error_response().error_message().substr(0, kErrorTextMax)),
             again ? pause : settings_.interval);
        news.hang_up = again;
        if (!again) {
            answered_ = true;
            told_ = sending_;
            full_ = false;
        }
        return news;
    }
    // Over a WebSocket nothing says which message this answers: what was sent counts as told, and
    // heartbeats come as they would without it. How long it stays open says whether all is well.
    const bool pushed = is_websocket(settings_.endpoint);
    const bool first_to_come = pushed && full_;
    full_ = (in.flags() & kReportFullState) != 0 || first_to_come;  // requirement 5
    if (!pushed) {
        count_as_told();
        backoff_.reset();
        schedule(now);
    } else if (blocked_) {
        schedule(now);
    }
    blocked_ = false;
    problem_.clear();
    if (in.capabilities() != 0) server_capabilities_ = in.capabilities();
    if (in.agent_identification().new_instance_uid().size() == kUidBytes) {  // requirement 14
        identity_.instance_uid = in.agent_identification().new_instance_uid();
        news.new_instance_uid = identity_.instance_uid;
    }
    if (in.has_remote_config() && settings_.accept_config) {  // requirements 7 and 11
        const std::string& hash = in.remote_config().config_hash();
        if (hash != last_hash_ && hash.size() <= kHashBytesMax) {
            last_hash_ = hash;
            news.offer = offer_of(in.remote_config());
        }
    }
    if (in.has_connection_settings()) read_connection(in.connection_settings(), now, news);
    return news;
}

void OpampClient::read_connection(const wire::ConnectionSettings& offered, Instant now,
                                  OpampNews& news) {
    const std::uint64_t beat = offered.opamp().heartbeat_interval_seconds();
    if (beat > 0) {  // requirement 18: nought means "as before"
        const auto most = static_cast<std::uint64_t>(kHeartbeatMax.ns / seconds(1).ns);
        settings_.interval =
            std::max(kHeartbeatMin, seconds(static_cast<std::int64_t>(std::min(beat, most))));
        next_ = std::min(next_, now + settings_.interval);
    }
    if (offered.hash() == last_connection_hash_ || offered.hash().size() > kHashBytesMax) return;
    const auto& opamp = offered.opamp();
    const bool tls = opamp.has_certificate() || opamp.has_tls() || opamp.has_proxy();
    if (settings_.accept_connection &&
        (tls || opamp.has_headers() || !opamp.destination_endpoint().empty())) {  // requirement 19
        last_connection_hash_ = offered.hash();
        news.move = OpampMove{offered.hash(), opamp.destination_endpoint(),
                              headers_of(opamp.headers()), opamp.has_headers(), tls};
    }
    if (!settings_.accept_own_metrics || !offered.has_own_metrics()) return;
    const auto& metrics = offered.own_metrics();
    last_connection_hash_ = offered.hash();
    news.metrics = OpampMetricsOffer{
        offered.hash(), metrics.destination_endpoint(), headers_of(metrics.headers()),
        metrics.has_certificate() || metrics.has_tls() || metrics.has_proxy()};
}

void OpampClient::use(OpampSettings settings) {
    settings_ = std::move(settings);
    full_ = true;
    blocked_ = false;
    begun_ = false;
    server_capabilities_ = 0;
}

}  // namespace homeostat
