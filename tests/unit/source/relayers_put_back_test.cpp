// RelayersWriter::expire() that is ended: what it deleted comes back, and what came meanwhile stays.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

#include "policy/source/files/fault.h"
#include "policy/source/relayers/relayers_writer.h"
#include "tests/support/catch.h"
#include "tests/unit/source/scratch.h"

using namespace relay;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::sys_seconds;

namespace {

using Contents = std::map<std::string, std::string>;

constexpr sys_seconds kOldest{seconds{100}};
constexpr std::uint32_t kEntries = 6000;

struct Ended : std::exception {};

/// Does `meanwhile` when the first have been deleted, and ends it at a stage, between two slices or behind the last.
class Ending : public Watch {
public:
    explicit Ending(std::string stage, std::function<void()> meanwhile = {}) : stage_{std::move(stage)}, meanwhile_{std::move(meanwhile)} {}
    void progress(std::size_t records) override {
        if (records == 0) return;
        if (auto now = std::exchange(meanwhile_, {})) now();
        at("progress");
    }
    void commit() override { at("commit"); }
    void taken_back(std::size_t records) noexcept override { taken_back_ = records; }
    [[nodiscard]] std::size_t told() const { return taken_back_; }

private:
    void at(const std::string& stage) const {
        if (stage == stage_) throw Ended{};
    }
    std::string stage_;
    std::function<void()> meanwhile_;
    std::size_t taken_back_ = 0;
};

std::string client(std::uint32_t i) { return "10.0." + std::to_string(i / 250) + '.' + std::to_string(i % 250); }

Contents contents(const std::string& path) {
    Contents all;
    const auto entries = read_relayers(path, seconds{1});
    for (const auto& entry : entries.value()) all.emplace(entry.key, entry.data);
    return all;
}

/// Every tenth is old, with a login, and some stand under other spellings: in the place of ours, beside an old one, beside a fresh one.
Contents fill(const std::string& path) {
    std::map<Address, LoginRecord> records;
    for (std::uint32_t i = 0; i < kEntries; ++i) {
        const sys_seconds at{seconds{i % 10 == 0 ? 99 : 100}};
        records.emplace(Address::parse(client(i)).value(), LoginRecord{Layout::timestamp, at, {{at, "user" + std::to_string(i)}}});
    }
    RelayersWriter{path}.import(records);
    for (const char* key : {"IPv6:2001:db8:0:0:0:0:0:1", "::ffff:192.0.2.1", "::ffff:10.0.0.0", "::ffff:10.0.0.1", "2001:db8::2"}) put_raw(path, key, "98 bob");
    put_raw(path, "home", "97");
    return contents(path);
}

void end_expiry(const std::string& path, Watch& watch, milliseconds lock_wait = seconds{10}) {
    RelayersWriter writer{path, lock_wait};
    writer.watch(watch);
    writer.expire(kOldest);
}

ino_t inode(const std::string& path) {
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    return status.st_ino;
}

/// Those of `before` that are not there now.
std::vector<std::string> gone(const Contents& before, const std::string& path) {
    const Contents now = contents(path);
    std::vector<std::string> keys;
    for (const auto& [key, datum] : before)
        if (!now.contains(key)) keys.push_back(key);
    return keys;
}

}  // namespace

TEST_CASE("expire that is ended between two slices or after the last leaves every record as it was") {
    const std::string stage = GENERATE("progress", "commit");
    const Scratch dir;
    const Contents before = fill(dir / "r.db");
    const ino_t file = inode(dir / "r.db");
    std::size_t deleted = 0;
    Ending watch{stage, [&] { deleted = gone(before, dir / "r.db").size(); }};
    CHECK_THROWS_AS(end_expiry(dir / "r.db", watch), Ended);
    CHECK(deleted > 0);
    CHECK(watch.told() >= deleted);
    CHECK(contents(dir / "r.db") == before);
    CHECK(inode(dir / "r.db") == file);
}

