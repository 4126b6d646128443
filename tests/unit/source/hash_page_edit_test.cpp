#include "policy/source/database/hash_page_edit.h"

#include <map>
#include <random>

#include "policy/source/database/in_place.h"
#include "policy/source/files/fault.h"
#include "tests/support/catch.h"
#include "tests/unit/source/scratch.h"

using namespace relay;

namespace {

using Pairs = std::map<std::string, std::string>;

std::vector<std::byte> page_of(const Pairs& pairs, std::size_t size = 4096) {
    std::vector<std::byte> page(size);
    HashPageEdit edit{page, 7};
    for (const auto& [key, datum] : pairs) REQUIRE(edit.put(key, datum));
    return page;
}

Pairs pairs_on(Bytes page) {
    const HashPage view{page};
    Pairs pairs;
    for (std::size_t i = 0; i < view.pairs(); ++i) pairs.emplace(view.key(i).bytes, view.datum(i).bytes);
    return pairs;
}

/// Short keys of few letters, so that many begin with another.
std::string some_key(std::mt19937& random) {
    std::string key;
    for (auto length = random() % 6; length > 0; --length) key += static_cast<char>("ab\0\xff"[random() % 4]);
    return key;
}

LockedFile locked(const std::string& path) {
    return LockedFile::open(path, Lock::exclusive, std::chrono::seconds{1}).value();
}

/// Each of the keys, looked for alone.
Pairs found_by_libdb(const std::string& path, const Pairs& keys) {
    const LockedFile file = locked(path);
    DatabaseCheck check;
    Database database{file, Database::Access::read, check};
    Pairs found;
    for (const auto& [key, datum] : keys)
        database.each_under(key, [&found, &key = key](std::string_view data) { found.emplace(key, data); });
    return found;
}

}  // namespace

TEST_CASE("a page is what was put and not erased, under its own number") {
    auto page = page_of({{"10.0.0.1", "5"}, {"10.0.0.2", "6"}, {"10.0.0.3", "7"}});
    HashPageEdit edit{page, 7};
    CHECK(edit.put("10.0.0.2", "66 alice"));
    CHECK(edit.erase("10.0.0.3"));
    CHECK(edit.erase("10.9.9.9"));
    CHECK(edit.pairs() == 2);
    CHECK(pairs_on(page) == Pairs{{"10.0.0.1", "5"}, {"10.0.0.2", "66 alice"}});
    CHECK(HashPage{page}.number() == 7);
}

TEST_CASE("no byte of what was erased stays on the page") {
    auto page = page_of({{"10.0.0.1", "5 alice"}, {"10.0.0.2", "6 bob"}});
    HashPageEdit edit{page, 7};
    CHECK(edit.erase("10.0.0.1"));
    CHECK(std::string_view{reinterpret_cast<const char*>(page.data()), page.size()}.find("alice") == std::string_view::npos);
}

TEST_CASE("a page is what a map would be after any puts and erasures, and zeros where nothing is") {
    const auto seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937 random{seed};
    for (int round = 0; round < 50; ++round) {
        std::vector<std::byte> page(GENERATE(512, 4096));
        HashPageEdit edit{page, 7};
        Pairs expected;
        for (int i = 0; i < 200; ++i) {
            const std::string key = some_key(random);
            const std::string datum(random() % 90, static_cast<char>('A' + random() % 26));
            if (random() % 3 == 0) {
                REQUIRE(edit.erase(key));
                expected.erase(key);
            } else if (edit.put(key, datum)) {
                expected[key] = datum;
            }
            REQUIRE(pairs_on(page) == expected);
        }
        REQUIRE(page == page_of(expected, page.size()));
    }
}

TEST_CASE("a page of an old libdb is put into order before it is changed") {
    auto page = page_of({{"a", "1"}, {"b", "2"}, {"c", "3"}});
    const auto sorted = page;
    const std::size_t item = page.size() - 2 * 2;  // Each pair takes four bytes: swap the keys of the first and the last.
    std::swap(page[item + 3], page[item + 3 - 8]);
    std::swap(page[item + 1], page[item + 1 - 8]);
    REQUIRE(page != sorted);
    page[25] = std::byte{2};
    HashPageEdit edit{page, 7};
    CHECK(edit.put("b", "2"));
    CHECK(page == sorted);
}

