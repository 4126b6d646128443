// A CIDR network (RFC 4632, RFC 4291 2.3): "192.0.2.0/24", "2001:db8::/32", or a single address.
#pragma once

#include <vector>

#include "policy/address.h"

namespace relay {

class Network {
public:
    /// "ADDRESS" or "ADDRESS/BITS" (decimal, 0-32 or 0-128, no sign, no leading zeros). Host bits must be zero:
    /// "192.0.2.1/24" is refused, since it is more often a slip than a wish.
    static std::optional<Network> parse(std::string_view text);
    /// The network of `bits` leading bits (0-32 or 0-128) that holds `address`; more bits count as the most.
    static Network around(const Address& address, unsigned bits);

    /// Never across families: an IPv4 address is in no IPv6 network.
    [[nodiscard]] bool contains(const Address& address) const;
    [[nodiscard]] const Address& base() const { return base_; }
    [[nodiscard]] unsigned bits() const { return bits_; }
    [[nodiscard]] std::string text() const;

    auto operator<=>(const Network&) const = default;

private:
    Network(Address base, unsigned bits) : base_{base}, bits_{bits} {}
    Address base_;
    unsigned bits_;
};

/// False where there is no address.
bool in_any(const std::vector<Network>& networks, const std::optional<Address>& address);

}  // namespace relay
