// What was looked up for one recipient. A finding that was not asked for is empty; a decision asks for what it needs.
#pragma once

#include <optional>

#include "policy/login_record.h"
#include "policy/lookup.h"

namespace relay {

/// Present in a list; there is nothing more to say of it.
struct Listed {
    bool operator==(const Listed&) const = default;
};

/// What a decision may have to ask, cheapest first.
enum class Question {
    our_domain,  ///< Plain wiring: is the recipient's domain one of ours?
    login,       ///< relayers.db: when did this client address log in?
};

struct Findings {
    std::optional<Lookup<Listed>> our_domain;
    std::optional<Lookup<LoginRecord>> login;
};

}  // namespace relay
