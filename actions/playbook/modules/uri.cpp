// The module `uri`: asks an HTTP server, through the probe.
#include <algorithm>
#include <array>

#include "actions/playbook/json.hpp"
#include "actions/playbook/modules/modules.hpp"
#include "actions/playbook/modules/url.hpp"
#include "actions/playbook/utf8.hpp"

namespace homeostat::playbook {
namespace {

constexpr int kRedirectsMax = 10;

Status validate(const Parameters& parameters) {
    if (!parameters.has("url")) return make_error(Errc::Invalid, "'url' is missing");
    if (!parameters.knows("url")) return Ok{};
    const auto url = split_url(parameters.text("url"));
    if (!url) return url.error();
    return Ok{};
}

Status authorise_url(const std::string& url, const Environment& environment) {
    if (environment.probe == nullptr) {
        return make_error(Errc::Denied, "actions on this host have no network");
    }
    const auto parts = split_url(url);
    if (!parts) return parts.error();
    return is_loopback(parts->host) ? Status(Ok{}) : environment.policy.allow_host(parts->host);
}

Status authorise(const Parameters& parameters, const Environment& environment) {
    return authorise_url(parameters.text("url", "http://127.0.0.1"), environment);
}

Result<ProbeRequest> read_request(const ModuleCall& call) {
    const Parameters& parameters = call.parameters;
    ProbeRequest request;
    request.method = parameters.text("method", "GET");
    request.url = parameters.text("url");
    request.timeout =
        std::min(seconds(std::clamp<std::int64_t>(parameters.integer("timeout", 30), 1, 3600)),
                 call.time_max);
    request.verify_certificates = parameters.flag("validate_certs", true);
    const bool json = parameters.text("body_format", "raw") == "json";
    bool has_type = false;
    if (const Parameter* headers = parameters.find("headers")) {
        for (const auto& [name, value] : headers->value.map().entries()) {
            has_type = has_type || to_lower(name) == "content-type";
            std::string text = to_str(value);
            if ((name + text).find_first_of("\r\n") != std::string::npos) {
                return make_error(Errc::Invalid, "the header '{}' holds a line end", name);
            }
            request.headers.emplace_back(name, std::move(text));
        }
    }
    if (const Parameter* body = parameters.find("body")) {
        if (!json && (body->value.is_list() || body->value.is_map())) {
            return make_error(Errc::Invalid, "'body' must be text, or use body_format: json");
        }
        request.body =
            json && !body->value.is_text() ? python_json(body->value) : to_str(body->value);
    }
    if (json && !has_type) request.headers.emplace_back("Content-Type", "application/json");
    return request;
}

bool is_redirect(int status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

// Follows redirects of GET and HEAD, on the same host only.
Result<ProbeAnswer> ask(const ModuleCall& call, ProbeRequest& request) {
    NetworkProbe& probe = *call.environment.probe;
    auto answer = probe.request(request);
    for (int count = 0; count < kRedirectsMax && answer; ++count) {
        const bool may_follow = request.method == "GET" || request.method == "HEAD";
        if (!is_redirect(answer->status) || answer->location.empty() || !may_follow) break;
        const auto target = resolve_location(request.url, answer->location);
        const auto here = split_url(request.url);
        const auto there = target ? split_url(*target) : Result<UrlParts>(target.error());
        if (!here || !there || here->host != there->host) break;
        request.url = *target;
        answer = probe.request(request);
    }
    return answer;
}

bool is_json(std::string_view content_type) {
    std::string type = to_lower(content_type.substr(0, content_type.find(';')));
    type = type.substr(type.find('/') + 1);
    while (type.ends_with(' ')) type.pop_back();
    type = type.substr(type.find('+') + 1);
    return type == "json" || type == "javascript";
}

constexpr int kNoAnswer = -1;

bool is_accepted(const Parameters& parameters, int status) {
    if (!parameters.has("status_code")) return status == 200;
    const Value& codes = parameters.find("status_code")->value;
    return std::any_of(codes.list().begin(), codes.list().end(),
                       [&](const Value& code) { return code.integer() == status; });
}

ModuleResult judge(const ModuleCall& call, const ProbeAnswer& answer) {
    ModuleResult result;
    const std::string body = to_valid_utf8(answer.body);
    if (!is_accepted(call.parameters, answer.status)) {
        result = failure(fmt::format("Status code was {}, which is not accepted", answer.status));
    } else {
        result.fields.set("msg", fmt::format("OK ({} bytes)", answer.body.size()));
    }
    result.fields.set("status", answer.status);
    result.fields.set("content_type", answer.content_type);
    if (is_json(answer.content_type)) {
        if (auto json = parse_json(body)) result.fields.set("json", std::move(*json));
    }
    if (call.parameters.flag("return_content", false)) result.fields.set("content", body);
    return result;
}

ModuleResult run(const ModuleCall& call) {
    auto request = read_request(call);
    if (!request) return failure(request.error());
    const Instant begin = call.environment.clock.now();
    const auto answer = ask(call, *request);
    ModuleResult result;
    if (answer) {
        result = judge(call, *answer);
    } else {
        // -1 among the accepted ones: nobody is to answer.
        if (!is_accepted(call.parameters, kNoAnswer)) result = failure(answer.error());
        result.fields.set("status", kNoAnswer);
    }
    const double elapsed = (call.environment.clock.now() - begin).seconds();
    result.fields.set("changed", false);
    result.fields.set("url", request->url);
    result.fields.set("elapsed", static_cast<std::int64_t>(elapsed));
    return result;
}

constexpr std::array<ParameterSpec, 9> kParameters{{
    {"url"},
    {"method", ParameterType::Choice, "GET HEAD POST"},
    {"status_code", ParameterType::IntList},
    {"return_content", ParameterType::Bool},
    {"timeout", ParameterType::Int},
    {"headers", ParameterType::Mapping},
    {"body", ParameterType::Any},
    {"body_format", ParameterType::Choice, "raw json"},
    {"validate_certs", ParameterType::Bool},
}};

}  // namespace

const ModuleSpec kUriModule{.name = "uri",
                            .parameters = kParameters,
                            .run = run,
                            .validate = validate,
                            .authorise = authorise,
                            .skipped_when_checking = true};

}  // namespace homeostat::playbook
