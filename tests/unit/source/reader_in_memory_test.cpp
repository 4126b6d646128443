// RelayersReader once it holds a picture: what it answers from memory, beside writers, and of damage.
#include <sys/file.h>

#include <chrono>
#include <cstring>
#include <thread>

#include "policy/source/relayers/relayers_reader.h"
#include "policy/source/relayers/relayers_writer.h"
#include "tests/support/catch.h"
#include "tests/unit/source/mapped_file.h"
#include "tests/unit/source/scratch.h"

using namespace relay;
using namespace std::string_literals;
using namespace std::chrono_literals;

namespace {

PopSettings settings(const std::string& database, unsigned prefix6 = 128) {
    PopSettings pop;
    pop.database = database;
    pop.prefix6 = prefix6;
    return pop;
}

std::string answer(const RelayersReader& reader, const char* client) {
    const auto found = reader.find(*Address::parse(client));
    if (found.absent()) return "absent";
    if (found.failed()) return "failed: " + found.why();
    std::string text = "found " + std::to_string(found.value().at.time_since_epoch().count());
    for (const Login& login : found.value().logins) text += ' ' + login.name;
    return text;
}

template <class Work>
std::chrono::nanoseconds time_of(Work work) {
    const auto begin = std::chrono::steady_clock::now();
    work();
    return std::chrono::steady_clock::now() - begin;
}

/// Until the picture is that of the file, which must not change.
void wait_for_picture(const RelayersReader& reader, const std::string& path) {
    while (!stamp_of(path).settled()) std::this_thread::sleep_for(5ms);
    for (int i = 0; i < 10; ++i) {
        static_cast<void>(reader.find(*Address::parse("10.0.0.1")));
        std::this_thread::sleep_for(15ms);
    }
}

}  // namespace

TEST_CASE("an unchanged file is not read again: memory answers") {
    const std::string kind = GENERATE("hash", "btree");
    const Scratch dir;
    makemap(kind, dir / "r", "10.0.0.1 1700000001\n");
    MappedFile mapped{dir / "r.db"};
    mapped.touch();
    const RelayersReader reader{settings(dir / "r.db")};
    wait_for_picture(reader, dir / "r.db");
    mapped.replace("1700000001", "1700000002");  // Which no stamp tells.
    CHECK(answer(reader, "10.0.0.1") == "found 1700000001");
}

TEST_CASE("memory answers what the file answers, whatever is in it") {
    const std::string kind = GENERATE("hash", "btree");
    const Scratch dir;
    makemap(kind, dir / "r", "10.0.0.9 9\n");
    put_raw(dir / "r.db", "10.0.0.1", "5 alice 4 bob");
    put_raw(dir / "r.db", "10.0.0.2", "junk \x01");
    put_raw(dir / "r.db", "IPv6:::ffff:10.0.0.3", "7");
    put_raw(dir / "r.db", "10.0.0.4\0"s, "8\0"s);
    put_raw(dir / "r.db", "2001:db8::1", "11");
    put_raw(dir / "r.db", "ipv6:2001:db8:0:0:0:0:0:1\0"s, "12");
    put_raw(dir / "r.db", "2001:DB8::2", "13");  // None of the spellings that are looked up.
    put_raw(dir / "r.db", "10.0.0.5", "14 " + std::string(5000, 'n'));
    put_raw(dir / "r.db", "10.0.0.6", "15");
    put_raw(dir / "r.db", "::ffff:10.0.0.6", "16");
    const RelayersReader reader{settings(dir / "r.db")};
    const RelayersReader network{settings(dir / "r.db", 64)};
    wait_for_picture(reader, dir / "r.db");
    wait_for_picture(network, dir / "r.db");
    for (const char* client : {"10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5", "10.0.0.6", "10.0.0.7", "10.0.0.9",
                               "2001:db8::1", "2001:db8::2", "2001:db8::3"}) {
        CAPTURE(kind, client);
        CHECK(answer(reader, client) == answer(RelayersReader{settings(dir / "r.db")}, client));
        CHECK(answer(network, client) == answer(RelayersReader{settings(dir / "r.db", 64)}, client));
    }
    CHECK(answer(reader, "10.0.0.6") == "found 16");
    CHECK(answer(reader, "2001:db8::2") == "absent");
    CHECK(answer(network, "2001:db8::3") == "found 13");
}

TEST_CASE("while the file is being rewritten memory permits at once, and all else is failed, never absent or expired") {
    const Scratch dir;
    makemap("hash", dir / "r", "10.0.0.1 4102444800\n10.0.0.2 5\n");
    const RelayersReader reader{settings(dir / "r.db")};
    wait_for_picture(reader, dir / "r.db");
    const Descriptor writer{::open((dir / "r.db").c_str(), O_RDWR)};
    REQUIRE(::flock(writer.get(), LOCK_EX) == 0);
    REQUIRE(::ftruncate(writer.get(), 0) == 0);
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < 100; ++i) REQUIRE(answer(reader, "10.0.0.1") == "found 4102444800");
    CHECK(std::chrono::steady_clock::now() - begin < 200ms);
    const std::string wait = "failed: " + (dir / "r.db") + ": changed since it was read, and is locked by another process";
    CHECK(answer(reader, "10.0.0.2") == wait);
    CHECK(answer(reader, "10.0.0.3") == wait);
}

