#include "policy/source/relayers/address_table.h"

#include <algorithm>
#include <map>
#include <random>

#include "tests/support/catch.h"

using namespace relay;

namespace {

template <std::size_t kBytes>
using Lines = std::vector<typename AddressTable<kBytes>::Line>;

template <std::size_t kBytes>
Lines<kBytes> filled(const typename AddressTable<kBytes>::Entries& entries, std::size_t lines) {
    Lines<kBytes> made(lines);
    AddressTable<kBytes>::fill(made, entries);
    return made;
}

template <std::size_t kBytes>
std::vector<std::uint64_t> numbers_of(const Lines<kBytes>& lines, const typename AddressTable<kBytes>::Key& key) {
    std::vector<std::uint64_t> numbers;
    AddressTable<kBytes>{lines}.each_of(key, [&](std::uint64_t number) { numbers.push_back(number); });
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
void check_all(const typename AddressTable<kBytes>::Entries& entries, std::size_t number_of_lines) {
    const auto lines = filled<kBytes>(entries, number_of_lines);
    const auto right = sorted<kBytes>(entries);
    for (const auto& [key, numbers] : right) REQUIRE(numbers_of<kBytes>(lines, key) == numbers);
    typename AddressTable<kBytes>::Entries met;
    AddressTable<kBytes>{lines}.each([&](const auto& key, std::uint64_t number) { met.emplace_back(key, number); });
    CHECK(sorted<kBytes>(met) == right);
}

template <std::size_t kBytes>
void check_all(const typename AddressTable<kBytes>::Entries& entries) {
    check_all<kBytes>(entries, AddressTable<kBytes>::lines_for(entries.size()));
}

}  // namespace

TEST_CASE("an empty table holds nobody and takes no line") {
    CHECK(AddressTable<4>::lines_for(0) == 0);
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
    const auto table = filled<4>(quads, AddressTable<4>::lines_for(quads.size()));
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
    CHECK(numbers_of<16>(filled<16>(entries, 33), {}).empty());
}

TEST_CASE("0.0.0.0 with the number 0 is an entry, and so is the largest number") {
    check_all<4>({{{0, 0, 0, 0}, 0}, {{255, 255, 255, 255}, ~std::uint64_t{0}}});
}

TEST_CASE("one address many times does not hide the others") {
    AddressTable<4>::Entries entries(300, {{192, 0, 2, 1}, 1});
    for (std::uint8_t last = 2; last < 200; ++last) entries.push_back({{192, 0, 2, last}, last});
    check_all<4>(entries);
}

TEST_CASE("a table that is full to its last place holds all, and a search for another address ends") {
    const std::size_t lines = GENERATE(1U, 2U, 33U);
    AddressTable<4>::Entries entries;
    for (std::size_t i = 0; i < lines * AddressTable<4>::kInLine; ++i) entries.push_back({{10, 0, 0, static_cast<std::uint8_t>(i)}, i});
    check_all<4>(entries, lines);
    CHECK(numbers_of<4>(filled<4>(entries, lines), {10, 0, 1, 0}).empty());
}

TEST_CASE("a table that is filled again holds nothing of what was there before") {
    AddressTable<4>::Entries many;
    for (std::uint8_t last = 0; last < 10; ++last) many.push_back({{10, 0, 0, last}, last});
    auto lines = filled<4>(many, 3);
    AddressTable<4>::fill(lines, AddressTable<4>::Entries{{{10, 0, 0, 3}, 7}});
    for (std::uint8_t last = 0; last < 10; ++last)
        CHECK(numbers_of<4>(lines, {10, 0, 0, last}) == (last == 3 ? std::vector<std::uint64_t>{7} : std::vector<std::uint64_t>{}));
}