TEST_CASE("the room of a page ends at its last byte") {
    const std::size_t size = GENERATE(512, 4096, 65536);
    std::vector<std::byte> page(size);
    HashPageEdit edit{page, 1};
    const std::size_t each = size / 4 - 10;
    const std::string datum(each, 'x');
    for (const char* key : {"a", "b", "c"}) REQUIRE(edit.put(key, datum));
    const std::size_t rest = size - 26 - 3 * (each + 7) - 7;
    const std::string fits(std::min(rest, size / 4), 'x');
    CHECK_FALSE(edit.put("d", std::string(size / 4 + 1, 'x')));
    CHECK(edit.put("d", fits));
    const std::size_t more = rest - fits.size();
    const std::string longer(std::min(each + more, size / 4), 'y');
    CHECK(edit.put("a", longer));
    CHECK(HashPage{page}.free_bytes() == size - 26 - 4 * 7 - 2 * each - fits.size() - longer.size());
    CHECK_FALSE(edit.put("e", std::string(size / 4, 'x')));
    CHECK(pairs_on(page).size() == 4);
}

TEST_CASE("long items and several data of one key are left to others") {
    const Scratch dir;
    put_raw(dir / "r.db", "datum", std::string(3000, 'd'));
    put_raw(dir / "r.db", std::string(3000, 'k'), "5");
    const LockedFile file = locked(dir / "r.db");
    auto hash = HashFile::open(file).value();
    CHECK_FALSE(InPlace::plan(hash, {{"datum", "5"}}));
    CHECK_FALSE(InPlace::plan(hash, {{"datum", std::nullopt}}));
    CHECK_FALSE(InPlace::plan(hash, {{"new", std::string(1025, 'x')}}));
    CHECK(InPlace::plan(hash, {{"new", std::string(1024, 'x')}}));
}

TEST_CASE("what stands beside a long datum is changed, and the datum is as it was") {
    const Scratch dir;
    std::vector<std::string> keys;  // Of one bucket.
    for (int i = 0; keys.size() < 3; ++i)
        if (const auto key = std::to_string(i); (database_hash(key) & 2047) == 9) keys.push_back(key);
    const std::string datum(3000, 'd');
    put_raw(dir / "r.db", keys[0], datum);
    {
        const LockedFile file = locked(dir / "r.db");
        auto hash = HashFile::open(file).value();
        const auto plan = InPlace::plan(hash, {{keys[1], "1"}, {keys[2], "2"}});
        REQUIRE(plan);
        plan->carry_out(file);
        CHECK(Database::verify(file).empty());
    }
    const Pairs right{{keys[0], datum}, {keys[1], "1"}, {keys[2], "2"}};
    CHECK(found_by_libdb(dir / "r.db", right) == right);
}

TEST_CASE("libdb finds every key of the pages that we write, and writes pages that we go on with") {
    const Scratch dir;
    const auto seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937 random{seed};
    const bool of_makemap = GENERATE(false, true);
    if (of_makemap) makemap("hash", dir / "r", "start 1\n");
    else put_raw(dir / "r.db", "start", "1");
    Pairs expected{{"start", "1"}};
    for (int round = 0; round < 60; ++round) {
        Changes changes;
        for (int i = 0; i < 12; ++i) changes[some_key(random)] = random() % 3 ? std::optional{std::to_string(random())} : std::nullopt;
        {
            const LockedFile file = locked(dir / "r.db");
            auto hash = HashFile::open(file).value();
            const auto plan = InPlace::plan(hash, changes);
            if (!plan) continue;
            plan->carry_out(file);
            REQUIRE(Database::verify(file).empty());
        }
        for (const auto& [key, datum] : changes) {
            expected.erase(key);
            if (datum) expected[key] = *datum;
        }
        if (const std::string key = some_key(random); random() % 4 == 0) put_raw(dir / "r.db", key, expected[key] = "libdb");
        CHECK(found_by_libdb(dir / "r.db", expected) == expected);
    }
    CHECK(expected.size() > 40);
}
