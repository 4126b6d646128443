// The commands against a daemon that answers what it should not; daemon_limits_test.cpp has the real one.
#include "milter/control_client.h"

#include <sysexits.h>

#include <sstream>

#include "milter/control_server.h"
#include "milter/status_command.h"
#include "tests/support/catch.h"
#include "tests/unit/milter/temporary_directory.h"

namespace {

using namespace relay;
using relay::test::TemporaryDirectory;

struct Said {
    int exit_code;
    std::string out, errors;
};

/// A daemon whose every route gives this answer.
struct Answering {
    explicit Answering(ControlAnswer answer) {
        const auto say = [answer](const ControlParameters&) { return answer; };
        control = std::get<std::unique_ptr<ControlServer>>(ControlServer::open(
            directory.path("control.sock"), {{false, "/limits", say}, {false, "/status", say}, {true, "/release", say},
                                             {true, "/limits/reset", say}, {true, "/reload", say}}));
        options.config = {directory.write("c.toml", "control = \"" + directory.path("control.sock") + "\"\n"), false};
    }

    TemporaryDirectory directory;
    std::unique_ptr<ControlServer> control;
    ControlOptions options;
};

template <class Command>
Said said(Command command) {
    std::ostringstream out, errors;
    const int exit_code = command(out, errors);
    return {exit_code, out.str(), errors.str()};
}

Said limits(const ControlOptions& options, const std::string& key = "") {
    return said([&](auto& out, auto& errors) { return show_limits(options, key, out, errors); });
}

bool contains(const std::string& text, const char* part) { return text.find(part) != text.npos; }

}  // namespace

TEST_CASE("an answer that is no JSON, or lacks what is wanted, is a protocol error and not a crash") {
    for (const char* body : {"", "nonsense", "[]", "{}", "{\"limits\":7}", "{\"limits\":[{}],\"brakes\":[],\"forgotten\":0}", "{\"released\":\"yes\"}"}) {
        const Answering daemon{{200, body}};
        INFO(body);
        CHECK(limits(daemon.options).exit_code == EX_PROTOCOL);
        CHECK(said([&](auto& out, auto& errors) { return release_login(daemon.options, "alice", out, errors); }).exit_code == EX_PROTOCOL);
        CHECK(said([&](auto& out, auto& errors) { return show_status(daemon.options, out, errors); }).exit_code == EX_PROTOCOL);
    }
}

TEST_CASE("what the daemon refuses is told, escaped") {
    const Answering daemon{{400, "no\x1b[2J"}};
    const auto refused = limits(daemon.options);
    CHECK(refused.exit_code == EX_SOFTWARE);
    CHECK(refused.errors == "milter-relay: the daemon says 400: no\\x1b[2J\n");
    CHECK(refused.out.empty());
}

TEST_CASE("fills, brakes and forgotten keys are shown, and an unknown key of a reset or release is an error") {
    const Answering daemon{{200, R"({"limits":[{"limit":"hourly","key":"alice","used":3,"burst":5,"wait_seconds":0}],)"
                                 R"("brakes":[{"login":"bob","why":"6 networks within 3600 s","left_seconds":null},)"
                                 R"({"login":"carol","why":"x","left_seconds":7}],"forgotten":2,"reset":0,"released":false,"errors":["f:1: x"]})"}};
    const auto shown = limits(daemon.options);
    CHECK(shown.exit_code == EX_OK);
    for (const char* part : {"3/5", "bob is on the brake (6 networks within 3600 s), until it is released",
                             "carol is on the brake (x), for 7 s", "2 times a key was forgotten"})
        CHECK(contains(shown.out, part));
    CHECK(said([&](auto& out, auto& errors) { return reset_limit(daemon.options, "x\n", out, errors); }).errors == "milter-relay: no limit knows x\\x0a\n");
    CHECK(said([&](auto& out, auto& errors) { return release_login(daemon.options, "x", out, errors); }).exit_code == EX_DATAERR);
    const auto reloaded = said([&](auto& out, auto& errors) { return reload_daemon(daemon.options, out, errors); });
    CHECK(reloaded.exit_code == EX_CONFIG);
    CHECK(reloaded.errors == "f:1: x\n");
}

TEST_CASE("a daemon that is not there and a configuration that is wrong have codes of their own") {
    const TemporaryDirectory directory;
    ControlOptions options;
    options.config = {directory.write("c.toml", "control = \"" + directory.path("none") + "\"\n"), false};
    CHECK(limits(options).exit_code == EX_UNAVAILABLE);
    options.config = {directory.write("off.toml", "control = \"\"\n"), false};
    CHECK(contains(limits(options).errors, "no control socket"));
    options.config = {directory.write("bad.toml", "cntrol = 1\nmode = 2\n"), false};
    const auto bad = limits(options);
    CHECK(bad.exit_code == EX_CONFIG);
    CHECK(contains(bad.errors, ":2: mode"));
}
