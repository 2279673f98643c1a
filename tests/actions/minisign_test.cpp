#include "actions/minisign.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "actions/sodium_signatures.hpp"
#include "tests/support/signer.hpp"

using namespace homeostat;

namespace {

// Made with minisign 0.11.
constexpr const char* kKey = "RWRJXHrU/kFktTyduktPmUOtsOhhbhVbxpIVucL+s8vGEG2T752CC62p";
constexpr const char* kMessage = "version = 7\n";
constexpr const char* kSignature =
    "untrusted comment: x\n"
    "RURJXHrU/kFktY/4FTfnwJvae3ST8rgjpWCgHPLKGmmriTUOE100wGhF97QUytd+"
    "3LgRyzQCb2bsWNfIkLRrO5fUnKJyyEwOuwg=\n"
    "trusted comment: homeostat-config v=7 exp=2027-01-01T00:00:00Z channel=prod\n"
    "1AO9yOOKLgtgxV9HFca1u6gonA2RMsPrndeu8pieUqlyIhD3tQQ9IwC7AE5Ft0Wn/"
    "Nm26UEO06QDqLCyzEuqDg==\n";

bool accepts(std::string_view message, std::string_view signature_text,
             const std::vector<MinisignKey>& keys) {
    const auto signature = parse_minisign_signature(signature_text);
    return signature && verify_minisign(message, *signature, keys, SodiumSignatures{}).has_value();
}

}  // namespace

TEST_CASE("minisign: what minisign itself has signed is taken") {
    const auto key = parse_minisign_key(kKey);
    REQUIRE(key);
    CHECK(to_text(key->id).view() == "B56441FED47A5C49");
    CHECK(parse_minisign_key("untrusted comment: minisign public key B56441FED47A5C49\n" +
                             std::string(kKey) + "\n"));
    CHECK(accepts(kMessage, kSignature, {*key}));
    CHECK_FALSE(accepts("version = 8\n", kSignature, {*key}));
    CHECK_FALSE(accepts(kMessage, kSignature, {}));
    CHECK_FALSE(accepts(kMessage, kSignature, {test::Signer(1).key()}));
}

TEST_CASE("minisign: no flipped bit of message, signature or trusted comment passes (section 7)") {
    const test::Signer signer(3);
    const std::string message = "bundle: {id: prod}\n";
    const std::string whole = signer.sealed(message);
    const auto passes = [&](const std::string& text) {
        const auto split = split_signed(text);
        return split && !split->signature.empty() &&
               accepts(split->body, split->signature, {signer.key()});
    };
    REQUIRE(passes(whole));
    const auto comment = whole.find("untrusted comment: ") + 18;
    const auto comment_end = whole.find('\n', comment);
    for (std::size_t at = 0; at < whole.size(); ++at) {
        // Nothing ever reads the untrusted comment, so nothing in it matters.
        if (at >= comment && at < comment_end) continue;
        for (unsigned bit = 0; bit < 8; ++bit) {
            std::string changed = whole;
            changed[at] = static_cast<char>(static_cast<unsigned char>(changed[at]) ^ (1U << bit));
            CAPTURE(at);
            CAPTURE(bit);
            CHECK_FALSE(passes(changed));
        }
    }
    for (std::size_t size = 0; size < whole.size(); ++size) {
        CAPTURE(size);
        CHECK_FALSE(passes(whole.substr(0, size)));
    }
    CHECK_FALSE(passes(whole + "x"));
    CHECK_FALSE(passes(whole + whole));
}

TEST_CASE("minisign: a signature of one key under another's name is refused") {
    const test::Signer ours(1);
    const test::Signer theirs(2);
    MinisignKey renamed = theirs.key();
    renamed.id = ours.key().id;
    CHECK_FALSE(accepts("m", ours.sign("m"), {renamed}));
    CHECK_FALSE(accepts("m", theirs.sign("m"), {ours.key()}));
    CHECK(accepts("m", theirs.sign("m"), {ours.key(), theirs.key()}));
}

TEST_CASE("minisign: keys that would fit anything, and what is no key, are refused") {
    const auto key_text = [](std::array<std::uint8_t, 32> key) {
        std::string bytes = "Ed12345678";
        bytes.append(reinterpret_cast<const char*>(key.data()), key.size());
        return test::base64(bytes);
    };
    Ed25519Key high{};
    high.fill(0xFF);
    for (const unsigned first : {0xECU, 0xEDU, 0xEEU}) {
        Ed25519Key key = high;
        key[0] = static_cast<std::uint8_t>(first);
        CHECK_FALSE(parse_minisign_key(key_text(key)));
        key[31] = 0x7F;
        CHECK_FALSE(parse_minisign_key(key_text(key)));
    }
    CHECK_FALSE(parse_minisign_key(key_text({})));
    CHECK_FALSE(parse_minisign_key(key_text({1})));
    CHECK(parse_minisign_key(key_text({9})));
    for (const std::string_view text :
         {std::string_view(""), std::string_view("RW"), std::string_view(kKey).substr(1),
          std::string_view("RWRJXHrU/kFktTyduktPmUOtsOhhbhVbxpIVucL+s8vGEG2T752CC62="),
          std::string_view("untrusted comment: only"), std::string_view("\0\xFF\x01", 3)}) {
        CHECK_FALSE(parse_minisign_key(text));
    }
    CHECK_FALSE(parse_minisign_key(std::string(1U << 20U, 'A')));
}

TEST_CASE("minisign: the old kind of signature is refused, and says how to make the new one") {
    std::string old = kSignature;
    old.replace(old.find("RURJ"), 4, "RWRJ");
    const auto parsed = parse_minisign_signature(old);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().text.view().find("-H") != std::string_view::npos);
}

TEST_CASE("minisign: a file with its signature inside comes apart as it was put together") {
    const std::string whole = *join_signed(kMessage, kSignature);
    const auto split = split_signed(whole);
    REQUIRE(split);
    CHECK(split->body == kMessage);
    CHECK(split->signature == kSignature);
    CHECK(split_signed("plain\n")->signature.empty());
    CHECK_FALSE(join_signed(whole, kSignature));
    CHECK_FALSE(join_signed("no line break", kSignature));
    CHECK_FALSE(join_signed("x\n", "no signature\n"));
    CHECK_FALSE(split_signed("x # -----BEGIN MINISIG-----\n"));
}
