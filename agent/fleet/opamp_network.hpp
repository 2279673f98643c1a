// What OpAMP is spoken over: HTTP for an endpoint http(s)://, a channel for ws(s)://.
#pragma once

#include "core/fetcher.hpp"
#include "core/message_channel.hpp"

namespace homeostat {

// Both borrowed.
struct OpampNetwork {
    Fetcher& fetcher;
    MessageChannel& channel;
};

}  // namespace homeostat
