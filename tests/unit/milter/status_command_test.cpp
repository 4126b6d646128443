#include "milter/status_command.h"

#include <sysexits.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>
#include <streambuf>

#include "milter/control_server.h"
#include "milter/server_status.h"
#include "policy/source/config/config_text.h"
#include "tests/support/catch.h"
#include "tests/unit/milter/temporary_directory.h"

using namespace relay;
using namespace std::chrono_literals;
using nlohmann::json;
using relay::test::TemporaryDirectory;

namespace {

std::chrono::sys_seconds seconds_ago(int seconds) {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()) - std::chrono::seconds{seconds};
}

void judge(Server& server, Via via, Reason reason) {
    Verdict verdict;
    verdict.via = via;
    verdict.reason = reason;
    server.verdicts.add(verdict);
}

void busy(Server& server) {
    judge(server, Via::auth, Reason::authenticated);
    judge(server, Via::pop, Reason::fresh_login);
    for (int i = 0; i < 99; ++i) server.health->looked_up(Source::relayers, 3us);
    server.health->looked_up(Source::relayers, 20ms);
    server.health->failed(Source::limits_state, "/var/lib/x: write: No space left on device", seconds_ago(200));
    server.sessions = 4;
}

json status_of(const Server& server) { return json::parse(status_json(server)); }

bool contains(const std::string& text, const std::string& part) { return text.find(part) != text.npos; }

/// Takes so many ends of lines, and then nothing more: a pipe whose reader has gone.
class Closing : public std::streambuf {
public:
    explicit Closing(int lines) : left_{lines} {}
    std::string text;

protected:
    int_type overflow(int_type c) override {
        if (left_ == 0) return traits_type::eof();
        text.push_back(static_cast<char>(c));
        if (c == '\n') --left_;
        return c;
    }

private:
    int left_;
};

/// A daemon's control socket; its configuration is beside it.
struct Daemon {
    Daemon() {
        options.config = {directory.write("c.toml", "control = \"" + directory.path("control.sock") + "\"\n"), false};
        open();
    }
    void open() {
        control = std::get<std::unique_ptr<ControlServer>>(ControlServer::open(
            directory.path("control.sock"), {{false, "/status", [this](const ControlParameters&) {
                                                  if (++asked == leaves_at) server.stopping = true;
                                                  return ControlAnswer{server.stopping ? 503 : 200, status_json(server)};
                                              }}}));
    }

    TemporaryDirectory directory;
    Server server;
    int asked = 0, leaves_at = 0;
    ControlOptions options;
    std::unique_ptr<ControlServer> control;
};

struct Watched {
    int exit_code;
    std::string text, errors;
};

Watched watched(const Daemon& daemon, int lines, bool redraw) {
    Closing closing{lines};
    std::ostream out{&closing};
    std::ostringstream errors;
    const int exit_code = watch_status(daemon.options, 10ms, redraw, out, errors);
    return {exit_code, closing.text, errors.str()};
}

}  // namespace

TEST_CASE("status says what was judged, how long sources take and what went wrong, in 80 columns") {
    Server server;
    busy(server);
    server.service.set(nullptr, {"/etc/mail/c.toml", FileStamp{}, seconds_ago(60), {}});
    const auto text = status_text(status_of(server));
    CAPTURE(text);
    for (const char* part : {"4 sessions, 0 messages in flight", "configuration /etc/mail/c.toml, read 60 s ago (20", "auth     authenticated                         1",
                             "pop      fresh_login", "pop.database                100    3.07 us", "last error of state, 3 min ago (20",
                             "  /var/lib/x: write: No space left on device", "the file says something else since then; to take it: milter-relay reload"})
        CHECK(contains(text, part));
    std::istringstream lines{text};
    for (std::string line; std::getline(lines, line);) CHECK(line.size() <= 80);
}

TEST_CASE("the quantiles are those of the look-ups, and a source without look-ups has none") {
    Server server;
    busy(server);
    const auto sources = status_of(server).at("sources");
    CHECK(sources.size() == 2);
    const auto& relayers = sources.at("pop.database");
    CHECK(relayers.at("p50_seconds").get<double>() == Approx(3e-6).epsilon(0.13));
    CHECK(relayers.at("p99_seconds").get<double>() == Approx(3e-6).epsilon(0.13));
    server.health->looked_up(Source::relayers, 20ms);
    CHECK(status_of(server).at("sources").at("pop.database").at("p99_seconds").get<double>() == Approx(20e-3).epsilon(0.13));
    CHECK(relayers.at("last_error").is_null());
    CHECK(sources.at("state").at("lookups") == 0);
    CHECK(sources.at("state").at("errors") == 1);
    CHECK(sources.at("state").at("last_error").at("age_seconds").get<int>() >= 200);
}

