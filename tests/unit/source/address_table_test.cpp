#include "policy/source/relayers/address_table.h"

#include <algorithm>
#include <map>
#include <random>

#include "tests/support/catch.h"

using namespace relay;

namespace {

template <std::size_t kBytes>
using Slots = std::vector<typename AddressTable<kBytes>::Slot>;

template <std::size_t kBytes>
Slots<kBytes> filled(const typename AddressTable<kBytes>::Entries& entries, std::size_t spare = 0) {
    Slots<kBytes> slots(AddressTable<kBytes>::slots_for(entries.size()) + spare);
    AddressTable<kBytes>::fill(slots, entries);
    return slots;
}

template <std::size_t kBytes>
std::vector<std::uint64_t> numbers_of(const Slots<kBytes>& slots, const typename AddressTable<kBytes>::Key& key) {
    std::vector<std::uint64_t> numbers;
    AddressTable<kBytes>{slots}.each_of(key, [&](std::uint64_t number) { numbers.push_back(number); });
    std::ranges::sort(numbers);
    return numbers;
}

/// What a table of these entries has to hold.
template <std::size_t kBytes>
std::map<typename AddressTable<kBytes>::Key, std::vector<std::uint64_t>> sorted(const typename AddressTable<kBytes>::Entries& entries) {
    std::map<typename AddressTable<kBytes>::Key, std::vector<std::uint64_t>> all;
    for (const auto& [key, number] : entries) all[key].push_back(number);
    for (auto& [key, numbers] : all) std::ranges::sort(numbers);
    return all;
}

template <std::size_t kBytes>
void check_all(const typename AddressTable<kBytes>::Entries& entries) {
    const auto slots = filled<kBytes>(entries);
    const auto right = sorted<kBytes>(entries);
    for (const auto& [key, numbers] : right) REQUIRE(numbers_of<kBytes>(slots, key) == numbers);
    typename AddressTable<kBytes>::Entries met;
    AddressTable<kBytes>{slots}.each([&](const auto& key, std::uint64_t number) { met.emplace_back(key, number); });
    CHECK(sorted<kBytes>(met) == right);
}

}  // namespace

TEST_CASE("an empty table holds nobody and takes no slot") {
    CHECK(AddressTable<4>::slots_for(0) == 0);
    CHECK(numbers_of<4>({}, {10, 0, 0, 1}).empty());
    int met = 0;
    AddressTable<4>{{}}.each([&](const auto&, std::uint64_t) { ++met; });
    AddressTable<4>{filled<4>({}, 3)}.each([&](const auto&, std::uint64_t) { ++met; });
    CHECK(met == 0);
}

TEST_CASE("every entry is found under its own address, as often as it is there, and under no other") {
    const std::size_t count = GENERATE(1U, 2U, 3U, 4U, 7U, 100U, 5000U);
    std::minstd_rand random{7};
    AddressTable<4>::Entries quads;
    AddressTable<16>::Entries longs;
    for (std::size_t i = 0; i < count; ++i) {
        std::array<std::uint8_t, 16> key{};
        for (auto& byte : key) byte = static_cast<std::uint8_t>(random());
        longs.emplace_back(key, random());
        quads.emplace_back(std::array<std::uint8_t, 4>{10, key[1], static_cast<std::uint8_t>(key[2] & 3), 1}, random());
    }
    check_all<4>(quads);
    check_all<16>(longs);
    const auto table = filled<4>(quads);
    CHECK(numbers_of<4>(table, {11, 0, 0, 1}).empty());
    CHECK(numbers_of<4>(table, {10, 0, 0, 2}).empty());
}

TEST_CASE("addresses that differ in one bit are different") {
    AddressTable<16>::Entries entries;
    for (std::size_t bit = 0; bit < 128; ++bit) {
        AddressTable<16>::Key key{};
        key[bit / 8] = static_cast<std::uint8_t>(1U << bit % 8);
        entries.emplace_back(key, bit);
    }
    check_all<16>(entries);
    CHECK(numbers_of<16>(filled<16>(entries), {}).empty());
}

TEST_CASE("0.0.0.0 with the number 0 is an entry, and so is the largest number but one") {
    check_all<4>({{{0, 0, 0, 0}, 0}, {{255, 255, 255, 255}, ~std::uint64_t{0} - 1}});
}

TEST_CASE("one address many times does not hide the others") {
    AddressTable<4>::Entries entries(300, {{192, 0, 2, 1}, 1});
    for (std::uint8_t last = 2; last < 200; ++last) entries.push_back({{192, 0, 2, last}, last});
    check_all<4>(entries);
}
