// Everything that can answer a Question, opened from one configuration; and the loop that asks until there is a verdict.
//
// Thread-safe: many sessions ask one Sources at once. A Service is immutable, so a session that holds a
// shared_ptr to it keeps the configuration it began with.
#pragma once

#include <chrono>

#include "policy/policy.h"
#include "policy/source/domain_list.h"
#include "policy/source/relayers/relayers_reader.h"

namespace relay {

class Service {
public:
    explicit Service(Settings settings);

    [[nodiscard]] const Policy& policy() const { return policy_; }
    [[nodiscard]] const Settings& settings() const { return policy_.settings(); }

    /// The verdict on one recipient. `findings` is left holding all that was asked. Look-ups that fail defer.
    Verdict judge(const Envelope& envelope, Findings& findings, std::chrono::sys_seconds now) const;

private:
    void answer(const Question& question, const Envelope& envelope, Findings& findings) const;

    Policy policy_;
    DomainList domains_;
    RelayersReader relayers_;
};

}  // namespace relay
