#include "policy/source/relayers/relayers_walk.h"

#include <sys/file.h>

#include <algorithm>
#include <map>

#include "policy/source/files/fault.h"
#include "policy/source/relayers/relayers_writer.h"
#include "tests/support/catch.h"
#include "tests/unit/source/scratch.h"

using namespace relay;
using namespace std::chrono_literals;

namespace {

std::string lines(int entries) {
    std::string text;
    for (int i = 0; i < entries; ++i) text += "10.0." + std::to_string(i / 250) + '.' + std::to_string(i % 250) + " 5\n";
    return text;
}

}  // namespace

TEST_CASE("a walk meets every record once, in more than one batch, and again after rewind()") {
    const std::string kind = GENERATE("hash", "btree");
    const Scratch dir;
    makemap(kind, dir / "r", lines(20'000));
    auto walk = RelayersWalk::open(dir / "r.db", 1s).value();
    for (int round = 0; round < 2; ++round) {
        std::map<std::string, int> met;
        int batches = 0;
        walk.rewind();
        while (walk.next([&](auto key, auto) { ++met[std::string{key}]; })) ++batches;
        CHECK(met.size() == 20'000);
        CHECK(std::all_of(met.begin(), met.end(), [](const auto& m) { return m.second == 1; }));
        CHECK((batches == 1) == (kind == "btree"));
    }
}

TEST_CASE("an entry that is there throughout is met once while others are added, removed and the file is replaced") {
    const Scratch dir;
    Database::create(dir / "r.db");
    RelayersWriter writer{dir / "r.db"};
    std::vector<Address> staying;
    std::vector<Address> moving;
    for (std::uint8_t i = 0; i < 200; ++i)
        for (std::uint8_t j = 0; j < 60; ++j) (j % 2 ? staying : moving).push_back(Address::v4({10, 0, j, i}));
    writer.add(staying, LoginRecord{});
    writer.add(moving, LoginRecord{});
    auto walk = RelayersWalk::open(dir / "r.db", 1s).value();
    std::map<std::string, int> met;
    for (int batch = 0; walk.next([&](auto key, auto) { ++met[std::string{key}]; }); ++batch) {
        if (batch == 0) writer.remove(moving);
        if (batch == 1) writer.add(moving, LoginRecord{});
    }
    for (const Address& client : staying) REQUIRE(met[client.text()] == 1);
    walk.rewind();
    REQUIRE(walk.next([](auto, auto) {}));
    makemap("hash", dir / "new", "10.0.0.1 5\n");
    std::filesystem::rename(dir / "new.db", dir / "r.db");
    CHECK(walk.next([](auto, auto) {}));
}

TEST_CASE("a file that was rebuilt in place ends the walk, and says so") {
    const std::string kind = GENERATE("hash", "btree");
    const Scratch dir;
    makemap("hash", dir / "r", lines(20'000));
    auto walk = RelayersWalk::open(dir / "r.db", 1s).value();
    REQUIRE(walk.next([](auto, auto) {}));
    makemap(kind, dir / "r", lines(20'000));
    CHECK_THROWS_WITH(walk.next([](auto, auto) {}), Catch::EndsWith("was built anew while it was read"));
}

TEST_CASE("between batches the walk holds no lock, and within one it waits for a writer no longer than it was told") {
    const Scratch dir;
    makemap("hash", dir / "r", lines(20'000));
    auto walk = RelayersWalk::open(dir / "r.db", 20ms).value();
    REQUIRE(walk.next([](auto, auto) {}));
    const Descriptor writer{::open((dir / "r.db").c_str(), O_RDWR)};
    REQUIRE(::flock(writer.get(), LOCK_EX | LOCK_NB) == 0);
    CHECK_THROWS_AS(walk.next([](auto, auto) {}), Fault);
    ::flock(writer.get(), LOCK_UN);
    CHECK(walk.next([](auto, auto) {}));
}

TEST_CASE("a missing file is nothing, and a damaged one a fault before the first record") {
    const Scratch dir;
    CHECK_FALSE(RelayersWalk::open(dir / "none.db", 1s));
    makemap("hash", dir / "r", lines(20'000));
    std::string bytes = read_file(dir / "r.db");
    bytes[bytes.size() - 4096 + 8] ^= 0x40;
    write_file(dir / "r.db", bytes);
    CHECK_THROWS_AS(RelayersWalk::open(dir / "r.db", 1s), Fault);
}
