#include "actions/actuator_protocol.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "actions/json_fields.hpp"

namespace homeostat {
namespace {

constexpr std::uint32_t kMagic = 0x52415348;  // "HSAR" in the order of bytes

template <typename T>
void put(RequestBytes& bytes, std::size_t at, T value) {
    for (std::size_t i = 0; i < sizeof(T); ++i) {
        bytes[at + i] = static_cast<std::uint8_t>(value >> (8 * i));
    }
}

template <typename T>
T get(std::span<const std::uint8_t> bytes, std::size_t at) {
    T value = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) {
        value = static_cast<T>(value | static_cast<T>(static_cast<T>(bytes[at + i]) << (8 * i)));
    }
    return value;
}

bool all_zero(std::span<const std::uint8_t> bytes) {
    return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

// Text that comes from programs may hold any byte; JSON wants UTF-8.
std::string dump(const nlohmann::json& json) {
    return json.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

}  // namespace

RequestBytes encode(const ActionRequest& request) {
    RequestBytes bytes{};
    put(bytes, 0, kMagic);
    put(bytes, 4, kProtocolVersion);
    put(bytes, 6, static_cast<std::uint16_t>(request.opcode));
    put(bytes, 8, request.rule);
    put(bytes, 10, request.target);
    bytes[12] = static_cast<std::uint8_t>(request.mode);
    std::copy(request.incident.bytes.begin(), request.incident.bytes.end(), bytes.begin() + 24);
    put(bytes, 40, request.nonce);
    put(bytes, 48, request.config_hash);
    put(bytes, 56, request.length_s);
    return bytes;
}

Result<ActionRequest> decode_request(std::span<const std::uint8_t> bytes) {
    if (bytes.size() != kRequestBytes) {
        return make_error(Errc::Parse, "request of {} bytes, expected {}", bytes.size(),
                          kRequestBytes);
    }
    if (get<std::uint32_t>(bytes, 0) != kMagic)
        return make_error(Errc::Parse, "no request of ours");
    const auto version = get<std::uint16_t>(bytes, 4);
    if (version != kProtocolVersion) {
        return make_error(Errc::Parse, "request version {}, expected {}: restart both programs",
                          version, kProtocolVersion);
    }
    const auto opcode = get<std::uint16_t>(bytes, 6);
    if (opcode < static_cast<std::uint16_t>(Opcode::Run) ||
        opcode > static_cast<std::uint16_t>(Opcode::Resume)) {
        return make_error(Errc::Parse, "unknown operation {}", opcode);
    }
    if (bytes[12] > static_cast<std::uint8_t>(ActionMode::Auto)) {
        return make_error(Errc::Parse, "unknown mode {}", bytes[12]);
    }
    const bool has_length = opcode == static_cast<std::uint16_t>(Opcode::Approve) ||
                            opcode == static_cast<std::uint16_t>(Opcode::Pause);
    if (!all_zero(bytes.subspan(13, 11)) || (!has_length && !all_zero(bytes.subspan(56, 8)))) {
        return make_error(Errc::Parse, "bytes that must be zero are not");
    }
    const auto length_s = get<std::uint64_t>(bytes, 56);
    if (length_s > static_cast<std::uint64_t>(kApprovalMax.ns / seconds(1).ns)) {
        return make_error(Errc::Parse, "an approval or a pause holds for 7 days at most");
    }
    ActionRequest request;
    request.opcode = static_cast<Opcode>(opcode);
    request.rule = get<std::uint16_t>(bytes, 8);
    request.target = get<std::uint16_t>(bytes, 10);
    request.mode = static_cast<ActionMode>(bytes[12]);
    std::copy_n(bytes.begin() + 24, request.incident.bytes.size(), request.incident.bytes.begin());
    request.nonce = get<std::uint64_t>(bytes, 40);
    request.config_hash = get<std::uint64_t>(bytes, 48);
    request.length_s = length_s;
    return request;
}

std::string encode_report(const ActionReport& report, std::uint64_t nonce) {
    const nlohmann::json json{
        {"version", kProtocolVersion},
        {"nonce", nonce},
        {"incident", std::string(report.incident.text().view())},
        {"rule", std::string(report.rule.view())},
        {"playbook", std::string(report.playbook.view())},
        {"mode", std::string(report.mode.view())},
        {"ran", report.ran},
        {"failed", report.failed},
        {"waiting", report.waiting},
        {"undone", report.undone},
        {"effect", std::string(name_of(report.effect))},
        {"ok", report.ok},
        {"changed", report.changed},
        {"failures", report.failures},
        {"detail", std::string(report.detail.view())},
        {"audit_head", std::string(report.audit_head.view())},
    };
    return dump(json);
}

Result<ActionReport> decode_report(std::string_view body, std::uint64_t nonce) {
    const auto fault = [&](std::string_view what) {
        return make_error(Errc::Parse, "answer of the actuator: {} in '{}'", what,
                          body.substr(0, 120));
    };
    if (body.size() > kAnswerBytesMax) return fault("more bytes than allowed");
    const auto json = nlohmann::json::parse(body, nullptr, false);
    if (!json.is_object()) return fault("no JSON object");
    std::uint32_t version = 0;
    if (!take(json, "version", version) || version != kProtocolVersion) {
        return fault("another version");
    }
    ActionReport report;
    FixedString<36> incident;
    FixedString<15> effect;
    if (!take(json, "incident", incident) || !take(json, "rule", report.rule) ||
        !take(json, "playbook", report.playbook) || !take(json, "mode", report.mode) ||
        !take(json, "ran", report.ran) || !take(json, "failed", report.failed) ||
        !take(json, "waiting", report.waiting) || !take(json, "undone", report.undone) ||
        !take(json, "effect", effect) || !take(json, "ok", report.ok) ||
        !take(json, "changed", report.changed) || !take(json, "failures", report.failures) ||
        !take(json, "detail", report.detail) || !take(json, "audit_head", report.audit_head)) {
        return fault("a missing field");
    }
    for (const Effect known :
         {Effect::Unknown, Effect::Helped, Effect::DidNotHelp, Effect::Worse}) {
        if (effect == name_of(known)) report.effect = known;
    }
    if (effect != name_of(report.effect)) return fault("a bad effect");
    const auto id = parse_incident_id(incident);
    if (!id) return fault("a bad incident id");
    report.incident = *id;
    const auto answered = json.find("nonce");
    if (answered == json.end() || !answered->is_number_unsigned() ||
        answered->get<std::uint64_t>() != nonce) {
        return make_error(Errc::Invalid, "the actuator answered another request");
    }
    return report;
}

}  // namespace homeostat