TEST_CASE("a client that logged in while expire went on keeps the new login when it is ended, under whatever key") {
    const Scratch dir;
    Contents expected = fill(dir / "r.db");
    Ending watch{"commit", [&] {
        for (const std::string& key : gone(expected, dir / "r.db")) {
            const Address client = Address::parse(key).value();
            RelayersWriter{dir / "r.db"}.record({{client, sys_seconds{seconds{500}}, "alice"}});
            expected.erase(key);
            expected[client.text()] = get_raw(dir / "r.db", client.text());
        }
    }};
    CHECK_THROWS_AS(end_expiry(dir / "r.db", watch), Ended);
    CHECK(contents(dir / "r.db") == expected);
    CHECK(std::ranges::any_of(expected, [](const auto& entry) { return entry.second.starts_with("500 alice"); }));
}

TEST_CASE("a client that logged in keeps no older entry under another spelling beside it") {
    const Scratch dir;
    Contents expected = fill(dir / "r.db");
    // Behind the last slice: it is all gone by then, whatever the order of the buckets.
    class LoggedIn : public Watch {
    public:
        explicit LoggedIn(std::string path) : path_{std::move(path)} {}
        void commit() override {
            for (const char* client : {"2001:db8::1", "192.0.2.1"})
                RelayersWriter{path_}.record({{Address::parse(client).value(), sys_seconds{seconds{500}}, "alice"}});
            throw Ended{};
        }

    private:
        std::string path_;
    } watch{dir / "r.db"};
    CHECK_THROWS_AS(end_expiry(dir / "r.db", watch), Ended);
    expected.erase("IPv6:2001:db8:0:0:0:0:0:1");
    expected.erase("::ffff:192.0.2.1");
    expected["2001:db8::1"] = expected["192.0.2.1"] = "500 alice";
    CHECK(contents(dir / "r.db") == expected);
}

TEST_CASE("where no new file can be made, expire that is ended puts back what it deleted in its place") {
    if (::geteuid() != 0) return;
    const Scratch dir;
    fill(dir / "r.db");
    std::vector<Address> many;
    for (std::uint32_t i = 0; i < 6000; ++i) many.push_back(Address::v4({10, 8, static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)}));
    RelayersWriter{dir / "r.db"}.add(many, {Layout::timestamp, sys_seconds{seconds{5}}, {}});
    const Contents before = contents(dir / "r.db");
    REQUIRE(::chmod(dir.path().c_str(), 0755) == 0);
    REQUIRE(::chmod((dir / "r.db").c_str(), 0666) == 0);
    const AsNobody nobody;
    Ending watch{"commit"};
    CHECK_THROWS_AS(end_expiry(dir / "r.db", watch), Ended);
    CHECK(watch.told() > 6000);
    CHECK(contents(dir / "r.db") == before);
}

TEST_CASE("a fault in the middle of expire says how many are gone, and deletes no more") {
    const Scratch dir;
    const Contents before = fill(dir / "r.db");
    Descriptor other;
    Ending watch{"never", [&] {
        other = Descriptor{::open((dir / "r.db").c_str(), O_RDWR)};
        ::flock(other.get(), LOCK_EX);
    }};
    try {
        end_expiry(dir / "r.db", watch, milliseconds{50});
        FAIL("it should have met the lock");
    } catch (const Fault& fault) {
        other = Descriptor{};
        CHECK(fault.trouble == Trouble::locked);
        CHECK(fault.partly_done);
        CHECK_THAT(fault.what(), Catch::Contains("; " + std::to_string(gone(before, dir / "r.db").size()) + " old entries were deleted before"));
    }
}

TEST_CASE("what cannot be put back is told, with its number, in the place of the end that was asked for") {
    const Scratch dir;
    fill(dir / "r.db");
    Ending watch{"progress", [&] { write_file(dir / "r.db", "rubbish"); }};
    try {
        end_expiry(dir / "r.db", watch);
        FAIL("nothing can be put into rubbish");
    } catch (const Fault& fault) {
        CHECK(fault.partly_done);
        CHECK_THAT(fault.what(), Catch::Matches(".*; ([0-9]+) of \\1 old entries were deleted and not put back"));
    }
}
