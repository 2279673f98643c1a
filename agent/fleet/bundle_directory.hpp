// What `homeostat bundle build` packs: a directory in the shape of a host's own.
//
//     DIR/homeostat.yml      settings
//     DIR/approvals.yml      a list of approvals
//     DIR/rules/*.yml        rulebooks
//     DIR/playbooks/*.yml    playbooks
//
// Each may be missing, but not all of them: an empty bundle would take from every host what the one
// before has brought. Names that begin with a dot are left out.
#pragma once

#include <string>
#include <vector>

#include "agent/fleet/bundle_text.hpp"
#include "core/result.hpp"

namespace homeostat {

// Fills all but the header. Refused: a directory that is not there or that holds none of these, a
// `.yaml` where only `.yml` is read, and whatever is no plain file: what a symbolic link leads to
// lies on the machine of who builds, and is not what they looked at.
Status read_bundle_directory(const std::string& directory, BundleParts& parts);

// What every host would find in the settings and rules. Every fault is in `errors`, with the name
// of its file. Of what the settings name (`ca_file`) nothing is opened: it would be a file of this
// machine. Playbooks are not looked at.
void check_bundle_parts(const BundleParts& parts, std::vector<Error>& errors);

}  // namespace homeostat
