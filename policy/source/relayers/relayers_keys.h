// The keys under which an address may stand in relayers.db: ours, and those that other programs write.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/address.h"

namespace relay {

/// The one key that we write: Address::text(), without a trailing NUL.
std::string relayers_key(const Address& client);

/// Every key that is read and deleted as `client`'s, ours first: RFC 5952 and uncompressed, plain or with "IPv6:" or
/// "ipv6:" before it, an IPv4 address also in its IPv4-mapped forms; each without and with a trailing NUL.
std::vector<std::string> relayers_keys(const Address& client);

/// The address that a key stands for; nothing when it is none. Takes all spellings that Address::parse() takes.
std::optional<Address> address_of_key(std::string_view key);

/// Without the one trailing NUL that sendmail's maps and `makemap -N` write.
std::string_view without_nul(std::string_view bytes);

}  // namespace relay
