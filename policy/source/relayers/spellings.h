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

/// Those of each of `clients`.
std::map<Address, Spellings> spellings_of(Records& records, const std::vector<Address>& clients);

/// The newest record among `found`, with the logins of all; nothing where none can be read.
std::optional<LoginRecord> merged_record(const Spellings& found);

/// Gives our spelling of `client` the datum `data` and takes the other ones away, as far as `found` differs from that.
void set_only(const Address& client, const std::string& data, const Spellings& found,
              Changes& changes);

}  // namespace relay
