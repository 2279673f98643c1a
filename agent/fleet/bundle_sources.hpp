// Where bundles come from: a directory that configuration management or a person fills, and a file
// on any web server. Both hand whatever they find to one function; whether it is believed is
// Keeper's affair.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "agent/fleet/fleet_settings.hpp"
#include "agent/fleet/keeper.hpp"
#include "agent/uplink/backoff.hpp"
#include "core/fetcher.hpp"
#include "core/function_ref.hpp"

namespace homeostat {

// False: it was refused, and may be offered again later.
using TakeBundle =
    FunctionRef<bool(std::string_view text, std::string_view signature, const std::string& source)>;

// DIRECTORY/*.yml, each with its signature inside or in NAME.yml.minisig. A file is offered when it
// is new or was changed, and again after kOfferAgain when it was refused: the reason may be gone.
class BundleDirectory {
public:
    static constexpr Duration kOfferAgain = minutes(10);

    explicit BundleDirectory(std::string directory) : directory_(std::move(directory)) {}

    void poll(Instant now, TakeBundle take);

    // DIRECTORY/operator (actions/operator_word.hpp); what cannot be read says nothing.
    [[nodiscard]] OperatorWord operator_word() const;

private:
    struct Seen {
        std::string stamp;
        bool taken = false;
        Instant at;
    };

    void offer(const std::string& name, Instant now, TakeBundle take);

    std::string directory_;
    std::map<std::string, Seen> seen_;
};

// GET with If-None-Match (RFC 9110, 13.1.2). A bundle without its signature inside is fetched with
// URL.minisig. Failures back off; what a server says or does not say never touches what is in
// force.
class BundleUrl {
public:
    // `seed`: of the jitter. The source is borrowed.
    BundleUrl(const HttpsSource& source, std::uint64_t seed)
        : source_(source), backoff_(seed), random_(seed) {}

    void poll(Instant now, Fetcher& fetcher, TakeBundle take);

    [[nodiscard]] const std::string& problem() const { return problem_; }

private:
    Result<HttpResponse> get(Fetcher& fetcher, const std::string& url, bool conditional) const;
    void fail(Instant now, std::string why, std::optional<Duration> retry_after = std::nullopt);

    const HttpsSource& source_;
    Backoff backoff_;
    JitterRandom random_;
    Instant next_;
    bool begun_ = false;
    std::string etag_;
    std::string problem_;
};

}  // namespace homeostat
