// SipHash-2-4 (Aumasson and Bernstein): whoever does not know the key finds no two texts with the same sum, so that nobody
// can make his key collide with another's, or crowd a table's bucket.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace relay {

using SipKey = std::array<std::uint64_t, 2>;

std::uint64_t siphash(const SipKey& key, std::string_view text);

/// From the system's random source; throws std::exception where it has none.
SipKey random_sip_key();

}  // namespace relay