TEST_CASE("the configuration in force is told, with what became of its file since") {
    const TemporaryDirectory directory;
    Server server;
    const auto file = directory.path("none.toml");
    server.service.set(nullptr, {file, std::nullopt, seconds_ago(0), config_text({})});
    auto configuration = status_of(server).at("configuration");
    CHECK(configuration.at("file") == file);
    CHECK(configuration.at("is_default") == true);
    CHECK(configuration.at("has_changed") == false);
    CHECK(contains(status_text(status_of(server)), "the file was not there: these are the defaults"));
    for (const char* same : {"# nothing\nmode = \"enforce\"\n", "mode = 7\n"}) {
        directory.write("none.toml", same);
        CHECK(status_of(server).at("configuration").at("has_changed") == false);
    }
    directory.write("none.toml", "mode = \"monitor\"\n");
    CHECK(status_of(server).at("configuration").at("has_changed") == true);
}

TEST_CASE("logins that wait for a server are told, those that are lost as well, and else nothing") {
    Server server;
    auto status = status_of(server);
    CHECK(status.at("queue").is_null());
    CHECK_FALSE(contains(status_text(status), "wait"));
    status["queue"] = {{"file", "/q"}, {"waiting", 0}, {"oldest_age_seconds", nullptr}, {"lost", 0}, {"error", nullptr}};
    CHECK_FALSE(contains(status_text(status), "/q"));
    status["queue"] = {{"file", "/q"}, {"waiting", 12}, {"oldest_age_seconds", 180}, {"lost", 3}, {"error", nullptr}};
    CHECK(contains(status_text(status), "12 logins wait for the server, the oldest for 3 min\n  in /q\n3 logins are lost"));
    CHECK(contains(status_text(status), "remove /q.lost\n"));
    status["queue"]["error"] = "/q: open: Permission denied";
    CHECK(contains(status_text(status), "  /q: open: Permission denied\n"));
}

TEST_CASE("bytes that are no text do not keep the status from being told") {
    Server server;
    server.health->failed(Source::relayers, "bad \xff\x1b[2J", seconds_ago(0));
    const auto text = status_text(status_of(server));
    CHECK(contains(text, "bad "));
    CHECK(std::none_of(text.begin(), text.end(), [](char c) { return c == '\x1b' || c < 0; }));
}

TEST_CASE("a watch shows block after block until nobody reads, and says what is new") {
    Daemon daemon;
    judge(daemon.server, Via::auth, Reason::authenticated);
    const auto seen = watched(daemon, 30, false);
    CHECK(seen.exit_code == EX_IOERR);
    CHECK(contains(seen.text, "\n\nmilter-relay "));
    CHECK_FALSE(contains(seen.text, "\x1b"));
    CHECK(daemon.asked >= 4);
    const auto then = status_of(daemon.server).at("verdicts");
    for (int i = 0; i < 5; ++i) judge(daemon.server, Via::auth, Reason::authenticated);
    CHECK(contains(status_text(status_of(daemon.server), &then), "authenticated                         6         +5"));
}

TEST_CASE("on a terminal each status takes the place of the one before, and JSON stays one object a line") {
    Daemon daemon;
    const auto drawn = watched(daemon, 9, true);
    CHECK(drawn.text.starts_with("\x1b[H\x1b[Jmilter-relay "));
    daemon.options.json = true;
    std::istringstream lines{watched(daemon, 3, true).text};
    int objects = 0;
    for (std::string line; std::getline(lines, line); ++objects) CHECK(json::parse(line).contains("verdicts"));
    CHECK(objects == 3);
}

TEST_CASE("a watch that finds no daemon ends, and one that loses it waits for the next") {
    Daemon daemon;
    daemon.leaves_at = 2;
    const auto seen = watched(daemon, 12, false);
    CHECK(contains(seen.text, "the daemon says 503"));
    CHECK(seen.errors.empty());
    daemon.control.reset();
    CHECK(watched(daemon, 12, false).exit_code == EX_UNAVAILABLE);
}
