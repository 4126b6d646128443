#include "policy/source/shared/shared_walk.h"

#include "policy/source/shared/shared_entries.h"
#include "policy/source/shared/shared_fault.h"

namespace relay {

void SharedWalk::rewind() {
    scan_.rewind();
    met_.clear();
}

std::vector<std::string> SharedWalk::next_keys() {
    std::vector<std::string> keys;
    for (std::string& key : scan_.next())
        if (met_.insert(key).second) keys.push_back(std::move(key));
    return keys;
}

bool SharedWalk::next(const Use& use) {
    if (scan_.over()) return false;
    return or_fault([&] {
        const auto keys = next_keys();
        const auto entries = entries_of(keys);
        for (std::size_t i = 0; i < keys.size(); ++i)
            if (entries[i]) use(std::string_view{keys[i]}.substr(kLoginPrefix.size()), *entries[i]);
        return true;
    });
}

/// Nothing for what has gone meanwhile.
std::vector<std::optional<std::string>> SharedWalk::entries_of(const std::vector<std::string>& keys) {
    std::vector<RedisCommand> commands;
    for (const std::string& key : keys) commands.push_back({"GETRANGE", key, "0", std::to_string(kLongestEntry)});
    for (const std::string& key : keys) commands.push_back({"EXISTS", key});
    const auto replies = commands.empty() ? std::vector<RedisReply>{} : server_->call(commands, deadline_);
    std::vector<std::optional<std::string>> entries;
    for (std::size_t i = 0; i < keys.size(); ++i) {
        const auto* error = replies[i].error();
        const auto* text = replies[i].text();
        const auto* there = replies[keys.size() + i].integer();
        if (error && !error->text.starts_with("WRONGTYPE")) throw server_->fault_of(*error);
        if (text && !text->empty()) entries.emplace_back(*text);
        else if (there && *there == 0) entries.emplace_back();
        else entries.emplace_back(kNoEntry);
    }
    return entries;
}

}  // namespace relay
