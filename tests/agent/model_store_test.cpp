#include "agent/model_store.hpp"

#include <doctest/doctest.h>

#include "core/allocation_guard.hpp"
#include "tests/agent/rig.hpp"

using namespace homeostat;

namespace {

// A former run of a few minutes, as its models file.
std::string former_run() {
    test::Rig rig;
    rig.run(1500);
    return rig.agent.models(rig.clock.now());
}

}  // namespace

TEST_CASE("model store: what one run has learned the next one knows") {
    test::Rig rig;
    auto load = decode_models(former_run());
    REQUIRE(load);
    CHECK(load->damaged == 0);
    const std::size_t saved = load->bank->size();
    REQUIRE(saved > 50);
    rig.agent.restore_models(std::move(*load));
    rig.run(3);
    CHECK(rig.agent.models_taken() > saved / 2);
    rig.run(200);
    AgentStatus status;
    rig.agent.describe(status);
    // Twenty minutes of rows are needed to judge; this run is three minutes old.
    CHECK(status.learned_ratio > 0.5);
    test::Rig young;
    young.run(203);
    young.agent.describe(status);
    CHECK(status.learned_ratio == 0);
}

TEST_CASE("model store: every cut of the file is refused or loses only its end") {
    const std::string whole = former_run();
    const auto all = decode_models(whole);
    REQUIRE(all);
    const std::size_t count = all->bank->size();
    for (std::size_t size = 0; size < whole.size(); size += 97) {
        const auto load = decode_models(whole.substr(0, size));
        if (size < 64) {
            CHECK_FALSE(load);
        } else {
            REQUIRE(load);
            REQUIRE(load->bank->size() + load->damaged == count);
        }
    }
}

TEST_CASE("model store: a flipped bit costs one model, never a wrong one") {
    const std::string whole = former_run();
    const std::size_t count = decode_models(whole)->bank->size();
    for (std::size_t at = 64; at < whole.size(); at += 1009) {
        std::string damaged = whole;
        damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
        const auto load = decode_models(damaged);
        REQUIRE(load);
        REQUIRE(load->damaged == 1);
        REQUIRE(load->bank->size() == count - 1);
    }
}

TEST_CASE("model store: another version, byte order or file is refused with its reason") {
    const std::string whole = former_run();
    struct Row {
        std::size_t at;
        std::string_view reason;
    };
    for (const Row& row : {Row{0, "no models"}, Row{8, "byte order"}, Row{40, "damaged header"},
                           Row{12, "damaged header"}}) {
        std::string other = whole;
        other[row.at] = static_cast<char>(other[row.at] ^ 0x40);
        const auto load = decode_models(other);
        REQUIRE_FALSE(load);
        CAPTURE(row.at);
        CHECK(load.error().text.view().find(row.reason) != std::string_view::npos);
    }
    CHECK_FALSE(decode_models(""));
    CHECK_FALSE(decode_models(std::string(100'000, '\xff')));
}

TEST_CASE("model store: the bank is given back once its series had time to return") {
    test::Rig rig;
    auto load = decode_models(former_run());
    REQUIRE(load);
    rig.agent.restore_models(std::move(*load));
    rig.run(16 * 60);
    const auto taken = rig.agent.models_taken();
    rig.run(60);
    CHECK(rig.agent.models_taken() == taken);
}
