// A seeded 64-bit hash that tells whether a page changed: who does not know the seed cannot make two pages look alike.
#pragma once

#include <cstdint>

#include "policy/source/database/page_bytes.h"

namespace relay {

/// As fast as memory is read: four lanes of 8 bytes, mixed by multiplication.
std::uint64_t page_hash(Bytes page, std::uint64_t seed);

}  // namespace relay
