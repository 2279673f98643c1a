#include "agent/config/secret_store.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "tests/support/temporary_directory.hpp"

using namespace homeostat;

TEST_CASE("secret_store: a file by its path, without the line break that editors add") {
    const test::TemporaryDirectory directory;
    directory.write("token", " s3cret\n");
    const std::string path = directory.path() + "/token";
    ::chmod(path.c_str(), 0640);
    SecretStore store("");
    const auto secret = store.read(path, SecretKind::Secret);
    REQUIRE(secret);
    CHECK(*secret == "s3cret");
    CHECK(store.warnings().empty());
}

TEST_CASE("secret_store: a secret that everyone can read is a warning that does not show it") {
    const test::TemporaryDirectory directory;
    directory.write("token", "s3cret\n");
    const std::string path = directory.path() + "/token";
    ::chmod(path.c_str(), 0644);
    SecretStore store("");
    REQUIRE(store.read(path, SecretKind::Secret));
    REQUIRE(store.warnings().size() == 1);
    CHECK(store.warnings()[0].find("chmod o-rwx") != std::string::npos);
    CHECK(store.warnings()[0].find("s3cret") == std::string::npos);
    CHECK(store.read(path, SecretKind::Certificate));  // is for everyone
    CHECK(store.warnings().size() == 1);
}

TEST_CASE("secret_store: a bare name is a credential of the service") {
    const test::TemporaryDirectory directory;
    directory.write("otlp-token", "s3cret");
    ::chmod((directory.path() + "/otlp-token").c_str(), 0400);
    SecretStore service(directory.path());
    const auto secret = service.read("otlp-token", SecretKind::Secret);
    REQUIRE(secret);
    CHECK(*secret == "s3cret");

    SecretStore outside("");
    const auto missing = outside.read("otlp-token", SecretKind::Secret);
    REQUIRE_FALSE(missing);
    CHECK(missing.error().text.view().find("LoadCredential=") != std::string_view::npos);

    SecretStore by_hand(std::nullopt);
    const auto unknown = by_hand.read("otlp-token", SecretKind::Secret);
    REQUIRE_FALSE(unknown);
    CHECK(unknown.error().code == Errc::NotAvailable);
    CHECK(by_hand.warnings().size() == 1);
}

TEST_CASE("secret_store: where a credential lies, and the key of a certificate, which is long") {
    const test::TemporaryDirectory directory;
    directory.write("tls.key", std::string(20'000, 'x'));
    ::chmod((directory.path() + "/tls.key").c_str(), 0600);
    SecretStore store(directory.path());
    CHECK(*store.read("tls.key", SecretKind::Place) == directory.path() + "/tls.key");
    CHECK(*store.read("/etc/tls.key", SecretKind::Place) == "/etc/tls.key");
    CHECK_FALSE(store.read("../tls.key", SecretKind::Place));
    CHECK(store.read("tls.key", SecretKind::PrivateKey));
    CHECK(store.warnings().empty());
    ::chmod((directory.path() + "/tls.key").c_str(), 0644);
    CHECK(store.read("tls.key", SecretKind::PrivateKey));
    CHECK(store.warnings().size() == 1);
    directory.write("tls.key", std::string(70'000, 'x'));
    CHECK(store.read("tls.key", SecretKind::PrivateKey).error().code == Errc::Limit);
}

TEST_CASE("secret_store: what is no secret is an error with its reason") {
    const test::TemporaryDirectory directory;
    directory.write("empty", "\n");
    directory.write("huge", std::string(5000, 'x'));
    SecretStore store(directory.path());
    struct Row {
        std::string name;
        Errc code;
    };
    for (const Row& row :
         {Row{directory.path() + "/none", Errc::NotFound},
          Row{directory.path() + "/empty", Errc::Invalid},
          Row{directory.path() + "/huge", Errc::Limit}, Row{"empty", Errc::Invalid},
          Row{"sub/name", Errc::Invalid}, Row{"..", Errc::Invalid}, Row{"none", Errc::NotFound}}) {
        CAPTURE(row.name);
        const auto secret = store.read(row.name, SecretKind::Secret);
        REQUIRE_FALSE(secret);
        CHECK(secret.error().code == row.code);
    }
}
