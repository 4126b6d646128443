#include "policy/source/database/page_hash.h"

#include <random>
#include <set>
#include <vector>

#include "tests/support/catch.h"

using namespace relay;

namespace {

constexpr std::uint64_t kSeed = 0x0123456789abcdefU;

std::vector<std::byte> some_page(std::size_t size) {
    std::minstd_rand random{5};
    std::vector<std::byte> page(size);
    for (auto& byte : page) byte = static_cast<std::byte>(random() >> 8);
    return page;
}

}  // namespace

TEST_CASE("the same page has the same hash, wherever it lies in memory") {
    const auto page = some_page(4096);
    std::vector<std::byte> shifted{std::byte{0}};
    shifted.insert(shifted.end(), page.begin(), page.end());
    CHECK(page_hash(page, kSeed) == page_hash(Bytes{shifted}.subspan(1), kSeed));
}

TEST_CASE("each bit of a page counts, in every size that a database has") {
    const std::size_t size = GENERATE(512U, 1024U, 4096U);
    auto page = GENERATE(false, true) ? std::vector<std::byte>(size) : some_page(size);
    std::set<std::uint64_t> met{page_hash(page, kSeed)};
    for (std::size_t bit = 0; bit < 8 * page.size(); ++bit) {
        const auto flip = static_cast<std::byte>(1U << bit % 8);
        page[bit / 8] ^= flip;
        met.insert(page_hash(page, kSeed));
        page[bit / 8] ^= flip;
    }
    CHECK(met.size() == 8 * page.size() + 1);
}

TEST_CASE("words that change places change the hash") {
    const auto page = some_page(512);
    std::set<std::uint64_t> met{page_hash(page, kSeed)};
    for (std::size_t one = 0; one < 64; ++one)
        for (std::size_t other = 0; other < one; ++other) {
            auto swapped = page;
            std::swap_ranges(swapped.begin() + static_cast<std::ptrdiff_t>(8 * one), swapped.begin() + static_cast<std::ptrdiff_t>(8 * one + 8),
                             swapped.begin() + static_cast<std::ptrdiff_t>(8 * other));
            met.insert(page_hash(swapped, kSeed));
        }
    CHECK(met.size() == 64 * 63 / 2 + 1);
}

TEST_CASE("another seed gives another hash, so that nobody can make two pages look alike") {
    const auto page = some_page(4096);
    std::set<std::uint64_t> met;
    for (std::uint64_t seed = 0; seed < 1000; ++seed) met.insert(page_hash(page, seed));
    CHECK(met.size() == 1000);
}
