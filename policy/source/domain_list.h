// Plain wiring: which domains are ours, from sendmail's own files (local-host-names, relay-domains) and the configuration.
//
// Answers from memory; a file that changed is read again at the next look-up (one stat(2) a file). Thread-safe.
// The only other reader of these files is sendmail itself, at its start.
#pragma once

#include <memory>
#include <string_view>

#include "policy/findings.h"
#include "policy/settings.h"

namespace relay {

class DomainList {
public:
    explicit DomainList(DestinationSettings settings);
    ~DomainList();

    /// `domain` as Path::domain. A file that is missing while its directory can be searched is an empty one;
    /// any other fault is Failed unless another list already has the domain.
    [[nodiscard]] Lookup<Listed> find(std::string_view domain) const;
    /// Without relay_domains: domains whose users are ours.
    [[nodiscard]] Lookup<Listed> find_local(std::string_view domain) const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace relay
