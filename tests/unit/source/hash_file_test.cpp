// HashFile against libdb: both must see the same records, in the same buckets.
#include "policy/source/database/hash_file.h"

#include <cstring>
#include <map>
#include <random>
#include <set>

#include "tests/support/catch.h"
#include "tests/unit/source/scratch.h"

using namespace relay;
using namespace std::string_literals;

namespace {

using Records = std::multiset<std::pair<std::string, std::string>>;

LockedFile locked(const std::string& path) {
    return LockedFile::open(path, Lock::shared, std::chrono::seconds{1}).value();
}

Records by_libdb(const LockedFile& file) {
    DatabaseCheck check;
    Database database{file, Database::Access::read, check};
    Records records;
    database.each([&records](auto key, auto data) { records.emplace(key, data); });
    return records;
}

Records by_bucket(const LockedFile& file) {
    auto hash = HashFile::open(file).value();
    Records records;
    for (std::uint32_t bucket = 0; bucket < hash.buckets(); ++bucket)
        hash.each_in_bucket(bucket, [&](auto key, auto data) {
            if (hash.bucket_of(key) != bucket) throw std::logic_error{"a key is in another bucket"};
            records.emplace(key, data);
        });
    return records;
}

Records by_key(const LockedFile& file, const Records& keys) {
    auto hash = HashFile::open(file).value();
    Records records;
    std::set<std::string> met;
    for (const auto& [key, unused] : keys)
        if (met.insert(key).second) hash.each_under(key, [&, k = key](auto data) { records.emplace(k, data); });
    return records;
}

void check_as_libdb(const std::string& path, std::size_t entries) {
    const LockedFile file = locked(path);
    const Records expected = by_libdb(file);
    CHECK(expected.size() == entries);
    CHECK(by_bucket(file) == expected);
    CHECK(by_key(file, expected) == expected);
    std::size_t others = 0;
    for (int i = 0; i < 100; ++i) HashFile::open(file)->each_under("203.0.113." + std::to_string(i), [&](auto) { ++others; });
    CHECK(others == 0);
}

std::string lines(int entries) {
    std::string text;
    for (int i = 0; i < entries; ++i)
        text += "10." + std::to_string(i / 65536) + '.' + std::to_string(i / 256 % 256) + '.' + std::to_string(i % 256) + " 1700000000\n";
    return text;
}

}  // namespace

