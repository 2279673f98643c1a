#include "collectors/certificate_text.hpp"

#include <doctest/doctest.h>
#include <openssl/asn1.h>
#include <openssl/x509.h>

#include <ctime>
#include <optional>

#include "tests/collectors/fixture_host.hpp"

using namespace homeostat;
using test::Watch;

namespace {

std::string fixture(std::string_view name) {
    return test::read_text(std::string("tests/fixtures/certificates/") + std::string(name));
}

// 2030-01-02T03:04:56Z, in a form of time for years before 2050.
constexpr std::int64_t kEnd2030 = 1'893'553'496;
// 2061-05-06T07:08:09Z, in the form for years after.
constexpr std::int64_t kEnd2061 = 2'882'588'889;

}  // namespace

TEST_CASE("certificate_text: ends in both forms of time, PEM and DER") {
    CHECK(*certificate_end(fixture("2030-01-02.pem")) == kEnd2030);
    CHECK(*certificate_end(fixture("2061-05-06.pem")) == kEnd2061);
    CHECK(*certificate_end(fixture("2030-01-02.der")) == kEnd2030);
}

TEST_CASE("certificate_text: of a chain the first to end counts, text around is passed over") {
    const std::string chain =
        "Subject: a comment\n" + fixture("2061-05-06.pem") +
        "-----BEGIN RSA PRIVATE KEY-----\n!!\n-----END RSA PRIVATE KEY-----\n" +
        fixture("2030-01-02.pem");
    CHECK(*certificate_end(chain) == kEnd2030);
}

TEST_CASE("certificate_text: anything else is an error that says what was expected") {
    CHECK(certificate_end("-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n")
              .error()
              .text.view()
              .find("Base64") != std::string_view::npos);
    CHECK_FALSE(certificate_end("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"));
    CHECK_FALSE(certificate_end("-----BEGIN CERTIFICATE-----\nMIIB"));
    for (const std::string& text : test::hostile_texts()) CHECK_FALSE(certificate_end(text));
}

TEST_CASE("certificate_text: no cut and no changed byte is read beyond its end") {
    const std::string der = fixture("2030-01-02.der");
    const auto read = [](std::string_view text) {
        return certificate_end_der(
            {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
    };
    std::size_t good = 0;
    test::parse_all_beginnings(der, [&](std::string_view text) { good += read(text) ? 1 : 0; });
    CHECK(good > 0);           // cut after the validity
    CHECK(good < der.size());  // cut before
    for (std::size_t i = 0; i < der.size(); ++i) {
        std::string changed = der;
        changed[i] = static_cast<char>(0xFF);
        (void)read(changed);
    }
}

namespace {

// What OpenSSL reads, where it can read both times: we want a whole validity, too.
std::optional<std::int64_t> end_by_openssl(std::string_view der) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
    X509* certificate = d2i_X509(nullptr, &bytes, static_cast<long>(der.size()));
    if (certificate == nullptr) return std::nullopt;
    std::tm end{};
    const bool good = ASN1_TIME_to_tm(X509_get0_notBefore(certificate), &end) == 1 &&
                      ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) == 1;
    X509_free(certificate);
    return good ? std::optional<std::int64_t>(timegm(&end)) : std::nullopt;
}

}  // namespace

TEST_CASE("certificate_text: says what OpenSSL says, also of certificates with a changed byte") {
    const std::string der = fixture("2030-01-02.der");
    REQUIRE(end_by_openssl(der) == kEnd2030);
    std::size_t compared = 0;
    for (std::size_t i = 0; i < der.size(); ++i) {
        for (const int bit : {0, 3, 7}) {
            std::string changed = der;
            changed[i] = static_cast<char>(changed[i] ^ (1 << bit));
            const auto theirs = end_by_openssl(changed);
            if (!theirs) continue;  // stricter than our walk, which looks at one field
            const auto ours = certificate_end_der(
                {reinterpret_cast<const std::uint8_t*>(changed.data()), changed.size()});
            CAPTURE(i);
            CAPTURE(bit);
            REQUIRE(ours);
            CHECK(*ours == *theirs);
            ++compared;
        }
    }
    CHECK(compared > 100);
}
