#include "vsmtprelay/feed/follower.h"

#include <fmt/format.h>

#include <map>

#include "policy/source/files/fault.h"
#include "tests/support/catch.h"
#include "tests/unit/source/scratch.h"
#include "vsmtprelay/feed/mail_log.h"

using namespace relay;
using namespace std::chrono_literals;

namespace {

constexpr std::chrono::sys_seconds kNow{1'795'000'000s};

/// "198.51.100.7" logged in so many seconds before kNow.
std::string line(const std::string& client, int before) {
    const auto at = kNow - std::chrono::seconds{before};
    const auto day = std::chrono::floor<std::chrono::days>(at);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss time{at - day};
    return fmt::format(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z mx dovecot: imap-login: Login: user=<alice>, method=PLAIN, rip={}, "
        "lip=192.0.2.1, mpid=5\n",
        static_cast<int>(date.year()), static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
        time.hours().count(), time.minutes().count(), time.seconds().count(), client);
}

struct World : LoginStore {
    Scratch scratch;
    std::string log = scratch / "mail.log";
    std::map<std::string, std::chrono::sys_seconds> recorded;
    int calls = 0;
    bool broken = false;

    Follower follower() {
        open_mail_log(MailLog::standard_error);
        FollowOptions options;
        options.files = {log};
        options.state = scratch / "state";
        options.formats = {"vsmtprelay/formats"};
        return Follower{std::move(options), *this};
    }
    void record(const std::vector<LoginEvent>& events) override {
        ++calls;
        if (broken) throw Fault{Trouble::locked, "relayers.db: is locked"};
        for (const LoginEvent& event : events) recorded[event.client.text()] = event.at;
    }
    void tend(std::chrono::sys_seconds /*now*/) override {}
    void append(const std::string& text) const { std::ofstream{log, std::ios::app} << text; }
};

}  // namespace

TEST_CASE("logins are recorded at their own time, those of one step in one commit") {
    World world;
    world.append(line("198.51.100.7", 60) + "junk\n" + line("198.51.100.8", 5) + line("198.51.100.9", 90'000));
    auto follower = world.follower();
    while (follower.step(kNow) == Follower::Step::busy) {}
    CHECK(world.calls == 1);
    CHECK(world.recorded.size() == 2);
    CHECK(world.recorded["198.51.100.7"] == kNow - 60s);
}

TEST_CASE("a restart reads what was written meanwhile, with its time, and nothing twice") {
    World world;
    world.append(line("198.51.100.7", 60));
    {
        auto follower = world.follower();
        follower.step(kNow);
        follower.save(kNow);
    }
    world.recorded.clear();
    world.append(line("198.51.100.8", 30));
    auto follower = world.follower();
    follower.step(kNow + 1h);
    CHECK(world.recorded == std::map<std::string, std::chrono::sys_seconds>{{"198.51.100.8", kNow - 30s}});
}

TEST_CASE("a recording that fails is tried again, and the state does not run ahead of it") {
    World world;
    world.append(line("198.51.100.7", 60));
    world.broken = true;
    {
        const CapturedError error{world.scratch / "stderr"};
        auto follower = world.follower();
        CHECK(follower.step(kNow) == Follower::Step::failed);
        CHECK(follower.step(kNow + 1s) == Follower::Step::failed);
        follower.save(kNow + 1s);
        CHECK_FALSE(std::filesystem::exists(world.scratch / "state"));
        CHECK(error.text() == "vsmtprelay: relayers.db: is locked; 1 logins wait to be recorded, it is tried again\n");
        CHECK(follower.descriptors().empty());
        world.append(line("198.51.100.8", 30));
        world.broken = false;
        follower.step(kNow + 2s);
        CHECK(error.text().find("recorded after 2 s") != std::string::npos);
    }
    CHECK(world.recorded.size() == 2);
}

TEST_CASE("while recording fails no more is read than one commit holds") {
    World world;
    const CapturedError error{world.scratch / "stderr"};
    std::string many;
    for (int i = 0; i < 30'000; ++i) many += line(fmt::format("10.1.{}.{}", i / 250, i % 250 + 1), 5);
    world.append(many);
    world.broken = true;
    auto follower = world.follower();
    for (int i = 0; i < 5; ++i) CHECK(follower.step(kNow) == Follower::Step::failed);
    world.broken = false;
    while (follower.step(kNow) == Follower::Step::busy) {}
    CHECK(world.recorded.size() == 30'000);
    CHECK(world.calls <= 5 + 5);
}

TEST_CASE("a damaged state is told, and the logs are read from their beginning") {
    World world;
    world.append(line("198.51.100.7", 60));
    write_file(world.scratch / "state", "{");
    const CapturedError error{world.scratch / "stderr"};
    auto follower = world.follower();
    follower.step(kNow);
    CHECK(world.recorded.size() == 1);
    CHECK(error.text().find("from their beginning") != std::string::npos);
}

TEST_CASE("a state that cannot be written is told, and the logins are recorded all the same") {
    World world;
    world.append(line("198.51.100.7", 60));
    std::filesystem::create_directory(world.scratch / "state.new");
    const CapturedError error{world.scratch / "stderr"};
    auto follower = world.follower();
    follower.step(kNow);
    CHECK(world.recorded.size() == 1);
    CHECK(error.text().find("would be read again") != std::string::npos);
}
