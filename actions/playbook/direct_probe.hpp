// DirectProbe looks from this very process: for a person who runs a playbook by hand.
#pragma once

#include "actions/playbook/environment.hpp"
#include "core/fetcher.hpp"

namespace homeostat::playbook {

class DirectProbe final : public NetworkProbe {
public:
    explicit DirectProbe(Fetcher& fetcher) : fetcher_(fetcher) {}

    Result<ProbeAnswer> request(const ProbeRequest& request) override;
    Result<std::string> connect(const std::string& host, std::uint16_t port, Duration timeout,
                                std::size_t text_max) override;
    Result<std::string> read_file(const std::string& path, std::size_t text_max) override;

private:
    Fetcher& fetcher_;
};

}  // namespace homeostat::playbook
