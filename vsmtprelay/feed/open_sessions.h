// Sessions of the followed servers: whose address a later line of the same session means. Bounded; one owner.
#pragma once

#include <chrono>
#include <list>
#include <string>
#include <unordered_map>

#include "policy/address.h"

namespace relay {

struct OpenSession {
    Address client;
    std::chrono::sys_seconds since;  ///< The login, or the connection while nobody has logged in.
    std::string login;
    bool logged_in = false;
};

class OpenSessions {
public:
    explicit OpenSessions(std::size_t most = 65'536) : most_{most} {}

    /// Replaces a session of the same key; the one opened longest ago goes when there are too many.
    void open(const std::string& key, OpenSession session);
    [[nodiscard]] const OpenSession* find(const std::string& key) const;
    void close(const std::string& key);
    [[nodiscard]] std::size_t size() const { return places_.size(); }
    using Sessions = std::list<std::pair<std::string, OpenSession>>;
    /// Oldest first, by key.
    [[nodiscard]] const Sessions& all() const { return sessions_; }

private:
    std::size_t most_;
    Sessions sessions_;  ///< Oldest first.
    std::unordered_map<std::string, Sessions::iterator> places_;
};

}  // namespace relay
