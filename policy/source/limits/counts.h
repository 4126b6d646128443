// Who answers Question::limits and ::brake: the Limits of this process, or, for explain, those of the running daemon.
#pragma once

#include <optional>
#include <string_view>

#include "policy/findings.h"
#include "policy/limit.h"

namespace relay {

class Counts {
public:
    virtual ~Counts() = default;

    /// Charges one recipient to every limit that applies, or to none: then those without room are told, the ones that
    /// stop it first. Limits that only tell are counted with it and never stop it; they are told as well.
    /// `message_counted`: an earlier recipient of the message has paid for the message.
    [[nodiscard]] virtual Lookup<OverLimits> charge(const LimitSubject& subject, bool message_counted, LimitTime now) const = 0;

    /// Is the login braked? With `seen_from` it has just authenticated from there, which may be what brakes it.
    [[nodiscard]] virtual Lookup<Braked> brake(std::string_view login, const std::optional<Address>& seen_from,
                                               LimitTime now) const = 0;
};

}  // namespace relay
