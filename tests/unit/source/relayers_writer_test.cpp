#include "policy/source/relayers/relayers_writer.h"

#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "policy/source/files/fault.h"
#include "policy/source/relayers/relayers_entries.h"
#include "tests/support/catch.h"
#include "tests/unit/source/scratch.h"

using namespace relay;
using namespace std::string_literals;
using std::chrono::seconds;
using std::chrono::sys_seconds;

namespace {

LoginRecord at(std::int64_t when, std::vector<Login> logins = {}) {
    return {Layout::timestamp, sys_seconds{seconds{when}}, std::move(logins)};
}

Address ip(const char* text) { return Address::parse(text).value(); }

Trouble trouble_of(const std::function<void()>& work) {
    try {
        work();
    } catch (const Fault& fault) {
        return fault.trouble;
    }
    throw std::runtime_error{"it went well"};
}

}  // namespace

TEST_CASE("makemap -u reads what was written, without a trailing NUL") {
    const Scratch dir;
    RelayersWriter writer{dir / "relayers.db"};
    writer.add({ip("10.0.0.1"), ip("IPv6:2001:db8:0:0:0:0:0:1")}, at(906502527));
    writer.add({ip("10.0.0.2")}, at(9, {{sys_seconds{seconds{9}}, "alice"}}));
    const std::string text = unmakemap("hash", dir / "relayers");
    CHECK_THAT(text, Catch::Contains("10.0.0.1\t906502527\n"));
    CHECK_THAT(text, Catch::Contains("2001:db8::1\t906502527\n"));
    CHECK_THAT(text, Catch::Contains("10.0.0.2\t9 alice\n"));
    CHECK(get_raw(dir / "relayers.db", "10.0.0.1") == "906502527");
    CHECK(get_raw(dir / "relayers.db", "10.0.0.1\0"s) == "(absent)");
}

TEST_CASE("makemap may add to what was written, and the other way round") {
    const Scratch dir;
    RelayersWriter{dir / "relayers.db"}.add({ip("10.0.0.1")}, at(1));
    makemap("hash", dir / "relayers", "10.0.0.2 2\n", "-o");
    RelayersWriter{dir / "relayers.db"}.add({ip("10.0.0.3")}, at(3));
    for (const char* key : {"10.0.0.1", "10.0.0.2", "10.0.0.3"})
        CHECK(get_raw(dir / "relayers.db", key) == std::string{key + 7});
}

TEST_CASE("a new database has mode 0640, the group of its directory, room for 100,000 entries and no leftovers") {
    const Scratch dir;
    if (::geteuid() == 0) REQUIRE(::chown(dir.path().c_str(), 0, 12) == 0);
    const mode_t mask = ::umask(0);
    RelayersWriter{dir / "relayers.db"}.add({ip("10.0.0.1")}, at(1));
    ::umask(mask);
    struct stat status {};
    REQUIRE(::stat((dir / "relayers.db").c_str(), &status) == 0);
    CHECK((status.st_mode & 07777) == 0640);
    if (::geteuid() == 0) CHECK(status.st_gid == 12);
    CHECK(status.st_size > 2048 * 4096);
    CHECK(std::distance(std::filesystem::directory_iterator{dir.path()}, {}) == 1);
}

TEST_CASE("adding takes the place of every other spelling, also with an older time") {
    const Scratch dir;
    put_raw(dir / "r.db", "10.0.0.1\0"s, "50");
    put_raw(dir / "r.db", "::ffff:10.0.0.1", "60");
    RelayersWriter{dir / "r.db"}.add({ip("10.0.0.1")}, at(5));
    const auto entries = read_relayers(dir / "r.db", seconds{1});
    REQUIRE(entries->size() == 1);
    CHECK(entries->front().key == "10.0.0.1");
    CHECK(entries->front().data == "5");
}

TEST_CASE("removing takes away every spelling and tells who was not there") {
    const Scratch dir;
    for (const std::string& key : {"10.0.0.1"s, "10.0.0.1\0"s, "IPv6:::ffff:10.0.0.1"s, "ipv6:2001:db8:0:0:0:0:0:1"s, "10.0.0.2"s})
        put_raw(dir / "r.db", key, "5");
    const auto missing = RelayersWriter{dir / "r.db"}.remove({ip("10.0.0.1"), ip("10.0.0.9"), ip("2001:db8::1")});
    CHECK(missing == std::vector{ip("10.0.0.9")});
    const auto entries = read_relayers(dir / "r.db", seconds{1});
    REQUIRE(entries->size() == 1);
    CHECK(entries->front().key == "10.0.0.2");
}

TEST_CASE("expire removes what is older, to the second, and nothing else") {
    const std::string kind = GENERATE("hash", "btree");
    const Scratch dir;
    makemap(kind, dir / "r", "10.0.0.1 99\n10.0.0.2 100\n10.0.0.3 101\n10.0.0.4 junk\nnoaddress 5\n10.0.0.5 253402300799\n");
    const auto expired = RelayersWriter{dir / "r.db"}.expire(sys_seconds{seconds{100}});
    CHECK(expired.removed == 1);
    CHECK(expired.unreadable == 2);
    CHECK(get_raw(dir / "r.db", "10.0.0.1") == "(absent)");
    CHECK(get_raw(dir / "r.db", "10.0.0.2") == "100");
    CHECK(get_raw(dir / "r.db", "10.0.0.4") == "junk");
    CHECK(get_raw(dir / "r.db", "noaddress") == "5");
    CHECK(get_raw(dir / "r.db", "10.0.0.5") == "253402300799");
}

