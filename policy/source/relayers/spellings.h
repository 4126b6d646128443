// What a database holds of one address, under every key that stands for it, and the changes that put it in order.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "policy/address.h"
#include "policy/login_record.h"
#include "policy/source/database/commit.h"

namespace relay {

/// The data of a client, by key; ours and those that other programs write.
using Spellings = std::map<std::string, std::string>;

struct Found {
    std::map<Address, Spellings> of;
    bool ours_alone = false;  ///< The database is known to hold no address under another spelling than ours.
};

/// Those of each of `clients`. Where the database is known to hold `ours_alone`, one look-up each; else one for every
/// spelling or, for many clients, a walk through all records, which also tells.
Found spellings_of(Records& records, const std::vector<Address>& clients, bool ours_alone = false);

/// The newest record among `found`, with the logins of all; nothing where none can be read.
std::optional<LoginRecord> merged_record(const Spellings& found);

/// Gives our spelling of `client` the datum `data` and takes the other ones away, as far as `found` differs from that.
void set_only(const Address& client, const std::string& data, const Spellings& found,
              Changes& changes);
void erase_all(const Spellings& found, Changes& changes);

}  // namespace relay
