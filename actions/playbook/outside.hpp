// Outside values: what the file did not write itself, known from the names alone.
//
// Extra variables, registered results, facts, and whatever is computed from one of them. They must
// never become a program, an option or shell text. Checked here, when the file is loaded, for every
// `command` and `shell`; the marks set here let `command` check the rest when it runs.
#pragma once

#include "actions/playbook/environment.hpp"
#include "actions/playbook/play.hpp"
#include "actions/playbook/reader.hpp"

namespace homeostat::playbook {

// Sets TemplatePiece::outside in the programs and arguments of all tasks, and refuses:
// a program that is not literal text; in `shell`, an outside value without `| quote`, `| int` or
// `| float` at its end; in `command`, text with `$NAME` or a leading `~`; a program that the policy
// forbids.
Status check_outside_values(Play& play, const Map& extra_variables, const Reader& reader,
                            const Environment& environment);

}  // namespace homeostat::playbook
