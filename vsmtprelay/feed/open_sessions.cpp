#include "vsmtprelay/feed/open_sessions.h"

#include <utility>

namespace relay {

void OpenSessions::open(const std::string& key, OpenSession session) {
    close(key);
    if (places_.size() >= most_) close(std::string{sessions_.front().first});
    places_[key] = sessions_.emplace(sessions_.end(), key, std::move(session));
}

const OpenSession* OpenSessions::find(const std::string& key) const {
    const auto found = places_.find(key);
    return found == places_.end() ? nullptr : &found->second->second;
}

void OpenSessions::close(const std::string& key) {
    const auto found = places_.find(key);
    if (found == places_.end()) return;
    sessions_.erase(found->second);
    places_.erase(found);
}

}  // namespace relay
