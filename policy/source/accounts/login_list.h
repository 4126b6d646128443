// A list of logins that an admin keeps: [account] disabled, [pop] not_for.
//
//   alice                 a login
//   dave@customers.example, dave%customers.example   a login with its domain, in either way of writing it
//   @customers.example    every login of this domain
//
// One a line, without case; a # begins a comment. A line that is none of these is told and passed over, so that a slip
// does not undo the rest. Answers from memory; a file that changed is read again at the next look-up (one stat(2)).
// Thread-safe. A missing file is an empty one while its directory can be read, and is told.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "policy/findings.h"

namespace relay {

class LoginList {
public:
    /// An empty path: no list, which is never asked.
    explicit LoginList(std::string path);
    ~LoginList();

    /// Those of `logins` that are on the list. What was found wrong in a file that has just been read goes to `notes`,
    /// printable, each with file and line.
    [[nodiscard]] Lookup<ListedLogins> find(const std::vector<std::string>& logins, std::vector<std::string>& notes) const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace relay
