// Loads arbitrary bytes as a playbook: YAML, keys, parameters, expressions. Nothing is run.
#include <cstddef>
#include <cstdint>

#include "actions/playbook/run.hpp"

namespace {

using namespace homeostat;

class NoRoot final : public Root {
public:
    Result<std::string_view> read(const char* path, std::span<char>) const override {
        return nothing(path);
    }
    Result<std::string_view> read(KeptFile& file, std::span<char>) const override {
        return nothing(file.path());
    }
    Result<std::string_view> read_link(const char* path, std::span<char>) const override {
        return nothing(path);
    }
    Status list(const char* path, FunctionRef<bool(std::string_view)>) const override {
        return nothing(path);
    }
    Result<FilesystemUsage> filesystem_usage(const char* path) const override {
        return nothing(path);
    }

private:
    static Error nothing(const char* path) { return make_error(Errc::NotFound, "{}", path); }
};

class NoSpawner final : public Spawner {
public:
    Result<ExitReport> run(const Command&) override { __builtin_trap(); }
};

class NoClock final : public Clock {
public:
    Instant now() const override { return {}; }
};

class NoPauser final : public playbook::Pauser {
public:
    void pause(Duration) override { __builtin_trap(); }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const NoRoot root;
    static const NoClock clock;
    static const playbook::OperatorPolicy policy;
    static const playbook::Map extra{{"extra", "value"}};
    NoSpawner spawner;
    NoPauser pauser;
    const playbook::Environment environment{.root = root,
                                            .clock = clock,
                                            .spawner = spawner,
                                            .pauser = pauser,
                                            .policy = policy,
                                            .probe = nullptr};
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto status = playbook::check_playbook(
        {.text = text, .file_name = "fuzz.yml", .extra_variables = extra}, environment);
    if (!status && !status.error().text.view().starts_with("fuzz.yml:")) __builtin_trap();
    return 0;
}
