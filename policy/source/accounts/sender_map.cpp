#include "policy/source/accounts/sender_map.h"

#include <algorithm>
#include <chrono>

#include "policy/ascii.h"
#include "policy/sender.h"
#include "policy/source/database/database.h"
#include "policy/source/database/hash_file.h"
#include "policy/source/database/locked_file.h"
#include "policy/source/files/escaped.h"
#include "policy/source/files/fault.h"

namespace relay {
namespace {

constexpr std::chrono::milliseconds kLockWait{250};  // A recipient waits for it, and one that is deferred comes again.
constexpr int kTries = 3;                            // While the file is replaced under our hands.

/// True when there was such a key.
template <class File>
bool take_key(File& database, const std::string& key, Owners& owners) {
    bool found = false;
    for (const std::string& spelling : {key, key + '\0'})
        database.each_under(spelling, [&](std::string_view data) {
            found = true;
            take_owners(data, owners);
        });
    return found;
}

template <class File>
Lookup<Owners> owners_in(File database, const std::vector<std::string>& keys) {
    Owners owners;
    for (const std::string& key : keys)
        if (take_key(database, key, owners)) return owners;
    return Absent{};
}

}  // namespace

void take_owners(std::string_view data, Owners& owners) {
    constexpr std::string_view separators{", \t\r\n\0", 6};
    for (std::size_t at = data.find_first_not_of(separators); at != std::string_view::npos;
         at = data.find_first_not_of(separators)) {
        data.remove_prefix(at);
        const std::string_view login = data.substr(0, data.find_first_of(separators));
        data.remove_prefix(login.size());
        if (login == "*") owners.anyone = true;
        else owners.logins.emplace_back(login);
    }
}

std::vector<std::string> SenderMap::keys_of(const Path& path) const {
    const std::string domain = path.domain.empty() ? "" : '@' + path.domain;
    const std::string user = without_extension(path.local_part, settings_.recipient_delimiter);
    std::vector<std::string> keys{path.local_part + domain};
    if (user != path.local_part) keys.push_back(user + domain);
    if (!domain.empty()) keys.push_back(domain);
    if (!settings_.local_part_case)
        for (std::string& key : keys) std::transform(key.begin(), key.end(), key.begin(), lower);
    return keys;
}

Lookup<Owners> SenderMap::find_once(const Path& reverse_path) const {
    const auto file = LockedFile::open(settings_.map, Lock::shared, kLockWait);
    if (!file) return Failed{escaped(settings_.map) + ": open: No such file or directory"};
    check_.require_sound(*file);
    if (auto hash = HashFile::open(*file)) return owners_in(*std::move(hash), keys_of(reverse_path));
    return owners_in(Database{*file, Database::Access::read, check_}, keys_of(reverse_path));
}

Lookup<Owners> SenderMap::find(const Path& reverse_path) const {
    for (int tries = 1;; ++tries) {
        try {
            return find_once(reverse_path);
        } catch (const Fault& fault) {
            if (fault.trouble != Trouble::replaced || tries == kTries) return Failed{fault.what()};
        }
    }
}

}  // namespace relay
