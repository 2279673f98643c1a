#include "agent/fleet/bundle_sources.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "actions/bundle.hpp"
#include "core/file.hpp"

namespace homeostat {
namespace {

constexpr std::size_t kFilesMax = 32;
constexpr std::size_t kSignatureBytesMax = 4096;
constexpr const char* kSignatureSuffix = ".minisig";

std::string stamp_of(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return "";
    return fmt::format("{} {} {} {}", static_cast<std::uint64_t>(status.st_ino),
                       static_cast<std::int64_t>(status.st_size),
                       static_cast<std::int64_t>(status.st_ctim.tv_sec),
                       static_cast<std::int64_t>(status.st_ctim.tv_nsec));
}

std::vector<std::string> names_in(const std::string& directory) {
    std::vector<std::string> names;
    std::error_code error;
    for (auto entry = std::filesystem::directory_iterator(directory, error);
         !error && entry != std::filesystem::directory_iterator() && names.size() < kFilesMax;
         entry.increment(error)) {
        std::string name = entry->path().filename().string();
        if (name.ends_with(".yml") && name[0] != '.') names.push_back(std::move(name));
    }
    std::sort(names.begin(), names.end());
    return names;
}

}  // namespace

void BundleDirectory::poll(Instant now, TakeBundle take) {
    for (const std::string& name : names_in(directory_)) offer(name, now, take);
}

void BundleDirectory::offer(const std::string& name, Instant now, TakeBundle take) {
    const std::string path = directory_ + "/" + name;
    Seen& seen = seen_[name];
    const std::string stamp = stamp_of(path) + " " + stamp_of(path + kSignatureSuffix);
    const bool same = seen.stamp == stamp;
    if (same && (seen.taken || now - seen.at < kOfferAgain)) return;
    seen = {stamp, false, now};
    const auto text = read_file(path, kBundleBytesMax);
    if (!text) return;
    const auto signature = read_file(path + kSignatureSuffix, kSignatureBytesMax);
    seen.taken = take(*text, signature ? std::string_view(*signature) : std::string_view{}, path);
}

OperatorWord BundleDirectory::operator_word() const {
    const auto text = read_file(directory_ + "/" + kOperatorFile, kOperatorBytesMax);
    return text ? parse_operator_word(*text) : OperatorWord{};
}

Result<HttpResponse> BundleUrl::get(Fetcher& fetcher, const std::string& url,
                                    bool conditional) const {
    HttpRequest request;
    request.url = url;
    request.headers = source_.headers;
    request.tls = source_.tls;
    request.response_max = kBundleBytesMax;
    if (conditional && !etag_.empty()) request.headers.push_back({"If-None-Match", etag_});
    return fetcher.fetch(request);
}

void BundleUrl::fail(Instant now, std::string why, std::optional<Duration> retry_after) {
    problem_ = std::move(why);
    next_ = now + std::max(backoff_.next(retry_after), std::min(source_.interval, seconds(30)));
}

void BundleUrl::poll(Instant now, Fetcher& fetcher, TakeBundle take) {
    if (source_.url.empty()) return;
    if (!begun_) {  // hosts that start together do not ask together
        begun_ = true;
        next_ = now + random_.below(std::min(source_.interval, seconds(30)));
    }
    if (now < next_) return;
    const auto answer = get(fetcher, source_.url, true);
    if (!answer) return fail(now, std::string(answer.error().text.view()));
    if (answer->status != 200 && answer->status != 304) {
        return fail(now, fmt::format("the server answers {}", answer->status),
                    parse_retry_after(answer->retry_after, now.unix_ns));
    }
    // A tenth more or less, so that hosts drift apart.
    const Duration spread{std::max<std::int64_t>(source_.interval.ns / 5, 1)};
    next_ = now + (source_.interval - Duration{spread.ns / 2} + random_.below(spread));
    backoff_.reset();
    problem_.clear();
    if (answer->status == 304) return;
    std::string signature;
    const auto split = split_signed(answer->body);
    if (split && split->signature.empty() && !answer->body.empty()) {
        const auto beside = get(fetcher, source_.url + kSignatureSuffix, false);
        if (!beside) return fail(now, std::string(beside.error().text.view()));
        if (beside->status == 200) signature = beside->body;
    }
    if (answer->body.empty()) return;  // nothing is offered: what is in force stays
    etag_ = take(answer->body, signature, source_.url) ? answer->etag : std::string();
}

}  // namespace homeostat
