#include "policy/source/database/modification_time.h"

#include <fcntl.h>

#include <thread>

#include "tests/support/catch.h"
#include "tests/unit/source/scratch.h"

using namespace relay;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

namespace {

timespec modified(const std::string& path) {
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    return status.st_mtim;
}

void set_modified(const std::string& path, timespec time) {
    const timespec times[2] = {{0, UTIME_OMIT}, time};
    REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times, 0) == 0);
}

std::optional<LateTouch> moved_on(const std::string& path, timespec previous) {
    const auto file = LockedFile::open(path, Lock::exclusive, seconds{1}).value();
    return move_time_on(file, previous, RecentChanges{file});
}

/// The second that has just begun, so that a test has most of it left.
std::time_t fresh_second() {
    timespec now{};
    do ::clock_gettime(CLOCK_REALTIME, &now);
    while (now.tv_nsec > 300'000'000);
    return now.tv_sec;
}

}  // namespace

TEST_CASE("the time moves on by whole seconds up to one ahead of the clock, then by nanoseconds, and one touch is owed") {
    struct Row {
        timespec previous, now, next;
        bool owed;
        std::time_t due;
    };
    constexpr Row rows[] = {
        {{90, 5}, {100, 70}, {100, 70}, false, 0},     // long ago: the clock
        {{90, 5}, {100, 71}, {100, 70}, false, 0},     // even: no touch is owed
        {{99, 5}, {100, 70}, {100, 70}, false, 0},
        {{100, 5}, {100, 70}, {101, 70}, false, 0},    // the second change of a second
        {{101, 70}, {100, 80}, {101, 71}, true, 101},  // the third must wait for the clock, and its writer owes the touch
        {{101, 71}, {100, 90}, {101, 73}, false, 0},   // the fourth finds that somebody owes it already
        {{101, 73}, {101, 10}, {102, 10}, false, 0},   // its second has come: the change itself moves on
        {{500, 70}, {100, 80}, {500, 71}, true, 101},  // a clock that was set back: a second for each second
        {{500, 71}, {100, 90}, {500, 73}, false, 0},
        {{101, 999'999'999}, {100, 80}, {102, 2}, false, 0},  // not 0: so do file systems that keep whole seconds
    };
    for (const Row& row : rows) {
        CAPTURE(row.previous.tv_sec, row.previous.tv_nsec, row.now.tv_sec, row.now.tv_nsec);
        const NextTime next = next_time(row.previous, row.now);
        CHECK(next.at.tv_sec == row.next.tv_sec);
        CHECK(next.at.tv_nsec == row.next.tv_nsec);
        CHECK(next.owed == row.owed);
        CHECK(next.due == row.due);
    }
}

TEST_CASE("a thousand changes in one second give a thousand rising times, and one owed touch") {
    timespec time{99, 0};
    int owed = 0;
    for (long i = 0; i < 1000; ++i) {
        const NextTime next = next_time(time, {100, i});
        CHECK(std::pair{next.at.tv_sec, next.at.tv_nsec} > std::pair{time.tv_sec, time.tv_nsec});
        CHECK(next.at.tv_sec <= 101);
        owed += next.owed ? 1 : 0;
        time = next.at;
    }
    CHECK(owed == 1);
}

TEST_CASE("a touch that is owed moves the second on, once, and not where a change has done so") {
    const Scratch dir;
    write_file(dir / "f", "x");
    const std::time_t now = fresh_second();
    set_modified(dir / "f", {now + 1, 8});
    const auto touch = moved_on(dir / "f", {now + 1, 8});
    REQUIRE(touch);
    CHECK(touch->due.time_since_epoch().count() == now + 1);
    CHECK_FALSE(moved_on(dir / "f", modified(dir / "f")));
    CHECK(modified(dir / "f").tv_sec == now + 1);
    touch->perform();
    CHECK(modified(dir / "f").tv_sec == now + 2);
    touch->perform();
    CHECK(modified(dir / "f").tv_sec == now + 2);
}

TEST_CASE("a touch that is left behind comes when it is due, and holds up neither its maker nor his readers") {
    const Scratch dir;
    write_file(dir / "f", "x");
    const std::time_t now = fresh_second();
    int ends[2] = {};
    REQUIRE(::pipe(ends) == 0);
    const auto begun = steady_clock::now();
    LateTouch{dir / "f", modified(dir / "f").tv_sec, std::chrono::sys_seconds{seconds{now + 1}}}.leave_behind();
    ::close(ends[1]);
    char byte = 0;
    CHECK(::read(ends[0], &byte, 1) == 0);
    ::close(ends[0]);
    CHECK(steady_clock::now() - begun < milliseconds{500});
    CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);  // No child of ours.
    const std::time_t before = modified(dir / "f").tv_sec;
    const auto late = steady_clock::now() + seconds{10};
    while (modified(dir / "f").tv_sec == before && steady_clock::now() < late) std::this_thread::sleep_for(milliseconds{5});
    CHECK(modified(dir / "f").tv_sec == before + 1);
}

TEST_CASE("who does not own the file still moves its time on, with a touch owed when that takes a second") {
    if (::geteuid() != 0) return;
    const Scratch dir;
    write_file(dir / "f", "x");
    REQUIRE(::chmod(dir.path().c_str(), 0755) == 0);
    REQUIRE(::chmod((dir / "f").c_str(), 0666) == 0);
    const AsNobody nobody;
    const timespec long_ago{1000, 0};
    CHECK_FALSE(moved_on(dir / "f", long_ago));
    CHECK(modified(dir / "f").tv_sec >= std::time(nullptr) - 1);
    const std::time_t now = fresh_second();
    CHECK(moved_on(dir / "f", {now, 0}));
}
