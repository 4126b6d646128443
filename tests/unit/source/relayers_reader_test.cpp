#include "policy/source/relayers/relayers_reader.h"

#include <sys/file.h>
#include <sys/stat.h>

#include <chrono>

#include "tests/support/catch.h"
#include "tests/unit/source/scratch.h"

using namespace relay;
using namespace std::string_literals;
using std::chrono::seconds;
using std::chrono::sys_seconds;

namespace {

PopSettings settings(const std::string& database, Layout layout = Layout::timestamp, unsigned prefix6 = 128) {
    PopSettings pop;
    pop.database = database;
    pop.layout = layout;
    pop.prefix6 = prefix6;
    return pop;
}

Lookup<LoginRecord> look_up(const PopSettings& pop, const char* client) {
    return RelayersReader{pop}.find(Address::parse(client).value());
}

/// "found 5", "absent" or "failed: why", so that a wrong answer shows itself.
std::string answer(const PopSettings& pop, const char* client) {
    const auto found = look_up(pop, client);
    if (found.absent()) return "absent";
    if (found.failed()) return "failed: " + found.why();
    return "found " + std::to_string(found.value().at.time_since_epoch().count());
}

}  // namespace

TEST_CASE("what makemap wrote is found, and nothing else is") {
    const std::string kind = GENERATE("hash", "btree");
    const std::string options = GENERATE("", "-N", "-d");
    CAPTURE(kind, options);
    const Scratch dir;
    makemap(kind, dir / "relayers", "10.0.0.1 906502527\n2001:db8::1 7\n10.0.0.2 8 alice 6 bob\n", options);
    const PopSettings pop = settings(dir / "relayers.db");
    CHECK(answer(pop, "10.0.0.1") == "found 906502527");
    CHECK(answer(pop, "2001:db8::1") == "found 7");
    CHECK(answer(pop, "10.0.0.3") == "absent");
    CHECK(answer(pop, "2001:db8::2") == "absent");
    const auto two = look_up(pop, "10.0.0.2");
    REQUIRE(two.found());
    CHECK(two.value().logins
          == std::vector<Login>{{sys_seconds{seconds{8}}, "alice"}, {sys_seconds{seconds{6}}, "bob"}});
}

TEST_CASE("each layout is read as it is") {
    const Scratch dir;
    put_raw(dir / "r.db", "10.0.0.1", "5\0"s);
    put_raw(dir / "r.db", "10.0.0.2", "ok"s);
    put_raw(dir / "r.db", "10.0.0.3", "");
    CHECK(answer(settings(dir / "r.db", Layout::timestamp), "10.0.0.1") == "found 5");
    const auto ends = look_up(settings(dir / "r.db", Layout::expiry), "10.0.0.1");
    CHECK((ends.found() && ends.value().layout == Layout::expiry && ends.value().at == sys_seconds{seconds{5}}));
    for (const char* client : {"10.0.0.1", "10.0.0.2", "10.0.0.3"})
        CHECK(look_up(settings(dir / "r.db", Layout::presence), client).found());
    CHECK(look_up(settings(dir / "r.db", Layout::presence), "10.0.0.4").absent());
}

TEST_CASE("every spelling of an address is its own") {
    const auto [client, key] = GENERATE(table<const char*, std::string>({
        {"10.1.2.3", "10.1.2.3"},
        {"10.1.2.3", "10.1.2.3\0"s},
        {"10.1.2.3", "::ffff:10.1.2.3"},
        {"10.1.2.3", "IPv6:::ffff:10.1.2.3"},
        {"10.1.2.3", "ipv6:0:0:0:0:0:ffff:a01:203"},
        {"::ffff:10.1.2.3", "10.1.2.3"},
        {"2001:db8::1", "2001:db8::1"},
        {"2001:db8::1", "2001:db8::1\0"s},
        {"2001:db8::1", "2001:db8:0:0:0:0:0:1"},
        {"2001:db8::1", "IPv6:2001:db8::1"},
        {"2001:db8::1", "ipv6:2001:db8::1"},
        {"2001:db8::1", "IPv6:2001:db8:0:0:0:0:0:1"},
        {"2001:db8::1", "ipv6:2001:db8:0:0:0:0:0:1\0"s},
    }));
    CAPTURE(client, key);
    const Scratch dir;
    put_raw(dir / "r.db", key, "77");
    CHECK(answer(settings(dir / "r.db"), client) == "found 77");
    CHECK(answer(settings(dir / "r.db", Layout::timestamp, 64), client) == "found 77");
    CHECK(answer(settings(dir / "r.db"), "10.1.2.4") == "absent");
    CHECK(answer(settings(dir / "r.db"), "2001:db8::2") == "absent");
}

