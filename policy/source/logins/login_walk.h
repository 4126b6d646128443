// Every entry there is, in batches, whatever the logins are kept in. One thread at a time. Errors are thrown as Fault.
#pragma once

#include <functional>
#include <string_view>

namespace relay {

class LoginWalk {
public:
    LoginWalk() = default;
    LoginWalk(LoginWalk&&) = default;
    LoginWalk& operator=(LoginWalk&&) = default;
    virtual ~LoginWalk() = default;

    /// The key and the data as they are kept: any bytes.
    using Use = std::function<void(std::string_view key, std::string_view data)>;
    /// Calls `use` with some thousands of entries; false when there was none left. One that is there throughout is met
    /// exactly once. `use` must not walk.
    virtual bool next(const Use& use) = 0;
    /// To the first entry again.
    virtual void rewind() = 0;
};

}  // namespace relay
