// Another writer can take the lock while a rewriting one lets readers in: then a change begins anew.
#pragma once

#include "policy/source/files/fault.h"

namespace relay {

/// What `change` returns; a Fault that says "replaced" is passed on after five times.
template <class Change>
auto tried_again(Change change) -> decltype(change()) {
    constexpr int most = 5;
    for (int tries = 1;; ++tries) {
        try {
            return change();
        } catch (const Fault& fault) {
            if (fault.trouble != Trouble::replaced || tries == most) throw;
        }
    }
}

}  // namespace relay
