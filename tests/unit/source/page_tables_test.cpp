#include "policy/source/relayers/page_tables.h"

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
    const std::size_t size = GENERATE(0, 1, 49, 50, 51, 90);
    REQUIRE(tables.replace(5, entries(5, size)));
    for (std::size_t page = 0; page < 10; ++page) CHECK(count(tables, page) == (page == 5 ? size : page * 10));
}

TEST_CASE("a page that grows beyond what there is room for asks to be read anew, and is right until then") {
    Tables tables;
    for (std::uint8_t page = 0; page < 50; ++page) tables.add(entries(page, 1U + page % 10U));
    tables.settle();
    std::size_t size = 1;
    while (tables.replace(20, entries(20, size))) {
        REQUIRE(count(tables, 20) == size);
        REQUIRE(size++ < 1000);
    }
    CHECK(size > 10);
    for (std::size_t page = 0; page < 50; ++page) CHECK(count(tables, page) == (page == 20 ? size - 1 : 1 + page % 10));
}

TEST_CASE("where no page has an entry, none is found, and the first asks to be read anew") {
    Tables tables;
    for (int page = 0; page < 3; ++page) tables.add({});
    tables.settle();
    CHECK(count(tables, 2) == 0);
    CHECK(tables.replace(1, {}));
    CHECK_FALSE(tables.replace(1, entries(1, 1)));
}

TEST_CASE("pages behind the last entry take nothing, and ask to be read anew when one gets an entry") {
    Tables tables;
    for (std::uint8_t page = 0; page < 3; ++page) tables.add(entries(page, page == 1 ? 5 : 0));
    tables.settle();
    for (const std::size_t page : {0, 2}) {
        CHECK(count(tables, page) == 0);
        CHECK(tables.replace(page, {}));
    }
    CHECK(tables.replace(0, entries(0, 1)));
    CHECK_FALSE(tables.replace(2, entries(2, 1)));
    CHECK(count(tables, 1) == 5);
}

TEST_CASE("a page that changes without growing has room, however often") {
    Tables tables;
    for (std::uint8_t page = 0; page < 5; ++page) tables.add(entries(page, 70));
    tables.settle();
    for (int i = 0; i < 10'000; ++i) REQUIRE(tables.replace(3, entries(3, static_cast<std::size_t>(i) % 71)));
    CHECK(count(tables, 3) == (9999 % 71));
}
