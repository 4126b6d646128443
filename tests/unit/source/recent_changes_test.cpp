#include "policy/source/database/recent_changes.h"

#include <sys/stat.h>

#include <algorithm>
#include <thread>

#include "policy/source/relayers/relayers_writer.h"
#include "tests/support/catch.h"
#include "tests/unit/source/mapped_file.h"
#include "tests/unit/source/scratch.h"

using namespace relay;
using namespace std::chrono_literals;

namespace {

constexpr std::uint32_t kBuckets = 8192;  // 32 MiB, most of it holes.

Address client(int number) {
    return Address::v4({10, 0, static_cast<std::uint8_t>(number / 250), static_cast<std::uint8_t>(number % 250)});
}

std::vector<Address> clients(int from, int to) {
    std::vector<Address> some;
    for (int i = from; i < to; ++i) some.push_back(client(i));
    return some;
}

LoginRecord login(int at) { return {Layout::timestamp, std::chrono::sys_seconds{std::chrono::seconds{at}}, {}}; }

RecentChanges recent(const std::string& path) { return RecentChanges{LockedFile::open(path, Lock::shared, 1s).value()}; }

std::uint32_t page_of(const std::string& path, const Address& address) {
    const auto file = LockedFile::open(path, Lock::shared, 1s).value();
    const auto hash = HashFile::open(file);
    return hash->meta().page_of_bucket(hash->bucket_of(address.text()));
}

/// A large database, and a commit to begin with.
class Large {
public:
    Large() {
        Database::create(path, {true, kBuckets}).commit();
        writer.add({client(0)}, login(5));
        begin = recent(path).last().value();
    }
    [[nodiscard]] auto since_begin() const { return recent(path).since(begin); }

    const Scratch directory;
    const std::string path = directory / "r.db";
    RelayersWriter writer{path};
    RecentChanges::Commit begin = 0;
};

timespec modified(const std::string& path) { return stamp_of(path).modified; }

void set_modified(const std::string& path, timespec time) {
    const timespec times[2] = {{0, UTIME_OMIT}, time};
    REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times, 0) == 0);
}

}  // namespace

TEST_CASE("the pages of each commit are told to who knows one before it, in any number of commits that has room") {
    Large large;
    CHECK(large.since_begin() == std::vector<std::uint32_t>{});
    std::vector<std::uint32_t> expected;
    for (int i = 1; i <= 20; ++i) {
        large.writer.add({client(i)}, login(i));
        expected.push_back(page_of(large.path, client(i)));
        CHECK(large.since_begin() == expected);
    }
    large.writer.remove(clients(5, 8));
    for (int i = 5; i < 8; ++i) expected.push_back(page_of(large.path, client(i)));
    auto told = large.since_begin().value();
    std::ranges::sort(told);
    std::ranges::sort(expected);
    CHECK(told == expected);
    CHECK_FALSE(recent(large.path).since(large.begin + 1));
}

TEST_CASE("the oldest commits are forgotten where there is no room, and all where one changes too much") {
    Large large;
    for (int i = 1; i <= 10; ++i) large.writer.add(clients(40 * i, 40 * i + 40), login(i));
    CHECK_FALSE(large.since_begin());
    const auto before = recent(large.path).last().value();
    large.writer.add(clients(0, 40), login(50));
    CHECK(recent(large.path).since(before).value().size() == 40);
    large.writer.add(clients(0, 900), login(60));
    CHECK_FALSE(recent(large.path).since(before));
    const auto after = recent(large.path).last().value();
    large.writer.add({client(3)}, login(70));
    CHECK(recent(large.path).since(after).value().size() == 1);
}

TEST_CASE("nothing is told of a file that anybody else wrote, or gave another time") {
    Large large;
    const timespec before = modified(large.path);
    std::this_thread::sleep_for(FileStamp::kTick);
    SECTION("by libdb") { put_raw(large.path, "10.9.9.9", "5"); }
    SECTION("by libdb, with its time set back") {
        put_raw(large.path, "10.9.9.9", "5");
        set_modified(large.path, before);
    }
    SECTION("by makemap") { makemap("hash", large.directory / "r", "10.9.9.9 5\n", "-o"); }
    SECTION("by touch") { set_modified(large.path, {before.tv_sec, before.tv_nsec + 1}); }
    SECTION("by chmod") { REQUIRE(::chmod(large.path.c_str(), 0600) == 0); }
    CHECK_FALSE(recent(large.path).last());
    large.writer.add({client(1)}, login(6));
    CHECK(recent(large.path).last());
    CHECK_FALSE(large.since_begin());
}

TEST_CASE("an older copy, written back with its time, is not taken for what followed") {
    Large large;
    const std::string old = read_file(large.path);
    const timespec time = modified(large.path);
    large.writer.add({client(1)}, login(6));
    const auto later = recent(large.path).last().value();
    write_file(large.path, old);
    set_modified(large.path, time);
    large.writer.add({client(2)}, login(7));
    CHECK_FALSE(recent(large.path).since(later));
}

TEST_CASE("a late touch leaves what is told as it was") {
    Large large;
    for (int i = 1; i <= 4; ++i) large.writer.add({client(i)}, login(i));  // Within a second or two: one is owed.
    const auto told = large.since_begin();
    REQUIRE(told);
    const timespec before = modified(large.path);
    LateTouch{large.path, before.tv_sec, {}}.perform();
    CHECK(modified(large.path).tv_sec == before.tv_sec + 1);
    CHECK(large.since_begin() == told);
}

TEST_CASE("any changed byte of what is kept makes it nothing") {
    Large large;
    const timespec time = modified(large.path);
    const auto last = recent(large.path).last();
    REQUIRE(last);
    for (std::size_t at = kMetaBytes; at < 4096; at += 37) {
        CAPTURE(at);
        MappedFile file{large.path};
        char& byte = const_cast<char&>(file.text()[at]);
        byte = static_cast<char>(byte ^ 1);
        set_modified(large.path, time);
        const bool behind = at >= kMetaBytes + 32 + 12 * 295;
        CHECK((recent(large.path).last() == last) == behind);
        byte = static_cast<char>(byte ^ 1);
        set_modified(large.path, time);
    }
}

TEST_CASE("of a small file nothing is kept") {
    const Scratch directory;
    RelayersWriter writer{directory / "r.db"};
    writer.add({client(1)}, login(5));
    writer.add({client(2)}, login(5));
    CHECK_FALSE(recent(directory / "r.db").last());
    for (const char byte : read_file(directory / "r.db").substr(kMetaBytes, 4096 - kMetaBytes)) REQUIRE(byte == 0);
}

TEST_CASE("libdb finds a file sound that keeps its changes, reads it, and carries them along") {
    Large large;
    CHECK(Database::verify(LockedFile::open(large.path, Lock::shared, 1s).value()).empty());
    CHECK(unmakemap("hash", large.directory / "r") == "10.0.0.0\t5\n");
    put_raw(large.path, "10.9.9.9", "5");
    CHECK(get_raw(large.path, "10.0.0.0") == "5");
    CHECK(get_raw(large.path, "10.9.9.9") == "5");
}