TEST_CASE("a login is seen at the first look-up after it was recorded") {
    const Scratch dir;
    const RelayersReader reader{settings(dir / "r.db")};
    RelayersWriter writer{dir / "r.db"};
    for (int i = 1; i < 200; ++i) {
        const std::string client = "10.1.0." + std::to_string(i);
        REQUIRE(answer(reader, client.c_str()) == "absent");
        writer.add({*Address::parse(client)}, LoginRecord{Layout::timestamp, std::chrono::sys_seconds{std::chrono::seconds{i}}, {}});
        REQUIRE(answer(reader, client.c_str()) == "found " + std::to_string(i));
        if (i % 20 == 0) std::this_thread::sleep_for(25ms);
    }
}

TEST_CASE("a login is seen at the first look-up though the next writer has the lock, for as long as a commit takes") {
    const Scratch dir;
    makemap("hash", dir / "r", "10.0.0.9 1\n");
    const RelayersReader reader{settings(dir / "r.db")};
    wait_for_picture(reader, dir / "r.db");
    RelayersWriter writer{dir / "r.db"};
    const Descriptor next{::open((dir / "r.db").c_str(), O_RDWR)};
    bool seen = false;
    for (int tries = 1; tries <= 5 && !seen; ++tries) {  // A busy machine may keep the lock for longer than a commit.
        const std::string client = "10.0.0." + std::to_string(tries);
        writer.add({*Address::parse(client)}, LoginRecord{Layout::timestamp, std::chrono::sys_seconds{5s}, {}});
        REQUIRE(::flock(next.get(), LOCK_EX) == 0);
        std::thread ending{[&] {
            std::this_thread::sleep_for(2ms);
            ::flock(next.get(), LOCK_UN);
        }};
        seen = answer(reader, client.c_str()) == "found 5";
        ending.join();
        if (!seen) std::this_thread::sleep_for(1100ms);
    }
    CHECK(seen);
}

TEST_CASE("damage of any part fails every look-up, in the same words, until the file changes") {
    const Scratch dir;
    std::string text;
    for (int i = 0; i < 3000; ++i) text += "10.0." + std::to_string(i / 250) + '.' + std::to_string(i % 250) + " 5\n";
    makemap("hash", dir / "r", text);
    std::string bytes = read_file(dir / "r.db");
    const RelayersReader reader{settings(dir / "r.db")};
    wait_for_picture(reader, dir / "r.db");
    REQUIRE(answer(reader, "10.0.1.1") == "found 5");
    std::string damaged = bytes;
    damaged[4096 * 7 + 8] ^= 0x40;
    write_file(dir / "r.db", damaged);
    wait_for_picture(reader, dir / "r.db");
    for (int i = 0; i < 250; ++i)
        REQUIRE(answer(reader, ("10.0.3." + std::to_string(i)).c_str()) == "failed: " + (dir / "r.db") + ": a page is not in its place");
    write_file(dir / "r.db", bytes);
    CHECK(answer(reader, "10.0.1.1") == "found 5");
    wait_for_picture(reader, dir / "r.db");
    CHECK(answer(reader, "10.0.1.1") == "found 5");
}

TEST_CASE("what is always there is never absent while the file is replaced and rewritten") {
    const Scratch dir;
    const std::string always = "10.0.0.1 4102444800\n2001:db8::1 4102444801\n";
    makemap("hash", dir / "a", always + "10.0.0.2 7\n");
    makemap("hash", dir / "b", always);
    makemap("hash", dir / "r", always);
    const RelayersReader reader{settings(dir / "r.db")};
    REQUIRE(answer(reader, "10.0.0.1") == "found 4102444800");
    std::atomic<bool> done{false};
    std::atomic<int> looked{0};
    std::vector<std::string> wrong;
    std::thread looking{[&] {
        for (; !done; ++looked)
            for (const auto& [client, expected] : {std::pair{"10.0.0.1", "found 4102444800"}, {"2001:db8::1", "found 4102444801"}})
                if (const auto got = answer(reader, client); got != expected) wrong.push_back(got);
    }};
    for (int i = 0; i < 100; ++i) {
        std::filesystem::copy_file(dir / (i % 2 ? "a.db" : "b.db"), dir / "next.db");
        std::filesystem::rename(dir / "next.db", dir / "r.db");
        if (i % 10 == 5) makemap("hash", dir / "r", always);
        std::this_thread::sleep_for(10ms);
    }
    done = true;
    looking.join();
    CHECK(wrong == std::vector<std::string>{});
    CHECK(looked > 100);
}

TEST_CASE("a reader that is given up while it loads ends at once") {
    const Scratch dir;
    std::string text;
    for (int i = 0; i < 200'000; ++i) text += "10." + std::to_string(i / 65536) + '.' + std::to_string(i / 256 % 256) + '.' + std::to_string(i % 256) + " 5\n";
    makemap("hash", dir / "r", text);
    const auto reading = time_of([&] { read_relayers(dir / "r.db", 1s); });
    const auto given_up = time_of([&] {
        for (int i = 0; i < 20; ++i) REQUIRE(answer(RelayersReader{settings(dir / "r.db")}, "10.1.2.3") == "found 5");
    });
    CHECK(given_up < 10 * reading);
}
