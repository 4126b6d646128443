#include "vsmtprelay/feed/login_feed.h"

#include "tests/support/catch.h"

using namespace relay;
using namespace std::chrono_literals;
using std::chrono::sys_seconds;

namespace {

constexpr sys_seconds kNow{1'795'000'000s};
const Address kClient = *Address::parse("198.51.100.7");

LoginFormat format(const std::string& name, const std::string& program, bool process) {
    LoginFormat made;
    made.name = name;
    made.programs = {program};
    made.session_is_process = process;
    made.messages.emplace_back(MessageKind::login,
                               process ? "passed {login}" : "login {login} {client} to {local} {session}");
    made.messages.emplace_back(MessageKind::connect, "connect {client}");
    made.messages.emplace_back(MessageKind::end, process ? "bye" : "bye {session}");
    made.messages.emplace_back(MessageKind::other, "other");
    return made;
}

struct Fed {
    explicit Fed(std::vector<LoginFormat> formats, LoginFeed::Limits limits = {})
        : feed{std::move(formats), limits, never, drift} {}
    std::vector<LoginEvent> take(const LogLine& line, sys_seconds now = kNow) {
        std::vector<LoginEvent> events;
        feed.take(line, now, events);
        return events;
    }
    std::vector<LoginEvent> take(const std::string& message, sys_seconds at = kNow, const std::string& program = "popd",
                                 const std::string& process = "5") {
        return take(LogLine{at, program, process, message, {}, {}});
    }
    FormatDrift drift{[](const std::string&) {}};
    NeverRecorded never{[](const std::string&) {}};
    LoginFeed feed;
};

Fed one_line() {
    std::vector<LoginFormat> formats;
    formats.push_back(format("one", "popd", false));
    return Fed{std::move(formats)};
}

}  // namespace

TEST_CASE("a login counts for its client, at its own time, and for its program alone") {
    Fed fed = one_line();
    const auto events = fed.take("login alice 198.51.100.7 to 192.0.2.1 s1", kNow - 5min);
    REQUIRE(events.size() == 1);
    CHECK(events[0].client == kClient);
    CHECK(events[0].at == kNow - 5min);
    CHECK(events[0].login == "alice");
    CHECK(fed.take("login alice 198.51.100.7 to 192.0.2.1 s1", kNow, "sendmail").empty());
    CHECK(fed.take("login alice 198.51.100.7 to 192.0.2.1 s1", kNow, "").empty());
}

TEST_CASE("a login is never later than now, and none that is older than the window counts") {
    Fed fed = one_line();
    CHECK(fed.take("login alice 198.51.100.7 to 192.0.2.1 s1", kNow + 1h).at(0).at == kNow);
    CHECK(fed.take("login alice 198.51.100.7 to 192.0.2.1 s1", kNow - 24h).size() == 1);
    CHECK(fed.take("login alice 198.51.100.7 to 192.0.2.1 s1", kNow - 24h - 1s).empty());
}

TEST_CASE("the server itself is no client") {
    Fed fed = one_line();
    for (const char* client : {"127.0.0.1", "127.255.0.9", "::1", "192.0.2.1", "::ffff:127.0.0.1"})
        CHECK(fed.take("login alice " + std::string{client} + " to 192.0.2.1 s1").empty());
    CHECK(fed.take("login alice ::2 to ::1 s1").size() == 1);
}

TEST_CASE("what [pop] never says is recorded neither at a login nor at its end, and an empty list lets all in") {
    Fed fed = one_line();
    PopSettings pop;
    pop.never = {*Network::parse("198.51.100.0/24")};
    fed.take("login alice 198.51.100.7 to 192.0.2.1 s1", kNow - 5s);
    fed.never.set(pop);
    CHECK(fed.take("bye s1").empty());
    CHECK(fed.take("login alice 198.51.100.7 to 192.0.2.1 s2").empty());
    CHECK(fed.take("bye s2").empty());
    CHECK(fed.take("login alice 198.51.101.7 to 192.0.2.1 s3").size() == 1);
    CHECK(fed.take("login alice 127.0.0.1 to 127.0.0.1 s4").size() == 1);
}

TEST_CASE("a session's end refreshes its login, up to the limit, once, and only after a login") {
    Fed fed = one_line();
    const sys_seconds then = kNow - 20h;
    CHECK(fed.take("bye s1", then).empty());
    CHECK(fed.take("connect 198.51.100.7", then).empty());
    fed.take("login alice 198.51.100.7 to 192.0.2.1 s1", then);
    const auto events = fed.take("bye s1", then + 3h);
    REQUIRE(events.size() == 1);
    CHECK(events[0].at == then + 3h);
    CHECK(events[0].login == "alice");
    CHECK(fed.take("bye s1", then + 4h).empty());
    fed.take("login alice 198.51.100.7 to 192.0.2.1 s2", kNow - 30h);
    CHECK(fed.take("bye s2").at(0).at == kNow - 6h);
}

TEST_CASE("two lines are joined by the process that wrote them") {
    std::vector<LoginFormat> formats;
    formats.push_back(format("two", "popd", true));
    Fed fed{std::move(formats)};
    CHECK(fed.take("passed alice").empty());
    fed.take("connect 198.51.100.7", kNow - 5s, "popd", "5");
    CHECK(fed.take("passed alice", kNow, "popd", "6").empty());
    CHECK(fed.take("passed alice", kNow, "popd", "").empty());
    CHECK(fed.take("passed alice", kNow, "popd", "5").size() == 1);
    CHECK(fed.take("passed bob", kNow, "popd", "5").empty());
    fed.take("connect 198.51.100.7", kNow - 11min, "popd", "7");
    CHECK(fed.take("passed alice", kNow, "popd", "7").empty());
    fed.take("connect 198.51.100.7", kNow, "popd", "8");
    CHECK(fed.take("bye", kNow, "popd", "8").empty());
    CHECK(fed.take("passed alice", kNow, "popd", "8").empty());
}

TEST_CASE("a line that two servers' formats read differently is no login") {
    std::vector<LoginFormat> formats;
    formats.push_back(format("one", "popd", false));
    formats.push_back(format("two", "popd", false));
    formats[1].messages.clear();
    formats[1].messages.emplace_back(MessageKind::other, "login bob {text}");
    Fed fed{std::move(formats)};
    CHECK(fed.take("login alice 198.51.100.7 to 192.0.2.1 s1").size() == 1);
    CHECK(fed.take("login bob 198.51.100.7 to 192.0.2.1 s1").empty());
    CHECK(fed.drift.unknown_lines("popd") == 1);
}

TEST_CASE("in the journal only what no program can choose decides whose line it is") {
    std::vector<LoginFormat> formats;
    formats.push_back(format("one", "popd", false));
    formats[0].units = {"popd@*.service"};
    formats[0].commands = {"popd", "log"};
    Fed fed{std::move(formats)};
    const auto counts = [&fed](const JournalOrigin& origin) {
        return fed.take(LogLine{kNow, "popd", "5", "login alice 198.51.100.7 to 192.0.2.1 s1", {}, origin}).size() == 1;
    };
    CHECK(counts({"", "popd", true}));
    CHECK(counts({"popd@1.service", "log", false}));
    CHECK_FALSE(counts({"", "popd", false}));
    CHECK_FALSE(counts({"user@1000.service", "popd", false}));
    CHECK_FALSE(counts({"popd@.servic", "popd", false}));
    CHECK_FALSE(counts({"xpopd@1.service", "popd", false}));
    CHECK_FALSE(counts({"popd@1.service", "bash", false}));
    CHECK_FALSE(counts({"", "", true}));
}

TEST_CASE("a server's own log file has no program names") {
    std::vector<LoginFormat> formats;
    formats.push_back(format("one", "", false));
    Fed fed{std::move(formats)};
    CHECK(fed.take(LogLine{kNow, "login", "", "x", "login alice 198.51.100.7 to 192.0.2.1 s1", {}}).size() == 1);
    CHECK(fed.feed.programs().empty());
}

TEST_CASE("a server's own log is missed as well when it changes its words, and no other log without tags is") {
    std::vector<LoginFormat> formats;
    formats.push_back(format("one", "", false));
    formats[0].services = {"popd-login", "popd"};
    Fed fed{std::move(formats)};
    const auto take = [&fed](const std::string& word) {
        fed.take(LogLine{kNow, word, "", "let in alice", word + ": let in alice", {}});
        return fed.drift.unknown_lines("one");
    };
    CHECK(take("popd-login") == 1);
    CHECK(take("popd(alice)<5><x>") == 2);
    CHECK(take("sm-mta") == 2);
    CHECK(take("popd-loginx") == 2);
}

TEST_CASE("lines of a known program that nothing fits are counted") {
    Fed fed = one_line();
    fed.take("logged in alice");
    fed.take("other");
    fed.take("logged in alice", kNow, "sendmail");
    CHECK(fed.drift.unknown_lines("popd") == 1);
}

TEST_CASE("a tag that several servers share is watched as one: the login of one is no silence of the other") {
    std::vector<LoginFormat> formats;
    formats.push_back(format("one", "popd", false));
    formats.push_back(format("two", "popd", true));
    std::vector<std::string> told;
    FormatDrift drift{[&told](const std::string& text) { told.push_back(text); }};
    NeverRecorded never{[](const std::string&) {}};
    LoginFeed feed{std::move(formats), {}, never, drift};
    std::vector<LoginEvent> events;
    const auto take = [&](const std::string& message) { feed.take({kNow, "popd", "5", message, {}, {}}, kNow, events); };
    take("let in alice");
    take("login alice 198.51.100.7 to 192.0.2.1 s1");
    drift.tick(kNow + 2h);
    CHECK(told.empty());
    take("let in alice");
    drift.tick(kNow + 4h);
    CHECK(told.size() == 1);
}