TEST_CASE("the newest of all spellings wins, wherever it stands") {
    const Scratch dir;
    put_raw(dir / "r.db", "10.0.0.1", "10");
    put_raw(dir / "r.db", "10.0.0.1\0"s, "30");
    put_raw(dir / "r.db", "::ffff:10.0.0.1", "20");
    CHECK(answer(settings(dir / "r.db"), "10.0.0.1") == "found 30");
    put_raw(dir / "r.db", "10.0.0.1", "40");
    CHECK(answer(settings(dir / "r.db"), "10.0.0.1") == "found 40");
}

TEST_CASE("prefix6 lets one login vouch for its network, and for no other") {
    const Scratch dir;
    put_raw(dir / "r.db", "2001:db8:0:1::1", "10");
    put_raw(dir / "r.db", "IPv6:2001:db8:0:1:0:0:0:2", "20");
    put_raw(dir / "r.db", "2001:db8:0:2::1", "30");
    put_raw(dir / "r.db", "not an address", "junk");
    const PopSettings pop = settings(dir / "r.db", Layout::timestamp, 64);
    CHECK(answer(pop, "2001:db8:0:1:ffff::9") == "found 20");
    CHECK(answer(pop, "2001:db8:0:3::1") == "absent");
    CHECK(answer(settings(dir / "r.db", Layout::timestamp, 32), "2001:db8:ffff::1") == "found 30");
    CHECK(answer(settings(dir / "r.db"), "2001:db8:0:1:ffff::9") == "absent");
    put_raw(dir / "r.db", "10.0.0.2", "5");
    CHECK(answer(pop, "10.0.0.1") == "absent");
}

TEST_CASE("data that the layout does not know are failed, never absent") {
    const std::string data = GENERATE(as<std::string>{}, "", "x", "-5", "5x", "99999999999999", "5 alice 6", "5\0\0"s);
    CAPTURE(data);
    const Scratch dir;
    put_raw(dir / "r.db", "10.0.0.1", data);
    put_raw(dir / "r.db", "2001:db8::1", data);
    const auto why = answer(settings(dir / "r.db"), "10.0.0.1");
    CHECK(why.starts_with("failed: " + (dir / "r.db") + ": read 10.0.0.1: "));
    CHECK(answer(settings(dir / "r.db", Layout::timestamp, 64), "2001:db8::2").starts_with("failed: "));
    CHECK(answer(settings(dir / "r.db"), "10.0.0.2") == "absent");
}

TEST_CASE("a file that was replaced is seen at the next look-up") {
    const Scratch dir;
    makemap("hash", dir / "relayers", "10.0.0.1 5\n");
    makemap("btree", dir / "new", "10.0.0.2 6\n");
    const RelayersReader reader{settings(dir / "relayers.db")};
    REQUIRE(reader.find(*Address::parse("10.0.0.1")).found());
    std::filesystem::rename(dir / "new.db", dir / "relayers.db");
    CHECK(reader.find(*Address::parse("10.0.0.1")).absent());
    CHECK(reader.find(*Address::parse("10.0.0.2")).found());
    makemap("btree", dir / "relayers", "10.0.0.3 7\n");
    CHECK(reader.find(*Address::parse("10.0.0.2")).absent());
    CHECK(reader.find(*Address::parse("10.0.0.3")).found());
}

TEST_CASE("a file that makemap is rewriting is failed within a second, also while it is empty") {
    const Scratch dir;
    makemap("hash", dir / "relayers", "10.0.0.1 5\n");
    const int writer = ::open((dir / "relayers.db").c_str(), O_RDWR);
    REQUIRE(::flock(writer, LOCK_EX) == 0);
    const auto begin = std::chrono::steady_clock::now();
    CHECK_THAT(answer(settings(dir / "relayers.db"), "10.0.0.1"), Catch::Contains("locked by process " + std::to_string(::getpid())));
    REQUIRE(::ftruncate(writer, 0) == 0);
    CHECK_THAT(answer(settings(dir / "relayers.db"), "10.0.0.1"), Catch::Contains("locked by"));
    const auto took = std::chrono::steady_clock::now() - begin;
    CHECK(took >= std::chrono::milliseconds{400});
    CHECK(took < seconds{2});
    REQUIRE(::close(writer) == 0);
    CHECK_THAT(answer(settings(dir / "relayers.db"), "10.0.0.1"), Catch::Contains("is empty (0 bytes)"));
}

TEST_CASE("a lock that others share does not stop a look-up") {
    const Scratch dir;
    makemap("hash", dir / "relayers", "10.0.0.1 5\n");
    const int other = ::open((dir / "relayers.db").c_str(), O_RDONLY);
    REQUIRE(::flock(other, LOCK_SH) == 0);
    CHECK(answer(settings(dir / "relayers.db"), "10.0.0.1") == "found 5");
    ::close(other);
}

