// Writes a bundle (actions/bundle.hpp) out of its parts: what `homeostat bundle build` makes, for
// minisign to sign.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "actions/bundle.hpp"
#include "core/result.hpp"

namespace homeostat {

struct BundleParts {
    BundleHeader header;
    std::string settings_name;  // for messages
    std::string settings;       // the text of a homeostat.yml; empty: none
    std::vector<BundleFile> rules;
    std::vector<BundleFile> playbooks;
    std::string approvals_name;
    std::string approvals;  // the text of a YAML list; empty: none
};

// The settings stand in it as they were written, comments and all, where their form allows. What is
// returned has been read again and holds what the parts say. Errors name the part's file and line.
Result<std::string> write_bundle(const BundleParts& parts);

// What the trusted comment of its signature should say, for people who look at it with minisign.
std::string trusted_comment_for(const BundleHeader& header);

}  // namespace homeostat
