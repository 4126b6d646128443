// The sessions that a Dovecot has open now, asked of `doveadm -f tab who` from time to time: a session that stays open
// keeps its login fresh. One owner.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "policy/login_record.h"
#include "vsmtprelay/feed/child_output.h"

namespace relay {

/// Who is connected from where, as the table says; its first line names the columns. Rows that cannot be read are none.
std::vector<LoginEvent> parse_who(std::string_view table, std::chrono::sys_seconds now);

class OpenConnections {
public:
    /// Asks each `interval`; 0: never. A user at an address counts up to `limit` after it was first seen.
    OpenConnections(std::chrono::seconds interval, std::chrono::seconds limit) : interval_{interval}, limit_{limit} {}

    /// Adds who is connected when doveadm has answered, and returns true then. Never waits; a doveadm that does not answer within 30 s is
    /// ended.
    bool tick(std::chrono::sys_seconds now, std::vector<LoginEvent>& events);
    /// Since when each was seen; to be given to the next run, so that its limit holds.
    [[nodiscard]] std::vector<LoginEvent> first_seen() const;
    void resume(const std::vector<LoginEvent>& first_seen);
    /// Readable when doveadm has printed something; -1 while it is not running.
    [[nodiscard]] int descriptor() const { return child_ ? child_->descriptor() : -1; }

private:
    void answered(std::chrono::sys_seconds now, std::vector<LoginEvent>& events);

    std::chrono::seconds interval_;
    std::chrono::seconds limit_;
    std::chrono::sys_seconds asked_{};
    std::unique_ptr<ChildOutput> child_;
    std::string answer_;
    std::map<std::pair<Address, std::string>, std::chrono::sys_seconds> first_seen_;
};

}  // namespace relay