TEST_CASE("a look-up leaves no lock and no descriptor behind") {
    const Scratch dir;
    makemap("hash", dir / "relayers", "10.0.0.1 5\n");
    const int before = ::dup(0);
    ::close(before);
    for (int i = 0; i < 20; ++i) REQUIRE(answer(settings(dir / "relayers.db"), "10.0.0.1") == "found 5");
    write_file(dir / "bad.db", "garbage");
    for (int i = 0; i < 20; ++i) REQUIRE(look_up(settings(dir / "bad.db"), "10.0.0.1").failed());
    const int after = ::open((dir / "relayers.db").c_str(), O_RDWR);
    CHECK(after == before);
    CHECK(::flock(after, LOCK_EX | LOCK_NB) == 0);
    ::close(after);
}

TEST_CASE("a missing file is absent only where its directory can be read") {
    const Scratch dir;
    CHECK(answer(settings(dir / "none.db"), "10.0.0.1") == "absent");
    CHECK_THAT(answer(settings(dir / "none/none.db"), "10.0.0.1"), Catch::StartsWith("failed: "));
    std::filesystem::create_symlink("nowhere", dir / "link.db");
    CHECK_THAT(answer(settings(dir / "link.db"), "10.0.0.1"), Catch::Contains("symbolic link"));
    {
        const AsNobody nobody;
        CHECK_THAT(answer(settings(dir / "none.db"), "10.0.0.1"), Catch::StartsWith("failed: ") && Catch::Contains("Permission denied"));
    }
    ::chmod(dir.path().c_str(), 0711);  // It can be searched, but not read.
    {
        const AsNobody nobody;
        CHECK_THAT(answer(settings(dir / "none.db"), "10.0.0.1"), Catch::StartsWith("failed: ") && Catch::Contains("its directory"));
    }
    ::chmod(dir.path().c_str(), 0755);
    const AsNobody nobody;
    CHECK(answer(settings(dir / "none.db"), "10.0.0.1") == "absent");
}

TEST_CASE("a file that was there and has gone is failed until it is back, and absent for a new reader") {
    const Scratch dir;
    const auto pop = GENERATE(false, true) ? settings(dir / "relayers.db") : settings(dir / "relayers.db", Layout::timestamp, 64);
    const RelayersReader reader{pop};
    CHECK(reader.find(*Address::parse("2001:db8::1")).absent());
    makemap("hash", dir / "relayers", "10.0.0.1 5\n2001:db8::1 5\n");
    REQUIRE(reader.find(*Address::parse("2001:db8::1")).found());
    std::filesystem::remove(dir / "relayers.db");
    for (const auto* client : {"10.0.0.1", "10.0.0.2", "2001:db8::1"}) {
        const auto gone = reader.find(*Address::parse(client));
        REQUIRE(gone.failed());
        CHECK_THAT(gone.why(), Catch::Contains(dir / "relayers.db") && Catch::Contains("was there before"));
    }
    CHECK(answer(pop, "10.0.0.1") == "absent");
    makemap("hash", dir / "relayers", "10.0.0.2 6\n");
    CHECK(reader.find(*Address::parse("10.0.0.1")).absent());
    CHECK(reader.find(*Address::parse("10.0.0.2")).found());
}

TEST_CASE("what cannot be opened or is no file is failed") {
    const Scratch dir;
    ::chmod(dir.path().c_str(), 0755);
    makemap("hash", dir / "relayers", "10.0.0.1 5\n");
    ::chmod((dir / "relayers.db").c_str(), 0600);
    {
        const AsNobody nobody;
        CHECK_THAT(answer(settings(dir / "relayers.db"), "10.0.0.1"), Catch::Contains("open: Permission denied"));
    }
    CHECK_THAT(answer(settings(dir.path()), "10.0.0.1"), Catch::Contains("is a directory"));
    ::mkfifo((dir / "fifo").c_str(), 0600);
    CHECK_THAT(answer(settings(dir / "fifo"), "10.0.0.1"), Catch::Contains("no regular file"));
    CHECK_THAT(answer(settings("/dev/null"), "10.0.0.1"), Catch::Contains("no regular file"));
    CHECK_THAT(answer(settings(dir / "relayers.db" + "/x"), "10.0.0.1"), Catch::Contains("Not a directory"));
}

TEST_CASE("a file of another kind is failed, with the file in the reason and nothing on standard error") {
    const Scratch dir;
    const CapturedError error{dir / "stderr"};
    for (const std::string& bytes : {"garbage"s, std::string(5000, 'x'), std::string(8192, '\0'), "127.0.0.1 OK\n"s}) {
        write_file(dir / "r.db", bytes);
        const auto why = answer(settings(dir / "r.db"), "10.0.0.1");
        CHECK(why.starts_with("failed: " + (dir / "r.db") + ": "));
    }
    CHECK(error.text().empty());
}
