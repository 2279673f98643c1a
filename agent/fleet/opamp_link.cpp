#include "agent/fleet/opamp_link.hpp"

#include <algorithm>

#include "core/format.hpp"
#include "core/hex.hpp"
#include "core/parse.hpp"

namespace homeostat {
namespace {

constexpr std::size_t kMemoryBytesMax = 4096;
constexpr std::size_t kTextMax = 400;
// Requirement 20: two seconds, without a clock.
constexpr int kFarewellWaits = 20;
constexpr Duration kFarewellWait = milliseconds(100);

OpampMemory remembered(const FleetFiles& files) {
    const auto text = files.read(kOpampFile, kMemoryBytesMax);
    if (!text) return {};
    auto memory = parse_opamp_memory(*text);
    return memory ? std::move(*memory) : OpampMemory{};
}

OpampIdentity with_uid(OpampIdentity identity, const std::string& uid) {
    if (!uid.empty()) identity.instance_uid = uid;
    return identity;
}

}  // namespace

std::string to_text(const OpampMemory& memory) {
    return fmt::format("hash {}\nuid {}\ndigest {}\nstate {} {}\n", to_hex(memory.hash),
                       to_hex(memory.instance_uid), memory.digest.empty() ? "-" : memory.digest,
                       static_cast<int>(memory.report.state),
                       to_hex(std::string_view(memory.report.text).substr(0, kTextMax)));
}

Result<OpampMemory> parse_opamp_memory(std::string_view text) {
    const Error fault = make_error(Errc::Parse, "opamp: not understood");
    OpampMemory memory;
    std::string_view line;
    for (const std::string_view key : {"hash", "uid", "digest", "state"}) {
        if (!next_line(text, line) || next_word(line) != key) return fault;
        const std::string_view word = next_word(line);
        if (key == "hash" && !from_hex(word, memory.hash)) return fault;
        if (key == "uid" && !from_hex(word, memory.instance_uid)) return fault;
        if (key == "digest") memory.digest = word == "-" ? std::string_view{} : word;
        if (key != "state") continue;
        const auto state = parse_u64(word);
        if (!state || *state > 3 || !from_hex(next_word(line), memory.report.text)) return fault;
        memory.report.state = static_cast<OfferState>(*state);
    }
    memory.report.hash = memory.hash;
    return memory;
}

OfferReport report_of(const OpampMemory& memory, const RolloutRecord& record) {
    const std::string& digest = memory.digest;
    if (memory.hash.empty() || digest.empty()) return memory.report;
    if (record.trial.digest == digest || record.waiting.digest == digest) {
        return {memory.hash, OfferState::Applying, ""};
    }
    if (record.good.digest == digest) return {memory.hash, OfferState::Applied, ""};
    if (record.failed.digest == digest) return {memory.hash, OfferState::Failed, record.failure};
    if (record.highest.digest == digest) {
        return {memory.hash, OfferState::Failed, "the operator of the host went back from it"};
    }
    return memory.report;
}

OpampLink::OpampLink(OpampSettings settings, OpampIdentity identity, FleetFiles& files,
                     std::uint64_t seed)
    : files_(files),
      memory_(remembered(files)),
      connection_(std::move(settings), files),
      client_(connection_.settings(), with_uid(identity, memory_.instance_uid), memory_.hash, seed),
      metrics_(std::move(identity), connection_.settings().tls, files),
      first_wait_(JitterRandom(seed).below(std::min(kFirstWithin, client_.settings().interval))) {
    client_.know_connection(connection_.hash().empty() ? metrics_.hash() : connection_.hash());
    client_.report_connection(connection_.report());
}

void OpampLink::poll(Instant now, OpampNetwork network, OpampView view, const RolloutRecord& record,
                     Take take) {
    if (!began_) began_ = now;
    if (now - *began_ < first_wait_) return;
    view.config = report_of(memory_, record);
    if (changed_) hang_up(now, network.channel);
    changed_ = false;
    if (is_websocket(client_.settings().endpoint)) {
        talk(now, network.channel, view, take);
    } else {
        ask(now, network.fetcher, view, take);
    }
}

void OpampLink::ask(Instant now, Fetcher& fetcher, const OpampView& view, Take take) {
    if (!client_.due(now, view)) return;
    const auto answer = fetcher.fetch(client_.request(view));
    ++sent_;
    received_ += answer ? 1 : 0;
    const OpampNews news = client_.on_answer(answer, now);
    const bool good = client_.problem().empty();
    met_ = met_ || good;
    heed(news, take);
    follow(good ? End::Good : answer ? End::Refused : End::Silence, news, now);
}

// What the server has pushed is taken first: it may change what is to be said.
void OpampLink::talk(Instant now, MessageChannel& channel, const OpampView& view, Take take) {
    if (channel.state() == ChannelState::Closed) {
        if (!client_.may_connect(now)) return;
        const Status begun = channel.open(client_.upgrade(), now);
        if (!begun) return note_end(begun.error(), now);
    }
    listen(now, channel, take);
    if (changed_ || channel.state() != ChannelState::Open) return;
    if (!settled_ && now - *open_since_ >= OpampClient::kSteady) {
        client_.on_quiet();
        met_ = true;
        settled_ = true;
        follow(End::Good, {}, now);
    }
    if (!client_.due(now, view)) return;
    channel.send(client_.next_message(view, now));
    ++sent_;
    const ChannelNews news = channel.step(now, {});
    hear(now, news, channel, take);
}

void OpampLink::listen(Instant now, MessageChannel& channel, Take take) {
    const ChannelNews news = channel.step(now, {});
    if (!open_since_ && (channel.state() == ChannelState::Open || !news.messages.empty())) {
        open_since_ = now;
        settled_ = false;
        client_.on_open();
    }
    hear(now, news, channel, take);
}

void OpampLink::hear(Instant now, const ChannelNews& news, MessageChannel& channel, Take take) {
    for (const std::string& message : news.messages) {
        ++received_;
        const OpampNews said = client_.on_message(message, now);
        const bool good = client_.problem().empty();
        met_ = met_ || good;
        settled_ = settled_ || good;
        heed(said, take);
        follow(good ? End::Good : End::Refused, said, now);
        if (said.hang_up || changed_) {  // what else this server has said is not for us any more
            hang_up(now, channel);
            return;
        }
    }
    if (news.end) note_end(*news.end, now);
}

void OpampLink::note_end(const Result<HttpResponse>& end, Instant now) {
    if (settled_) follow(End::Good, {}, now);  // it was there until now
    bool answered = true;
    if (end) {
        (void)client_.on_answer(end, now);
    } else {
        const Errc code = end.error().code;
        answered = code == Errc::Parse || code == Errc::Limit;
        client_.on_drop(end.error(), open_since_ ? now - *open_since_ : Duration{}, now);
    }
    open_since_.reset();
    settled_ = false;
    follow(answered ? End::Refused : End::Silence, {}, now);
}

void OpampLink::hang_up(Instant now, MessageChannel& channel) {
    channel.close();
    (void)channel.step(now, {});
    channel.drop();
    open_since_.reset();
    settled_ = false;
}

void OpampLink::heed(const OpampNews& news, Take take) {
    if (!news.new_instance_uid.empty()) {
        memory_.instance_uid = news.new_instance_uid;
        save();
    }
    if (news.offer) take_offer(*news.offer, take);
}

// Another server is tried first; what becomes of that is told to whichever it is then.
void OpampLink::follow(End end, const OpampNews& news, Instant now) {
    const std::string problem = client_.problem();
    const bool back = connection_.note(end, problem, now);
    const bool on = news.move && connection_.begin(*news.move);
    if (back || on) {
        client_.use(connection_.settings());
        changed_ = true;
    }
    if (news.move) metrics_report_.reset();
    if (news.metrics) {
        std::string fault = metrics_.take(*news.metrics);
        const OfferState state = fault.empty() ? OfferState::Applied : OfferState::Failed;
        if (!news.move) metrics_report_ = {news.metrics->hash, state, std::move(fault)};
    }
    client_.report_connection(metrics_report_ ? *metrics_report_ : connection_.report());
}

OpampStatus OpampLink::status(const RolloutRecord& record) const {
    return {.used = true,
            .connected = met_ && client_.problem().empty(),
            .sent = sent_,
            .received = received_,
            .remote_config = name_of(report_of(memory_, record).state)};
}

void OpampLink::take_offer(const OpampOffer& offer, Take take) {
    memory_.hash = offer.hash;
    memory_.digest.clear();
    memory_.report = {offer.hash, OfferState::Applied, ""};
    if (!offer.fault.empty()) {
        memory_.report = {offer.hash, OfferState::Failed, offer.fault};
    } else if (!offer.body.empty()) {  // an empty one leaves in force what is in force
        const OfferAnswer answer = take(offer.body, offer.signature);
        memory_.digest = answer.bundle.digest;
        memory_.report = {offer.hash, OfferState::Failed, answer.text};
    }
    save();
}

void OpampLink::say_farewell(Instant now, OpampNetwork network) {
    if (!is_websocket(client_.settings().endpoint)) {
        if (met_) (void)network.fetcher.fetch(client_.farewell());
        return;
    }
    MessageChannel& channel = network.channel;
    channel.send(client_.farewell_message());
    channel.close();
    for (int i = 0; i < kFarewellWaits && channel.state() != ChannelState::Closed; ++i) {
        (void)channel.step(now, kFarewellWait);
    }
    channel.drop();
}

// On a disk that takes no writes an offer is taken for new after a restart, and found to be known.
void OpampLink::save() {
    (void)files_.write(kOpampFile, to_text(memory_));
}

}  // namespace homeostat
