// The keys of logins on a server, and what stands under them: a contract with every host that shares it.
//
//   milter-relay:login:ADDRESS         the entry of a client (Address::text()), the bytes of policy/login_record.h, layout
//                                      timestamp; expires when its newest login does
//   milter-relay:login6:NETWORK/32     a sorted set of the IPv6 clients with an entry in that network, all with score 0:
//                                      32 hex digits, a blank, the address; so that its order is that of the addresses
//   milter-relay:since                 SECONDS: every login since then is there that has not expired; 0: all there are
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "policy/address.h"
#include "policy/network.h"

namespace relay {

inline constexpr std::string_view kLoginPrefix = "milter-relay:login:";
inline constexpr std::string_view kIndexPrefix = "milter-relay:login6:";
inline constexpr std::string_view kSinceKey = "milter-relay:since";
/// Marks of copies that are under way (shared_since.h).
inline constexpr std::string_view kCopyPrefix = "milter-relay:copy:";

std::string entry_key(const Address& client);
/// The client whose entry stands under kLoginPrefix and `text`; nothing where it is no address as we spell it.
std::optional<Address> client_of(std::string_view text);
/// Of the /32 that `client` is in; nothing for IPv4.
std::optional<std::string> index_key(const Address& client);
/// Of an IPv6 client.
std::string index_member(const Address& client);
/// The members of `network` lie between these two, as ZRANGEBYLEX takes them.
struct MemberRange {
    std::string first;
    std::string last;
};
MemberRange index_range(const Network& network);

/// What stands under kSinceKey; nothing where it is no number of seconds.
std::optional<std::chrono::sys_seconds> since_of(std::string_view text);

}  // namespace relay
