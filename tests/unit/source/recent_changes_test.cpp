#include "policy/source/database/recent_changes.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <thread>
#include <utility>

#include "policy/source/relayers/relayers_writer.h"
#include "tests/support/catch.h"
#include "tests/unit/source/mapped_file.h"
#include "tests/unit/source/scratch.h"

using namespace relay;
using namespace std::chrono_literals;

/// What happens the next time that anybody waits for the disk.
static std::function<void()> while_syncing;

extern "C" int fdatasync(int file) {
    if (while_syncing) std::exchange(while_syncing, nullptr)();
    return static_cast<int>(::syscall(SYS_fdatasync, file));
}

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

/// What a large file keeps, to be written back as a commit of just now would have written it, or nearly.
class Forger {
public:
    explicit Forger(const std::string& path)
        : path_{path}, time_{modified(path)}, changes_{read_file(path).substr(kMetaBytes, 4096 - kMetaBytes)} {}

    /// Said to be of a time `ahead` of the clock, and then with a byte that is another one.
    void write(std::int64_t ahead, std::optional<std::size_t> wrong = {}) {
        timespec now{};
        ::clock_gettime(CLOCK_REALTIME, &now);
        const auto set_at = static_cast<std::uint64_t>(ahead) + static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
        std::memcpy(&changes_[16], &set_at, sizeof set_at);
        const std::uint32_t hash = database_hash(std::string_view{changes_}.substr(4));
        std::memcpy(changes_.data(), &hash, sizeof hash);
        std::string bytes = changes_;
        if (wrong) bytes[*wrong] = static_cast<char>(bytes[*wrong] ^ 1);
        REQUIRE(::pwrite(file_.get(), bytes.data(), bytes.size(), kMetaBytes) == static_cast<ssize_t>(bytes.size()));
        set_modified(path_, time_);
    }
    /// Unless this process is held up for a millisecond just then, each time.
    bool is_believed() {
        for (int tries = 0; tries < 100; ++tries) {
            write(0);
            if (recent(path_).last()) return true;
        }
        return false;
    }

private:
    std::string path_;
    timespec time_;
    std::string changes_;
    Descriptor file_{::open(path_.c_str(), O_WRONLY | O_CLOEXEC)};
};

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
    Forger forger{large.path};
    REQUIRE(forger.is_believed());
    for (std::size_t at = 0; at < 4096 - kMetaBytes; at += 37) {
        CAPTURE(at);
        forger.write(0, at);
        CHECK_FALSE(recent(large.path).last());
    }
    CHECK(forger.is_believed());
}

TEST_CASE("what somebody writes without the lock while a commit goes to disk is seen to be somebody else's") {
    Large large;
    const Descriptor file{::open(large.path.c_str(), O_WRONLY | O_CLOEXEC)};
    while_syncing = [&file] { CHECK(::pwrite(file.get(), "x", 1, 8000 * 4096) == 1); };
    large.writer.add({client(1)}, login(6));
    CHECK_FALSE(while_syncing);
    CHECK_FALSE(recent(large.path).last());
}

TEST_CASE("two late touches for one second do not hide what was written between them") {
    Large large;
    std::this_thread::sleep_for(2s);  // The file's time is not ahead of the clock any more.
    const std::time_t second = std::time(nullptr) + 1;
    std::this_thread::sleep_until(std::chrono::system_clock::from_time_t(second));
    large.writer.add({client(1)}, login(6));
    REQUIRE(modified(large.path).tv_sec == second);
    LateTouch{large.path, second, {}}.perform();
    const timespec first = modified(large.path);
    REQUIRE(first.tv_sec == second + 1);
    put_raw(large.path, "10.9.9.9", "5");
    LateTouch{large.path, modified(large.path).tv_sec, {}}.perform();
    CHECK(modified(large.path).tv_nsec != first.tv_nsec);
    CHECK_FALSE(recent(large.path).last());
}

TEST_CASE("changes that are said to be of another time than the file's are not believed") {
    Large large;
    Forger forger{large.path};
    for (const std::int64_t hour : {-3'600'000'000'000, 3'600'000'000'000, INT64_MAX, INT64_MIN}) {
        forger.write(hour);
        CHECK_FALSE(recent(large.path).last());
    }
    CHECK(forger.is_believed());
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
