#include "vsmtprelay/feed/open_connections.h"

#include <algorithm>
#include <utility>

#include "policy/source/files/fault.h"
#include "vsmtprelay/feed/mail_log.h"

namespace relay {
namespace {

using std::chrono::sys_seconds;

constexpr std::chrono::seconds kPatience{30};
constexpr std::size_t kLargest = std::size_t{16} << 20;

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(separator), text.size());
        parts.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return parts;
}

/// "(198.51.100.7 2001:db8::7)" or one address.
std::vector<Address> addresses_in_cell(std::string_view cell) {
    if (cell.starts_with('(') && cell.ends_with(')')) cell = cell.substr(1, cell.size() - 2);
    std::vector<Address> addresses;
    for (const std::string_view word : split(cell, ' '))
        if (const auto address = Address::parse(word)) addresses.push_back(*address);
    return addresses;
}

std::size_t column(const std::vector<std::string_view>& names, std::string_view one, std::string_view other) {
    const auto found =
        std::find_if(names.begin(), names.end(), [&](std::string_view name) { return name == one || name == other; });
    return static_cast<std::size_t>(found - names.begin());
}

}  // namespace

std::vector<LoginEvent> parse_who(std::string_view table, sys_seconds now) {
    std::vector<LoginEvent> events;
    const auto lines = split(table, '\n');
    if (lines.empty()) return events;
    const auto names = split(lines.front(), '\t');
    const std::size_t user = column(names, "username", "user");
    const std::size_t addresses = column(names, "(ips)", "ip");
    for (std::size_t i = 1; i < lines.size(); ++i) {
        const auto cells = split(lines[i], '\t');
        if (cells.size() != names.size() || std::max(user, addresses) >= cells.size()) continue;
        for (const Address& client : addresses_in_cell(cells[addresses]))
            events.push_back({client, now, std::string{cells[user]}});
    }
    return events;
}

bool OpenConnections::tick(sys_seconds now, std::vector<LoginEvent>& events) {
    if (interval_.count() == 0) return false;
    bool has_answered = false;
    if (child_) {
        if (child_->read(answer_) && answer_.size() < kLargest) {
            if (now - asked_ < kPatience && now >= asked_) return false;
            log_error("doveadm who: does not answer; open sessions are not refreshed now");
        } else {
            answered(now, events);
            has_answered = true;
        }
        child_.reset();
    }
    if (now - asked_ < interval_ && now >= asked_) return has_answered;
    asked_ = now;
    answer_.clear();
    try {
        child_ = std::make_unique<ChildOutput>(std::vector<std::string>{"doveadm", "-f", "tab", "who"});
    } catch (const Fault& fault) {
        log_error(std::string{fault.what()} + "; open sessions are not refreshed");
    }
    return has_answered;
}

std::vector<LoginEvent> OpenConnections::first_seen() const {
    std::vector<LoginEvent> found;
    for (const auto& [who, since] : first_seen_) found.push_back({who.first, since, who.second});
    return found;
}

void OpenConnections::resume(const std::vector<LoginEvent>& first_seen) {
    for (const LoginEvent& event : first_seen) first_seen_[{event.client, event.login}] = event.at;
}

void OpenConnections::answered(sys_seconds now, std::vector<LoginEvent>& events) {
    std::map<std::pair<Address, std::string>, sys_seconds> seen;
    for (LoginEvent& event : parse_who(answer_, now)) {
        const auto key = std::pair{event.client, event.login};
        const auto before = first_seen_.find(key);
        const sys_seconds since = before == first_seen_.end() ? now : before->second;
        seen[key] = since;
        if (now - since <= limit_) events.push_back(std::move(event));
    }
    first_seen_ = std::move(seen);
}

}  // namespace relay
