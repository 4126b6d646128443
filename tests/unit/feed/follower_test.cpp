#include "vsmtprelay/feed/follower.h"

#include <fmt/format.h>
#include <unistd.h>

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

/// popa3d's two lines of process 5.
std::string popa3d(const std::string& message) {
    return "2026-11-18T11:06:40Z mx popa3d[5]: " + message + '\n';  // kNow
}

struct World : LoginStore {
    World() { configure(""); }
    Scratch scratch;
    std::string log = scratch / "mail.log";
    std::map<std::string, std::chrono::sys_seconds> recorded;
    int calls = 0;
    bool broken = false;
    std::chrono::seconds who{0};

    Follower follower() {
        open_mail_log(MailLog::standard_error);
        FollowOptions options;
        options.files = {log};
        options.state = scratch / "state";
        options.formats = {"vsmtprelay/formats"};
        options.config = scratch / "milter-relay.toml";
        options.who = who;
        return Follower{std::move(options), *this};
    }
    void record(const std::vector<LoginEvent>& events) override {
        ++calls;
        if (broken) throw Fault{Trouble::locked, "relayers.db: is locked"};
        for (const LoginEvent& event : events) recorded[event.client.text()] = event.at;
    }
    void tend(std::chrono::sys_seconds /*now*/) override {}
    void configure(const std::string& toml) const { write_file(scratch / "milter-relay.toml", toml); }
    /// One run from what was saved to what is saved.
    void run(std::chrono::sys_seconds now) {
        auto one = follower();
        for (int i = 0; i < 200 && (one.step(now) == Follower::Step::busy || one.descriptors().size() > 0); ++i)
            ::usleep(5'000);
        one.step(now);
        one.save(now);
    }
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

TEST_CASE("a login of two lines is not lost by a restart between them") {
    World world;
    world.append(popa3d("Session from 198.51.100.7"));
    world.run(kNow);
    CHECK(world.recorded.empty());
    world.append(popa3d("Authentication passed for alice"));
    world.run(kNow);
    CHECK(world.recorded.count("198.51.100.7") == 1);
}

TEST_CASE("a session's end after a restart refreshes the login from before it") {
    World world;
    std::string begin = line("198.51.100.7", 3600);
    begin.insert(begin.size() - 1, ", session=<abc>");
    world.append(begin);
    world.run(kNow);
    world.append("2026-11-18T11:06:40Z mx dovecot: imap(alice)<5><abc>: Disconnected: Logged out in=1 out=2\n");
    world.run(kNow);
    CHECK(world.recorded["198.51.100.7"] == kNow);
}

TEST_CASE("the limit of an open session holds over restarts") {
    World world;
    world.who = 10min;
    write_file(world.scratch / "doveadm", "#!/bin/sh\nprintf 'username\\t(ips)\\nalice\\t(198.51.100.7 127.0.0.1)\\n'\n");
    std::filesystem::permissions(world.scratch / "doveadm", std::filesystem::perms::owner_all);
    const std::string path = ::getenv("PATH");
    ::setenv("PATH", (world.scratch.path() + ":" + path).c_str(), 1);
    const CapturedError error{world.scratch / "stderr"};
    for (const auto after : {0h, 12h, 24h, 25h, 48h}) world.run(kNow + after);
    ::setenv("PATH", path.c_str(), 1);
    CHECK(world.recorded == std::map<std::string, std::chrono::sys_seconds>{{"198.51.100.7", kNow + 24h}});
}

TEST_CASE("[pop] never of the configuration holds, also when it changes, and is told once of each address") {
    World world;
    world.configure("[pop]\nnever = [\"198.51.100.0/24\"]\n");
    world.append(line("198.51.100.7", 60) + line("198.51.100.7", 59) + line("198.51.101.7", 60));
    const CapturedError error{world.scratch / "stderr"};
    auto follower = world.follower();
    follower.step(kNow);
    CHECK(world.recorded.size() == 1);
    world.configure("[pop]\nnever = [\"198.51.101.0/24\"]\n");
    world.append(line("198.51.100.8", 60) + line("198.51.101.8", 60));
    follower.step(kNow + 60s);
    CHECK(world.recorded.size() == 2);
    CHECK(world.recorded.count("198.51.100.8") == 1);
    CHECK(error.text() == "vsmtprelay: logins from 198.51.100.7 are not recorded: [pop] never\n"
                          "vsmtprelay: logins from 198.51.101.8 are not recorded: [pop] never\n");
    world.configure("[pop]\nnever = 5\n");
    follower.step(kNow + 120s);
    CHECK(error.text().find("pop.never") != std::string::npos);
}

TEST_CASE("a clock that was set back does not keep a follower from saving") {
    World world;
    auto follower = world.follower();
    world.append(line("198.51.100.7", 60));
    follower.step(kNow);
    std::filesystem::remove(world.scratch / "state");
    world.append(line("198.51.100.8", 7200));
    follower.step(kNow - 1h);
    CHECK(std::filesystem::exists(world.scratch / "state"));
    CHECK(world.recorded["198.51.100.8"] == kNow - 2h);
}
