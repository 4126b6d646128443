#include "policy/source/relayers/page_tables.h"

#include <map>
#include <random>

#include "tests/support/catch.h"

using namespace relay;

namespace {

using Tables = PageTables<4>;

Tables::Entries entries(std::uint8_t page, std::size_t count) {
    Tables::Entries made;
    for (std::size_t i = 0; i < count; ++i) made.push_back({{page, 0, static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)}, i});
    return made;
}

std::size_t count(const Tables& tables, std::size_t page) {
    std::size_t met = 0;
    tables.of(page).each([&](const auto& key, std::uint64_t) { met += key[0] == page ? 1 : 100'000; });
    return met;
}

}  // namespace

TEST_CASE("each page has its own entries, and one that is replaced changes no other") {
    Tables tables;
    for (std::uint8_t page = 0; page < 10; ++page) tables.add(entries(page, page * 10U));
    tables.settle();
    CHECK(tables.pages() == 10);
    const std::size_t size = GENERATE(0, 1, 49, 50, 51, 400);
    REQUIRE(tables.replace(5, entries(5, size)));
    for (std::size_t page = 0; page < 10; ++page) CHECK(count(tables, page) == (page == 5 ? size : page * 10));
}

TEST_CASE("pages that grow beyond what there is room for ask to be read anew, and are right until then") {
    Tables tables;
    for (std::uint8_t page = 0; page < 50; ++page) tables.add(entries(page, 10));
    tables.settle();
    std::map<std::size_t, std::size_t> sizes;
    std::minstd_rand random{3};
    bool full = false;
    for (int i = 0; i < 10'000 && !full; ++i) {
        const std::size_t page = random() % 50;
        const std::size_t size = random() % 2000;
        full = !tables.replace(page, entries(static_cast<std::uint8_t>(page), size));
        if (!full) sizes[page] = size;
        for (const auto& [number, right] : sizes) REQUIRE(count(tables, number) == right);
    }
    CHECK(full);
    CHECK(sizes.size() > 1);
}

TEST_CASE("a page that changes without growing takes no room, however often") {
    Tables tables;
    for (std::uint8_t page = 0; page < 5; ++page) tables.add(entries(page, 70));
    tables.settle();
    for (int i = 0; i < 10'000; ++i) REQUIRE(tables.replace(3, entries(3, static_cast<std::size_t>(i) % 71)));
    CHECK(count(tables, 3) == (9999 % 71));
}
