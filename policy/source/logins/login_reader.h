// Where a look-up of a client's login is answered, whatever the logins are kept in.
#pragma once

#include "policy/address.h"
#include "policy/findings.h"

namespace relay {

class LoginReader {
public:
    LoginReader() = default;
    LoginReader(const LoginReader&) = delete;
    LoginReader& operator=(const LoginReader&) = delete;
    virtual ~LoginReader() = default;

    /// The newest entry of `client`, or with [pop] prefix6 < 128 that of its network. Absent only where there is none for
    /// certain; one that may be lost, or cannot be read, is Failed. Thread-safe.
    [[nodiscard]] virtual Lookup<LoginRecord> find(const Address& client) const = 0;
};

}  // namespace relay
