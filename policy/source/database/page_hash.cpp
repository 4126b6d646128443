#include "policy/source/database/page_hash.h"

#include <array>

namespace relay {
namespace {

constexpr std::array<std::uint64_t, 4> kLane = {0xa0761d6478bd642fU, 0xe7037ed1a0b428dbU, 0x8ebc6af09c88c6e3U, 0x589965cc75374cc3U};

__extension__ using Product = unsigned __int128;

/// Both halves of the product, so that every bit of the factors counts.
std::uint64_t mixed(std::uint64_t a, std::uint64_t b) {
    const auto product = static_cast<Product>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

std::uint64_t word_at(const std::byte* at) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, sizeof word);
    return word;
}

}  // namespace

std::uint64_t page_hash(Bytes page, std::uint64_t seed) {
    std::array<std::uint64_t, 4> lanes;
    for (std::size_t lane = 0; lane < lanes.size(); ++lane) lanes[lane] = seed ^ kLane[lane];
    for (std::size_t at = 0; at + 64 <= page.size(); at += 64)
        for (std::size_t lane = 0; lane < lanes.size(); ++lane) {
            const std::byte* words = page.data() + at + 16 * lane;
            lanes[lane] = mixed(word_at(words) ^ lanes[lane], word_at(words + 8) ^ kLane[lane]);
        }
    return mixed(lanes[0] ^ lanes[1], seed ^ kLane[0]) ^ mixed(lanes[2] ^ lanes[3], seed ^ kLane[1]);
}

}  // namespace relay
