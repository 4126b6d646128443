#include "milter/alerts.h"

#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>

#include "tests/support/catch.h"
#include "tests/unit/milter/temporary_directory.h"

using namespace relay;
using namespace relay::test;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

namespace {

Alert alert(const std::string& who, const std::string& kind = "braked") { return {kind, who, kind + ": " + who, "{\"login\":\"" + who + "\"}"}; }

AlertSettings running(const std::string& script) {
    AlertSettings settings;
    settings.command = {"/bin/sh", "-c", script};
    return settings;
}

bool soon(const std::function<bool()>& holds) {
    for (const auto deadline = Clock::now() + 20s; Clock::now() < deadline; std::this_thread::sleep_for(2ms))
        if (holds()) return true;
    return false;
}

std::string text_of(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream{path}.rdbuf();
    return text.str();
}

}  // namespace

TEST_CASE("an alert command gets the object on standard input, a small environment, and no other descriptor") {
    const TemporaryDirectory directory;
    const std::string out = directory.path("out");
    setenv("SECRET_OF_THE_DAEMON", "x", 1);
    {
        Alerts alerts;
        CHECK(alerts.raise(alert("alice"), running("{ cat; echo; env; ls /proc/self/fd | wc -l; } > " + out + ".new; mv " + out + ".new " + out), Clock::now()));
        REQUIRE(soon([&] { return std::filesystem::exists(out); }));
    }
    const std::string text = text_of(out);
    CHECK(text.starts_with("{\"login\":\"alice\"}\n"));
    CHECK(text.find("PATH=") != text.npos);
    CHECK(text.find("SECRET") == text.npos);
    CHECK(text.ends_with("\n4\n"));  // 0, 1, 2 and the directory that ls reads.
}

TEST_CASE("one alert for each login and kind within the quiet time") {
    Alerts alerts;
    AlertSettings settings;
    const auto now = Clock::now();
    CHECK(alerts.raise(alert("alice"), settings, now));
    CHECK_FALSE(alerts.raise(alert("alice"), settings, now + 59min));
    CHECK(alerts.raise(alert("bob"), settings, now));
    CHECK(alerts.raise(alert("alice", "limit:hourly"), settings, now));
    CHECK(alerts.raise(alert("alice"), settings, now + 60min));
}

TEST_CASE("what is remembered of quiet alerts is bounded") {
    Alerts alerts;
    const auto now = Clock::now();
    for (std::size_t i = 0; i < Alerts::kMostQuiet; ++i) REQUIRE(alerts.raise(alert(std::to_string(i)), {}, now));
    CHECK_FALSE(alerts.raise(alert("one more"), {}, now));
    CHECK(alerts.raise(alert("one more"), {}, now + 1h));
}

TEST_CASE("a hanging command delays nobody, holds only its own place, and is killed with what it started") {
    const TemporaryDirectory directory;
    auto hanging = running("sleep 1000 & echo $$ > " + directory.path("$$.pid") + "; wait");
    hanging.timeout = 1s;
    hanging.at_most = 2;
    Alerts alerts;
    const auto begin = Clock::now();
    for (int i = 0; i < 5; ++i) alerts.raise(alert(std::to_string(i)), hanging, begin);
    CHECK(Clock::now() - begin < 500ms);
    const auto started = [&] {
        return std::distance(std::filesystem::directory_iterator{directory.path("")}, std::filesystem::directory_iterator{});
    };
    REQUIRE(soon([&] { return started() == 2; }));
    REQUIRE(soon([&] { return started() == 5; }));
    CHECK(Clock::now() - begin > 1900ms);
}

TEST_CASE("a command that cannot be started or fails does no harm") {
    Alerts alerts;
    AlertSettings missing;
    missing.command = {"/no/such/program"};
    CHECK(alerts.raise(alert("alice"), missing, Clock::now()));
    CHECK(alerts.raise(alert("bob"), running("exit 3"), Clock::now()));
    const TemporaryDirectory directory;
    CHECK(alerts.raise(alert("carol"), running("touch " + directory.path("ran")), Clock::now()));
    CHECK(soon([&] { return std::filesystem::exists(directory.path("ran")); }));
}