TEST_CASE("a hash file of makemap holds for HashFile what it holds for libdb") {
    const int entries = GENERATE(0, 1, 100, 3000, 60'000);
    const std::string options = GENERATE("", "-N");
    CAPTURE(entries, options);
    const Scratch dir;
    makemap("hash", dir / "r", lines(entries), options);
    check_as_libdb(dir / "r.db", static_cast<std::size_t>(entries));
}

TEST_CASE("long keys, long data, duplicates and every length between are read as libdb reads them") {
    const Scratch dir;
    std::string text = "10.0.0.1 1\n10.0.0.1 2\n10.0.0.1 3\n10.0.0.2 4\n";
    makemap("hash", dir / "d", text, "-d");
    check_as_libdb(dir / "d.db", 4);
    for (const std::size_t length : {0, 1, 900, 1000, 1010, 1020, 1024, 1030, 4000, 4070, 4096, 9000, 100'000}) {
        put_raw(dir / "r.db", "key of " + std::to_string(length), std::string(length, 'd'));
        put_raw(dir / "r.db", std::string(length, 'k'), "5");
    }
    check_as_libdb(dir / "r.db", 26);
}

TEST_CASE("a pre-sized file, its pages holes at first, is read as libdb reads it") {
    const Scratch dir;
    Database::create(dir / "r.db");
    check_as_libdb(dir / "r.db", 0);
    for (int i = 0; i < 50; ++i) put_raw(dir / "r.db", "192.0.2." + std::to_string(i), std::to_string(i));
    check_as_libdb(dir / "r.db", 50);
    const LockedFile file = locked(dir / "r.db");
    CHECK(HashFile::open(file)->buckets() == 2048);
    CHECK(HashFile::open(file)->meta().fill_factor == 682);
    CHECK(HashFile::open(file)->meta().entries == 2047 * 682 + 51);  // libdb counts from what it was told to expect.
}

TEST_CASE("buckets of many pages are read as libdb reads them, also after deletions") {
    const Scratch dir;
    Database::create(dir / "r.db");
    std::mt19937 random{7};
    {
        const auto file = LockedFile::open(dir / "r.db", Lock::exclusive, std::chrono::seconds{1}).value();
        DatabaseCheck check;
        Database database{file, Database::Access::write, check};
        const auto target = HashFile::open(file)->bucket_of("0");
        int put = 0;
        for (int i = 0; put < 800; ++i)  // All of one bucket, so that its chain grows.
            if (const auto key = std::to_string(i); HashFile::open(file)->bucket_of(key) == target) {
                database.put(key, std::string(random() % 300, 'x'));
                if (++put % 3 == 0) database.erase(key);
            }
        database.commit();
    }
    check_as_libdb(dir / "r.db", 534);
}

TEST_CASE("a btree and another hash function are none of HashFile's") {
    const Scratch dir;
    makemap("btree", dir / "b", "10.0.0.1 5\n");
    CHECK_FALSE(HashFile::open(locked(dir / "b.db")));
    makemap("hash", dir / "h", "10.0.0.1 5\n");
    REQUIRE(HashFile::open(locked(dir / "h.db")));
    std::string bytes = read_file(dir / "h.db");
    bytes[92] = static_cast<char>(bytes[92] + 1);
    write_file(dir / "h.db", bytes);
    CHECK_FALSE(HashFile::open(locked(dir / "h.db")));
}

TEST_CASE("the room of a page is what libdb makes of it") {
    const Scratch dir;
    Database::create(dir / "r.db");
    const auto free_bytes = [&](const std::string& key) {
        const LockedFile file = locked(dir / "r.db");
        auto hash = HashFile::open(file).value();
        return HashPage{hash.only_page(hash.bucket_of(key)).value()}.free_bytes();
    };
    CHECK(free_bytes("10.0.0.1") == 4096 - 26);
    put_raw(dir / "r.db", "10.0.0.1", "1700000000");
    CHECK(free_bytes("10.0.0.1") == 4096 - 26 - 8 - 10 - 6);
}

TEST_CASE("a pair that fits the room changes one page and the meta page, and one more byte makes a chain") {
    const Scratch dir;
    Database::create(dir / "r.db");
    const auto free_bytes = [&] {
        const LockedFile file = locked(dir / "r.db");
        auto hash = HashFile::open(file).value();
        return HashPage{hash.only_page(hash.bucket_of("k")).value()}.free_bytes();
    };
    std::set<std::string> keys;  // Of the same bucket.
    {
        const LockedFile file = locked(dir / "r.db");
        auto hash = HashFile::open(file).value();
        for (int i = 0; keys.size() < 20; ++i)
            if (hash.bucket_of(std::to_string(i)) == hash.bucket_of("k")) keys.insert(std::to_string(i));
    }
    auto key = keys.begin();
    for (; free_bytes() > 1000; ++key) put_raw(dir / "r.db", *key, std::string(900, 'x'));
    const std::size_t fits = free_bytes() - key->size() - 6;
    const std::string sound = read_file(dir / "r.db");
    put_raw(dir / "r.db", *key, std::string(fits, 'y'));
    CHECK(free_bytes() == 0);
    CHECK(read_file(dir / "r.db").size() == sound.size());
    write_file(dir / "r.db", sound);
    put_raw(dir / "r.db", *key, std::string(fits + 1, 'y'));
    const LockedFile file = locked(dir / "r.db");
    auto hash = HashFile::open(file).value();
    CHECK_FALSE(hash.only_page(hash.bucket_of("k")));
}

TEST_CASE("no damage makes HashFile crash, loop or read outside the file") {
    const Scratch dir;
    makemap("hash", dir / "r", lines(2000));
    for (const std::size_t length : {2000, 9000}) put_raw(dir / "r.db", "long " + std::to_string(length), std::string(length, 'x'));
    const std::string sound = read_file(dir / "r.db");
    const auto seed = std::random_device{}();
    int damaged = 0;
    for (unsigned round = 0; round < 300; ++round) {
        INFO("seed " << seed << ", round " << round);
        std::mt19937_64 random{seed + std::uint64_t{round}};
        std::string bytes = sound;
        for (auto changes = 1 + random() % 8; changes > 0; --changes) {
            const std::size_t page = random() % (bytes.size() / 4096) * 4096;
            const std::size_t at = random() % 3 == 0 ? random() % 4096 : random() % 64;  // The head is what can lead astray.
            bytes[page + at] = static_cast<char>(random() % 2 ? random() : random() % 16);
        }
        if (random() % 8 == 0) bytes.resize(random() % bytes.size());
        write_file(dir / "damaged.db", bytes);
        const LockedFile file = locked(dir / "damaged.db");
        try {
            if (auto hash = HashFile::open(file)) {
                for (int i = 0; i < 50; ++i) hash->each_under("10.0.0." + std::to_string(i), [](auto) {});
                hash->each_under("long 9000", [](auto) {});
                for (std::uint32_t bucket = 0; bucket < hash->buckets(); ++bucket) {
                    static_cast<void>(hash->only_page(bucket));
                    hash->each_in_bucket(bucket, [](auto, auto) {});
                }
            }
        } catch (const Fault& fault) {
            ++damaged;
            REQUIRE(fault.trouble == Trouble::damaged);
            REQUIRE_THAT(fault.what(), Catch::StartsWith((dir / "damaged.db") + ": "));
        }
    }
    CHECK(damaged > 50);
}

TEST_CASE("a bucket whose pages form a ring is damaged") {
    const Scratch dir;
    makemap("hash", dir / "r", lines(200));
    std::string bytes = read_file(dir / "r.db");
    const std::uint32_t self = 1;
    for (const std::size_t link : {12, 16}) std::memcpy(&bytes[4096 + link], &self, sizeof self);
    write_file(dir / "r.db", bytes);
    const LockedFile file = locked(dir / "r.db");
    CHECK_THROWS_AS(HashFile::open(file)->each_in_bucket(0, [](auto, auto) {}), Fault);
}
