#include "policy/source/files/file_stamp.h"

#include <thread>

#include "policy/source/domain_list.h"
#include "policy/source/database/database_check.h"
#include "policy/source/files/fault.h"
#include "policy/source/relayers/relayers_reader.h"
#include "tests/support/catch.h"
#include "tests/unit/source/mapped_file.h"
#include "tests/unit/source/scratch.h"

using namespace relay;
using namespace std::chrono_literals;

namespace {

/// Changed at 1000 s, by a write or by hand.
FileStamp stamp(time_t modified, long modified_nanoseconds) {
    struct stat status {};
    status.st_ctim = {1000, 500};
    status.st_mtim = {modified, modified_nanoseconds};
    return FileStamp{status};
}

std::chrono::system_clock::time_point at(std::chrono::nanoseconds since_change) {
    return std::chrono::system_clock::time_point{1000s + 500ns + since_change};
}

}  // namespace

TEST_CASE("a stamp is settled when it is older than a tick, and not before") {
    CHECK_FALSE(stamp(1000, 500).settled(at(0ns)));
    CHECK_FALSE(stamp(1000, 500).settled(at(20ms)));
    CHECK(stamp(1000, 500).settled(at(20ms + 1ns)));
    CHECK_FALSE(stamp(1000, 500).settled(at(-1h)));  // A clock that was set back.
}

TEST_CASE("a stamp whose time was set by hand is settled at once") {
    CHECK(stamp(1001, 500).settled(at(0ns)));
    CHECK(stamp(1000, 501).settled(at(0ns)));
    CHECK(stamp(999, 500).settled(at(0ns)));
}

TEST_CASE("DatabaseCheck does not take a file for sound by a stamp that is not settled") {
    const Scratch dir;
    makemap("hash", dir / "r", "10.0.0.1 5\n");
    MappedFile mapped{dir / "r.db"};
    CHECK(within_a_tick([&] {
        mapped.touch();
        DatabaseCheck check;
        const auto file = LockedFile::open(dir / "r.db", Lock::shared, 1s).value();
        check.require_sound(file);
        if (file.stamp().settled()) return std::this_thread::sleep_for(5ms), false;
        const std::string sound{mapped.text()};
        const_cast<char*>(mapped.text().data())[4096 + 8] ^= 0x55;
        CHECK_THROWS_AS(check.require_sound(file), Fault);
        sound.copy(const_cast<char*>(mapped.text().data()), sound.size());
        return true;
    }));
}

TEST_CASE("DomainList reads a file again while its stamp is not settled") {
    const Scratch dir;
    CHECK(within_a_tick([&] {
        write_file(dir / "names", "one.example\n");
        MappedFile mapped{dir / "names"};
        mapped.touch();
        const DomainList list{{dir / "names", dir / "none", {}}};
        REQUIRE(list.find("one.example").found());
        if (stamp_of(dir / "names").settled()) return false;
        mapped.replace("one", "two");
        CHECK(list.find("one.example").absent());
        CHECK(list.find("two.example").found());
        return true;
    }));
}

TEST_CASE("RelayersReader sees the second of two writes within a tick") {
    const Scratch dir;
    PopSettings pop;
    pop.database = dir / "r.db";
    CHECK(within_a_tick([&] {
        makemap("hash", dir / "r", "10.0.0.1 1700000001\n");
        MappedFile mapped{dir / "r.db"};
        mapped.touch();
        const RelayersReader reader{pop};
        const auto seconds = [&] { return reader.find(*Address::parse("10.0.0.1")).value().at.time_since_epoch().count(); };
        REQUIRE(seconds() == 1'700'000'001);
        std::this_thread::sleep_for(3ms);  // The reading in the background has it as well.
        if (stamp_of(dir / "r.db").settled()) return false;
        mapped.replace("1700000001", "1700000002");
        CHECK(seconds() == 1'700'000'002);
        return true;
    }));
}
