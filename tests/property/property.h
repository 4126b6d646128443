// holds(): a property over random facts, within a Catch2 test. Each run has a fresh seed, printed as the RC_PARAMS that
// repeats the run; RC_PARAMS from outside is taken as it is.
#pragma once

#include <rapidcheck.h>

#include "tests/support/catch.h"

namespace property {

/// Chooses and prints the seed, once for the program.
void log_seed();

template <class Property>
void holds(const std::string& sentence, Property property) {
    log_seed();
    CHECK(rc::check(sentence, property));
}

}  // namespace property
