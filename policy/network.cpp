// Networks as a base address and a number of leading bits; an IPv4 network lies in the mapped form's last 32 bits.
#include "policy/network.h"

#include <algorithm>
#include <charconv>

namespace relay {
namespace {

unsigned width_of(const Address& address) { return address.is_v4() ? 32 : 128; }

/// "0" to "128" without sign or leading zeros.
std::optional<unsigned> parse_bits(std::string_view digits) {
    unsigned bits = 0;
    const char* end = digits.data() + digits.size();
    if (digits.empty() || digits.size() > 3 || (digits.size() > 1 && digits.front() == '0')) return std::nullopt;
    const auto [stopped, error] = std::from_chars(digits.data(), end, bits);
    if (error != std::errc{} || stopped != end) return std::nullopt;
    return bits;
}

/// `address` with all but its first `bits` bits (of its own family) zero.
Address masked(const Address& address, unsigned bits) {
    auto bytes = address.bytes();
    unsigned left = bits + 128 - width_of(address);
    for (std::uint8_t& byte : bytes) {
        const unsigned here = std::min(left, 8U);
        byte = static_cast<std::uint8_t>(byte & (0xff00U >> here));
        left -= here;
    }
    return Address::v6(bytes);
}

}  // namespace

std::optional<Network> Network::parse(std::string_view text) {
    const std::size_t slash = text.find('/');
    const auto base = Address::parse(text.substr(0, slash));
    if (!base) return std::nullopt;
    if (slash == std::string_view::npos) return Network{*base, width_of(*base)};
    const auto bits = parse_bits(text.substr(slash + 1));
    if (!bits || *bits > width_of(*base) || masked(*base, *bits) != *base) return std::nullopt;
    return Network{*base, *bits};
}

Network Network::around(const Address& address, unsigned bits) {
    const unsigned kept = std::min(bits, width_of(address));
    return {masked(address, kept), kept};
}

bool Network::contains(const Address& address) const {
    if (address.is_v4() != base_.is_v4()) return false;
    const unsigned bits = bits_ + 128 - width_of(address);
    const std::size_t whole = bits / 8;
    const unsigned rest = bits % 8;
    const auto& ours = base_.bytes();
    const auto& theirs = address.bytes();
    if (!std::equal(ours.begin(), ours.begin() + whole, theirs.begin())) return false;
    return rest == 0 || (ours[whole] ^ theirs[whole]) >> (8 - rest) == 0;
}

std::string Network::text() const { return base_.text() + '/' + std::to_string(bits_); }

bool in_any(const std::vector<Network>& networks, const std::optional<Address>& address) {
    if (!address) return false;
    return std::any_of(networks.begin(), networks.end(), [&address](const Network& n) { return n.contains(*address); });
}

}  // namespace relay
