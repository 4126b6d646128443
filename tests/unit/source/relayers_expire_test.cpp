// RelayersWriter::expire(): in place or anew, and what it may never take.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <future>

#include "policy/source/database/hash_file.h"
#include "policy/source/relayers/relayers_entries.h"
#include "policy/source/relayers/relayers_writer.h"
#include "tests/support/catch.h"
#include "tests/unit/source/scratch.h"

using namespace relay;
using std::chrono::seconds;
using std::chrono::sys_seconds;

namespace {

constexpr sys_seconds kOldest{seconds{100}};

/// Every `each`-th is old.
std::map<Address, LoginRecord> some(std::uint32_t count, std::uint32_t each) {
    std::map<Address, LoginRecord> records;
    for (std::uint32_t i = 0; i < count; ++i)
        records.emplace(Address::v4({10, static_cast<std::uint8_t>(i >> 16), static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)}),
                        LoginRecord{Layout::timestamp, sys_seconds{seconds{i % each == 0 ? 99 : 100}}, {}});
    return records;
}

FileStamp stamp(const std::string& path) {
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    return FileStamp{status};
}

const Address kClient = Address::v4({192, 0, 2, 1});

/// A login by another writer, who does not wait for the lock, whenever an expiry tells how far it is.
class LoginBetween : public Watch {
public:
    explicit LoginBetween(const std::string& path) : writer_{path, std::chrono::milliseconds{0}} {}
    void progress(std::size_t records) override {
        erased.push_back(records);
        writer_.record({{kClient, sys_seconds{seconds{100 + erased.size()}}, "alice"}});
    }
    std::vector<std::size_t> erased;  ///< As far as it was each time.

private:
    RelayersWriter writer_;
};

}  // namespace

TEST_CASE("few old entries are deleted in place, many make a new file, and both leave what is not old") {
    const auto [count, each, anew] = GENERATE(table<std::uint32_t, std::uint32_t, bool>({{3000, 10, false}, {9000, 2, true}}));
    const Scratch dir;
    RelayersWriter writer{dir / "r.db"};
    writer.import(some(count, each));
    const FileStamp before = stamp(dir / "r.db");
    const auto expired = writer.expire(kOldest);
    CHECK(expired.removed == count / each);
    CHECK(stamp(dir / "r.db").same_file(before) != anew);
    const auto entries = read_relayers(dir / "r.db", seconds{1});
    CHECK(entries->size() == count - count / each);
    for (const auto& entry : *entries) CHECK(entry.data == "100");
}

TEST_CASE("a file that has become much too large shrinks") {
    const Scratch dir;
    RelayersWriter writer{dir / "r.db"};
    writer.import(some(300'000, 1));
    const auto large = std::filesystem::file_size(dir / "r.db");
    REQUIRE(large > 2049 * 4096);
    CHECK(writer.expire(kOldest).removed == 300'000);
    CHECK(std::filesystem::file_size(dir / "r.db") == 2049 * 4096);
}

TEST_CASE("what a rewrite cannot delete for want of a directory to write in is deleted in place") {
    if (::geteuid() != 0) return;
    const Scratch dir;
    RelayersWriter{dir / "r.db"}.import(some(9000, 2));
    REQUIRE(::chmod(dir.path().c_str(), 0755) == 0);
    REQUIRE(::chmod((dir / "r.db").c_str(), 0666) == 0);
    const FileStamp before = stamp(dir / "r.db");
    const AsNobody nobody;
    CHECK(RelayersWriter{dir / "r.db"}.expire(kOldest).removed == 4500);
    CHECK(stamp(dir / "r.db").same_file(before));
    CHECK(read_relayers(dir / "r.db", seconds{1})->size() == 4500);
}

TEST_CASE("a btree in a directory that cannot be written is no success") {
    if (::geteuid() != 0) return;
    const Scratch dir;
    makemap("btree", dir / "r", "10.0.0.1 5\n10.0.0.2 500\n");
    REQUIRE(::chmod(dir.path().c_str(), 0755) == 0);
    REQUIRE(::chmod((dir / "r.db").c_str(), 0666) == 0);
    const AsNobody nobody;
    CHECK_THROWS_WITH(RelayersWriter{dir / "r.db"}.expire(kOldest), Catch::Contains("make a new file in its directory"));
    CHECK(read_relayers(dir / "r.db", seconds{1})->size() == 2);
}

TEST_CASE("what another program adds while expire looks is no damage") {
    const Scratch dir;
    RelayersWriter{dir / "r.db"}.import(some(20'000, 8));
    auto expiring = std::async(std::launch::async, [&] { return RelayersWriter{dir / "r.db"}.expire(kOldest); });
    const Descriptor other{::open((dir / "r.db").c_str(), O_RDWR)};
    while (::flock(other.get(), LOCK_EX | LOCK_NB) == 0 && expiring.wait_for(seconds{0}) != std::future_status::ready)
        ::flock(other.get(), LOCK_UN);
    ::flock(other.get(), LOCK_UN);
    for (int i = 0; i < 40; ++i) put_raw(dir / "r.db", "long " + std::to_string(i), std::string(2000, 'x'));
    CHECK(expiring.get().removed == 2500);
    CHECK(read_relayers(dir / "r.db", seconds{1})->size() == 17'500 + 40);
}

TEST_CASE("between the slices of what is deleted in place the lock is free, and a login gets in") {
    const Scratch dir;
    RelayersWriter{dir / "r.db"}.import(some(30'000, 8));
    LoginBetween login{dir / "r.db"};
    RelayersWriter expiring{dir / "r.db"};
    expiring.watch(login);
    CHECK(expiring.expire(kOldest).removed == 3750);
    REQUIRE(login.erased.size() > 2);
    CHECK(login.erased.front() > 0);
    CHECK(login.erased.back() < 3750);
    CHECK(get_raw(dir / "r.db", kClient.text()) == std::to_string(100 + login.erased.size()) + " alice");
}

TEST_CASE("logins get in while old entries are deleted, and a refreshed entry stays") {
    const Scratch dir;
    RelayersWriter{dir / "r.db"}.import(some(30'000, 8));
    auto expiring = std::async(std::launch::async, [&] { return RelayersWriter{dir / "r.db"}.expire(kOldest); });
    RelayersWriter login{dir / "r.db"};
    std::vector<Address> refreshed;
    for (std::uint8_t i = 248; expiring.wait_for(seconds{0}) != std::future_status::ready && i > 0; i = static_cast<std::uint8_t>(i - 8)) {
        refreshed.push_back(Address::v4({10, 0, 117, i}));
        login.record({{refreshed.back(), sys_seconds{seconds{500}}, "alice"}});
    }
    CHECK(expiring.get().removed <= 3750);
    for (const Address& client : refreshed) CHECK(get_raw(dir / "r.db", client.text()).starts_with("500 alice"));
    const auto entries = read_relayers(dir / "r.db", seconds{1});
    for (const auto& entry : *entries) CHECK(entry.data != "99");
}