TEST_CASE("a btree stays a btree") {
    const Scratch dir;
    makemap("btree", dir / "r", "10.0.0.1 1\n");
    RelayersWriter{dir / "r.db"}.add({ip("10.0.0.2")}, at(2));
    CHECK(unmakemap("btree", dir / "r") == "10.0.0.1\t1\n10.0.0.2\t2\n");
}

TEST_CASE("a thousand deletions and expiries leave the rest as it was") {
    const Scratch dir;
    std::vector<Address> even;
    std::vector<Address> odd;
    for (std::uint8_t i = 0; i < 250; ++i)
        for (std::uint8_t j = 0; j < 8; ++j) (j % 2 == 0 ? even : odd).push_back(Address::v4({10, 0, j, i}));
    RelayersWriter writer{dir / "r.db"};
    writer.add(even, at(100));
    writer.add(odd, at(200));
    CHECK(writer.expire(sys_seconds{seconds{150}}).removed == even.size());
    CHECK(writer.remove(even) == even);
    CHECK(read_relayers(dir / "r.db", seconds{1})->size() == odd.size());
}

TEST_CASE("a locked database is not changed, and who holds it is told") {
    const Scratch dir;
    put_raw(dir / "r.db", "10.0.0.1", "5");
    const int other = ::open((dir / "r.db").c_str(), O_RDONLY);
    REQUIRE(::flock(other, LOCK_SH) == 0);
    RelayersWriter writer{dir / "r.db", std::chrono::milliseconds{50}};
    CHECK(trouble_of([&] { writer.add({ip("10.0.0.1")}, at(6)); }) == Trouble::locked);
    CHECK_THROWS_WITH(writer.remove({ip("10.0.0.1")}), Catch::Contains("locked by process " + std::to_string(::getpid())));
    CHECK(trouble_of([&] { writer.expire(sys_seconds{seconds{100}}); }) == Trouble::locked);
    ::close(other);
    CHECK(get_raw(dir / "r.db", "10.0.0.1") == "5");
    writer.add({ip("10.0.0.1")}, at(6));
    CHECK(get_raw(dir / "r.db", "10.0.0.1") == "6");
}

TEST_CASE("an open sendmail map can see the change: the time in whole seconds moves on") {
    const Scratch dir;
    const auto modified = [&] {
        struct stat status {};
        REQUIRE(::stat((dir / "r.db").c_str(), &status) == 0);
        return status.st_mtim.tv_sec;
    };
    RelayersWriter writer{dir / "r.db"};
    writer.add({ip("10.0.0.1")}, at(1));
    const auto first = modified();
    writer.add({ip("10.0.0.2")}, at(1));
    CHECK((modified() > first || modified() == std::time(nullptr) + 1));
    for (int i = 0; i < 5; ++i) writer.add({ip("10.0.0.3")}, at(1));
    CHECK(modified() <= std::time(nullptr) + 1);
}

TEST_CASE("what is no database, is empty or has duplicates is not written to") {
    const Scratch dir;
    write_file(dir / "text.db", "10.0.0.1 5\n");
    write_file(dir / "empty.db", "");
    makemap("hash", dir / "many", "10.0.0.1 5\n10.0.0.1 6\n", "-d");
    for (const char* name : {"text.db", "empty.db", "many.db"}) {
        CAPTURE(name);
        const std::string before = read_file(dir / name);
        RelayersWriter writer{dir / name};
        CHECK(trouble_of([&] { writer.add({ip("10.0.0.1")}, at(6)); }) == Trouble::damaged);
        CHECK(read_file(dir / name) == before);
    }
}

TEST_CASE("without permission nothing is written, and it is told") {
    const Scratch dir;
    ::chmod(dir.path().c_str(), 0755);
    put_raw(dir / "r.db", "10.0.0.1", "5");
    ::chmod((dir / "r.db").c_str(), 0644);
    const AsNobody nobody;
    CHECK(trouble_of([&] { RelayersWriter{dir / "r.db"}.add({ip("10.0.0.1")}, at(6)); }) == Trouble::forbidden);
    CHECK(trouble_of([&] { RelayersWriter{dir / "new.db"}.add({ip("10.0.0.1")}, at(6)); }) == Trouble::forbidden);
    CHECK(get_raw(dir / "r.db", "10.0.0.1") == "5");
}

TEST_CASE("a missing database has nothing to remove or to expire, and is not made by it") {
    const Scratch dir;
    RelayersWriter writer{dir / "none.db"};
    CHECK(writer.remove({ip("10.0.0.1")}).size() == 1);
    CHECK(writer.expire(sys_seconds{seconds{100}}).removed == 0);
    CHECK_FALSE(std::filesystem::exists(dir / "none.db"));
    CHECK_FALSE(read_relayers(dir / "none.db", seconds{1}).has_value());
}

TEST_CASE("writers that all rewrite the file at once do not fail each other, and lose nothing") {
    const Scratch dir;
    makemap("btree", dir / "relayers", "10.9.9.9 5\n");  // Never changed in place.
    std::vector<std::thread> writers;
    std::atomic<int> failed{0};
    for (int w = 0; w < 4; ++w)
        writers.emplace_back([&, w] {
            for (int i = 0; i < 25; ++i) try {
                RelayersWriter{dir / "relayers.db"}.add({Address::v4({10, 0, std::uint8_t(w), std::uint8_t(i)})}, at(7));
            } catch (const Fault&) {
                ++failed;
            }
        });
    for (std::thread& writer : writers) writer.join();
    CHECK(failed == 0);
    const std::string text = unmakemap("btree", dir / "relayers");
    CHECK(std::count(text.begin(), text.end(), '\n') == 101);
}
