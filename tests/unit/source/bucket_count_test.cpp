#include "policy/source/database/bucket_count.h"

#include "policy/source/database/hash_file.h"
#include "tests/support/catch.h"

using namespace relay;

namespace {

std::string v4(std::uint32_t number) {
    return std::to_string(10 + (number >> 24)) + '.' + std::to_string(number >> 16 & 255) + '.'
           + std::to_string(number >> 8 & 255) + '.' + std::to_string(number & 255);
}

/// Keys that fall into one bucket whatever the number of buckets, as somebody can find them who owns a network.
std::vector<std::string> colliding(std::size_t count, std::uint32_t buckets) {
    std::vector<std::string> keys;
    for (std::uint32_t i = 0; keys.size() < count; ++i)
        if ((database_hash("2001:db8::" + std::to_string(i)) & (buckets - 1)) == 5) keys.push_back("2001:db8::" + std::to_string(i));
    return keys;
}

}  // namespace

TEST_CASE("a file for nobody, and one for 100,000 IPv4 addresses, have 2,048 buckets") {
    BucketCount count;
    CHECK(count.buckets() == 2048);
    for (std::uint32_t i = 0; i < 100'000; ++i) count.add(v4(i * 41), "1795331352");
    CHECK(count.buckets() == 2048);
}

TEST_CASE("longer records ask for more buckets, so that the fullest has room on its page") {
    BucketCount count;
    std::vector<std::size_t> load(32768);
    std::size_t fullest = 0;
    const std::string data(300, 'x');
    for (std::uint32_t i = 0; i < 50'000; ++i) count.add("2001:db8:" + std::to_string(i), data);
    const std::uint32_t buckets = count.buckets();
    REQUIRE(buckets <= load.size());
    for (std::uint32_t i = 0; i < 50'000; ++i) {
        const std::string key = "2001:db8:" + std::to_string(i);
        fullest = std::max(fullest, load[database_hash(key) & (buckets - 1)] += bytes_on_page(key, data));
    }
    CHECK(fullest <= 4070 * 3 / 4);
    CHECK(fullest > 4070 / 3);
}

TEST_CASE("somebody who fills one bucket does not make the file grow without bound") {
    BucketCount count;
    for (const std::string& key : colliding(300, 65536)) count.add(key, "1795331352");
    CHECK(count.buckets() == 2048);
    BucketCount large;
    for (std::uint32_t i = 0; i < 200'000; ++i) large.add(v4(i * 41), "1795331352");
    const std::uint32_t without = large.buckets();
    for (const std::string& key : colliding(300, 65536)) large.add(key, "1795331352");
    CHECK(large.buckets() <= 2 * without);
}

TEST_CASE("a record takes what libdb says: two items of type, bytes and place, long ones by reference") {
    CHECK(bytes_on_page("10.0.0.1", "1795331352") == 8 + 10 + 6);
    CHECK(bytes_on_page("10.0.0.1", std::string(1024, 'x')) == 8 + 1024 + 6);
    CHECK(bytes_on_page("10.0.0.1", std::string(1025, 'x')) == 8 + 11 + 6);
}
