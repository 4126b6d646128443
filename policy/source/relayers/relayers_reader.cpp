#include "policy/source/relayers/relayers_reader.h"

#include <chrono>
#include <optional>

#include "policy/source/database/database.h"
#include "policy/source/files/escaped.h"
#include "policy/source/files/fault.h"
#include "policy/source/database/locked_file.h"
#include "policy/source/relayers/relayers_keys.h"

namespace relay {
namespace {

/// A recipient waits for it; makemap holds its lock for seconds, and a client that is deferred comes again.
constexpr std::chrono::milliseconds kLockWait{250};
constexpr int kTries = 3;  // While the file is replaced under our hands.

/// The newest of the records that were met, all of one layout.
class Newest {
public:
    Newest(const PopSettings& settings) : settings_{settings} {}

    void take(std::string_view key, std::string_view data) {
        const auto record = decode_login_record(data, settings_.layout);
        if (!record)
            throw Fault{Trouble::damaged, escaped(settings_.database) + ": read " + escaped(without_nul(key))
                                              + ": not what this layout holds: '" + escaped(data.substr(0, 64)) + "'"};
        if (!found_ || record->at > found_->at) found_ = record;
    }

    [[nodiscard]] Lookup<LoginRecord> answer() const {
        if (!found_) return Absent{};
        return *found_;
    }

private:
    const PopSettings& settings_;
    std::optional<LoginRecord> found_;
};

void take_spellings(Database& database, const Address& client, Newest& newest) {
    for (const std::string& key : relayers_keys(client))
        database.each_under(key, [&](std::string_view data) { newest.take(key, data); });
}

/// Every record has to be looked at: the keys of a network lie anywhere in a hash.
void take_network(Database& database, const Network& network, Newest& newest) {
    database.each([&](std::string_view key, std::string_view data) {
        const auto address = address_of_key(key);
        if (address && network.contains(*address)) newest.take(key, data);
    });
}

}  // namespace

Lookup<LoginRecord> RelayersReader::find_once(const Address& client) const {
    const auto file = LockedFile::open(settings_.database, Lock::shared, kLockWait);
    if (!file) return Absent{};
    Database database{*file, Database::Access::read, check_};
    Newest newest{settings_};
    if (client.is_v4() || settings_.prefix6 >= 128)
        take_spellings(database, client, newest);
    else
        take_network(database, Network::around(client, settings_.prefix6), newest);
    return newest.answer();
}

Lookup<LoginRecord> RelayersReader::find(const Address& client) const {
    for (int tries = 1;; ++tries) {
        try {
            return find_once(client);
        } catch (const Fault& fault) {
            if (fault.trouble != Trouble::replaced || tries == kTries) return Failed{fault.what()};
        }
    }
}

}  // namespace relay
