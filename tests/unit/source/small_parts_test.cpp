// The parts of policy/source that are a function each.
#include <filesystem>
#include <thread>

#include "policy/source/files/escaped.h"
#include "policy/source/files/fault.h"
#include "policy/source/relayers/relayers_keys.h"
#include "policy/source/files/small_file.h"
#include "tests/support/catch.h"
#include "tests/unit/source/scratch.h"

using namespace relay;
using namespace std::string_literals;

TEST_CASE("escaped bytes are printable, and no two texts look alike") {
    CHECK(escaped("plain text 'quoted'") == "plain text 'quoted'");
    CHECK(escaped("a\nb\x1b\x7f\xc3\xa4\0"s) == "a\\x0ab\\x1b\\x7f\\xc3\\xa4\\x00");
    CHECK(escaped("\\x0a") == "\\x5cx0a");
}

TEST_CASE("a fault of the system tells permission from other trouble") {
    CHECK(system_fault("/a\n", "open", EACCES).trouble == Trouble::forbidden);
    CHECK(system_fault("/a\n", "open", ENOSPC).trouble == Trouble::system);
    CHECK(system_fault("/a\n", "open", EACCES).what() == "/a\\x0a: open: Permission denied; try as root, or as the account that owns it"s);
}

TEST_CASE("our key comes first among an address's keys, and each stands for it") {
    for (const char* text : {"10.1.2.3", "2001:db8::1", "::1"}) {
        const Address client = Address::parse(text).value();
        const auto keys = relayers_keys(client);
        CHECK(keys.front() == relayers_key(client));
        CHECK(keys.front() == text);
        for (const std::string& key : keys) {
            CAPTURE(escaped(key));
            CHECK(address_of_key(key) == client);
            CHECK(std::count(keys.begin(), keys.end(), key) == 1);
        }
    }
    CHECK_FALSE(address_of_key("10.1.2"));
    CHECK_FALSE(address_of_key("10.1.2.3\0\0"s));
}

TEST_CASE("a small file is read whole or not at all") {
    const Scratch dir;
    write_file(dir / "f", "12345");
    CHECK(read_small_file(dir / "f", 5)->text == "12345");
    CHECK_THROWS_AS(read_small_file(dir / "f", 4), Fault);
    CHECK_FALSE(read_small_file(dir / "none", 5));
    CHECK_THROWS_AS(read_small_file(dir.path(), 5), Fault);
    CHECK_THROWS_AS(read_small_file("/dev/null", 5), Fault);
}

TEST_CASE("a file that comes and goes is there or missing, and never a fault") {
    const Scratch dir;
    const std::string path = dir / "f";
    const std::jthread other{[&path](const std::stop_token& ended) {
        while (!ended.stop_requested()) {
            write_file(path, "");
            std::filesystem::remove(path);
        }
    }};
    unsigned there = 0;
    unsigned missing = 0;
    for (unsigned tries = 0; tries < 20'000 || there < 100 || missing < 100; ++tries) ++(read_small_file(path, 5) ? there : missing);
}
