// The clients that databases to measure with hold.
#pragma once

#include <cstdint>

#include "policy/address.h"

namespace relay::bench {

/// The i-th of the clients that a file holds, spread over 10.0.0.0/8; those from `entries` on are in none.
inline Address client(std::uint32_t i) {
    const std::uint32_t spread = i * 2654435761U & 0xffffff;
    return Address::v4({10, static_cast<std::uint8_t>(spread >> 16), static_cast<std::uint8_t>(spread >> 8), static_cast<std::uint8_t>(spread)});
}

}  // namespace relay::bench
