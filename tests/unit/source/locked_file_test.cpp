#include "policy/source/database/locked_file.h"

#include <sys/file.h>

#include <future>

#include "policy/source/files/fault.h"
#include "policy/source/database/lock_holder.h"
#include "tests/support/catch.h"
#include "tests/unit/source/scratch.h"

using namespace relay;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_CASE("the locked file is the one that the path names, also when it was replaced during the wait") {
    const Lock lock = GENERATE(Lock::shared, Lock::exclusive);
    const Scratch dir;
    write_file(dir / "f", "old");
    write_file(dir / "new", "new");
    const int holder = ::open((dir / "f").c_str(), O_RDONLY);
    REQUIRE(::flock(holder, LOCK_EX) == 0);
    auto waiting = std::async(std::launch::async, [&] { return LockedFile::open(dir / "f", lock, seconds{10}); });
    REQUIRE(waiting.wait_for(milliseconds{100}) == std::future_status::timeout);
    std::filesystem::rename(dir / "new", dir / "f");
    ::close(holder);
    const auto file = waiting.get();
    REQUIRE(file.has_value());
    char text[4] = {};
    CHECK(::read(file->descriptor(), text, 3) == 3);
    CHECK(std::string{text} == "new");
}

TEST_CASE("readers that were let in do not wait, and writers do") {
    const Scratch dir;
    write_file(dir / "f", "old");
    const auto file = LockedFile::open(dir / "f", Lock::exclusive, seconds{1});
    CHECK(LockedFile::attempt(dir / "f", Lock::shared).locked);
    file->admit_readers();
    CHECK(LockedFile::attempt(dir / "f", Lock::shared).file.has_value());
    CHECK(LockedFile::attempt(dir / "f", Lock::exclusive).locked);
}

TEST_CASE("a file that went away during the wait is missing, not locked") {
    const Scratch dir;
    write_file(dir / "f", "old");
    const int holder = ::open((dir / "f").c_str(), O_RDONLY);
    REQUIRE(::flock(holder, LOCK_EX) == 0);
    auto waiting = std::async(std::launch::async, [&] { return LockedFile::open(dir / "f", Lock::shared, seconds{10}); });
    REQUIRE(waiting.wait_for(milliseconds{100}) == std::future_status::timeout);
    std::filesystem::remove(dir / "f");
    ::close(holder);
    CHECK_FALSE(waiting.get().has_value());
}

TEST_CASE("the lock keeps others out, survives the closing of other descriptors, and ends with its owner") {
    const Scratch dir;
    write_file(dir / "f", "x");
    const int other = ::open((dir / "f").c_str(), O_RDWR);
    {
        const auto file = LockedFile::open(dir / "f", Lock::exclusive, milliseconds{0});
        REQUIRE(file.has_value());
        ::close(::open((dir / "f").c_str(), O_RDWR));
        CHECK(::flock(other, LOCK_SH | LOCK_NB) != 0);
        CHECK(lock_holder(file->stamp()).starts_with("process " + std::to_string(::getpid())));
        CHECK_THROWS_AS(LockedFile::open(dir / "f", Lock::shared, milliseconds{20}), Fault);
    }
    CHECK(::flock(other, LOCK_EX | LOCK_NB) == 0);
    ::close(other);
}

TEST_CASE("who holds a lock that nobody holds is not invented") {
    const Scratch dir;
    write_file(dir / "f", "x");
    const FileStamp stamp = LockedFile::open(dir / "f", Lock::shared, milliseconds{0}).value().stamp();
    CHECK(lock_holder(stamp) == "another process");
}
