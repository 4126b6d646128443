#include "policy/source/limits/limit_store.h"

#include <signal.h>
#include <sys/wait.h>

#include "policy/source/files/fault.h"
#include "tests/support/catch.h"
#include "tests/unit/source/scratch.h"

using namespace relay;
using namespace std::chrono_literals;

namespace {

LimitSettings hourly(unsigned max = 100) {
    LimitSettings limit;
    limit.name.assign("hourly");
    limit.max = limit.burst = max;
    return limit;
}

void charge(LimitStore& store, const std::string& key, unsigned times = 1) {
    for (; times > 0; --times) {
        std::array<LimitTable::Demand, 1> demand;
        const auto table = store.table("hourly");
        demand[0].table = table.get();
        demand[0].key = key;
        demand[0].pace = hourly().pace();
        LimitTable::charge(demand, limit_now());
    }
}

unsigned used(LimitStore& store, const std::string& key) {
    return hourly().pace().used(store.table("hourly")->value(key), limit_now());
}

}  // namespace

TEST_CASE("counts and brakes outlive the process") {
    const Scratch scratch;
    {
        LimitStore store;
        charge(store, "alice", 40);
        GuardSettings guard;
        guard.networks = 1;
        for (const char* from : {"192.0.2.1", "198.51.100.1"}) store.guard().see("bob", Address::parse(from), guard, limit_now());
        save_limits(store, scratch / "limits");
    }
    LimitStore store;
    CHECK(load_limits(store, scratch / "limits", {hourly()}).empty());
    CHECK(used(store, "alice") == 40);
    CHECK(used(store, "carol") == 0);
    CHECK(store.guard().see("bob", {}, {}, limit_now()));
}

TEST_CASE("a limit that is not configured any more is dropped, and a smaller one is full, not more") {
    const Scratch scratch;
    LimitStore before, without, smaller;
    charge(before, "alice", 100);
    save_limits(before, scratch / "limits");
    CHECK(load_limits(without, scratch / "limits", {}).empty());
    CHECK(without.state().limits.empty());
    CHECK(load_limits(smaller, scratch / "limits", {hourly(3600)}).empty());
    const Pace pace = hourly(3600).pace();
    CHECK(pace.wait(smaller.table("hourly")->value("alice"), limit_now()) <= 1s);
}

TEST_CASE("without a file everything counts from nothing, and nothing is wrong") {
    const Scratch scratch;
    LimitStore store;
    CHECK(load_limits(store, scratch / "limits", {hourly()}).empty());
    CHECK(used(store, "alice") == 0);
}

TEST_CASE("a damaged file is set aside and told, and limits work") {
    const Scratch scratch;
    const std::string path = scratch / "limits";
    for (const std::string& bytes : {std::string{}, std::string{"MRLIMITS"}, std::string(100'000, '\xff')}) {
        write_file(path, bytes);
        LimitStore store;
        CHECK_THAT(load_limits(store, path, {hourly()}), Catch::Contains("it is kept as " + path + ".damaged"));
        CHECK_FALSE(std::filesystem::exists(path));
        CHECK(read_file(path + ".damaged") == bytes);
        charge(store, "alice");
        save_limits(store, path);
        CHECK(load_limits(store, path, {hourly()}).empty());
    }
}

TEST_CASE("what cannot be read or written is told with its name") {
    const Scratch scratch;
    LimitStore store;
    CHECK_THAT(load_limits(store, scratch.path(), {hourly()}), Catch::Contains(": is a directory; a file is wanted; limits count from nothing"));
    CHECK_THROWS_AS(save_limits(store, scratch / "no/limits"), Fault);
}

TEST_CASE("a process that is killed at any moment leaves a file that loads") {
    const Scratch scratch;
    const std::string path = scratch / "limits";
    for (int i = 0; i < 20; ++i) {
        const pid_t child = fork();
        if (child == 0) {
            LimitStore store;
            load_limits(store, path, {hourly()});
            for (unsigned key = 0;; ++key) {
                charge(store, std::to_string(key));
                save_limits(store, path);
            }
        }
        usleep(static_cast<useconds_t>(2000 + 1700 * i));
        kill(child, SIGKILL);
        waitpid(child, nullptr, 0);
        LimitStore store;
        CHECK(load_limits(store, path, {hourly()}).empty());
    }
    CHECK_FALSE(std::filesystem::exists(path + ".damaged"));
}
