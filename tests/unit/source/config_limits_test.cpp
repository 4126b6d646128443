#include "policy/source/config/config_limits.h"

#include "policy/source/config/config_file.h"
#include "tests/support/catch.h"

using namespace relay;
using namespace std::chrono_literals;

namespace {

Settings settings_of(std::string_view toml) {
    auto result = parse_config(toml, "f");
    if (const auto* errors = std::get_if<std::vector<ConfigError>>(&result)) throw std::runtime_error{errors->front().message()};
    return std::get<Settings>(std::move(result));
}

std::string errors_of(std::string_view toml) {
    std::string all;
    const auto result = parse_config(toml, "f");
    if (const auto* errors = std::get_if<std::vector<ConfigError>>(&result))
        for (const auto& error : *errors) all += error.message() + '\n';
    return all;
}

constexpr const char* kLeast = "[[limit]]\nper = \"login\"\ncount = \"messages\"\nmax = 100\nwithin = \"1h\"\n";

}  // namespace

TEST_CASE("a limit needs four keys, and the rest has defaults") {
    const auto limits = settings_of(kLeast).limits;
    REQUIRE(limits.size() == 1);
    LimitSettings expected;
    expected.name.assign("login/messages/3600s");
    expected.count = LimitCount::messages;
    expected.max = expected.burst = 100;
    expected.within = 1h;
    CHECK(limits[0] == expected);
    const std::string missing = errors_of("[[limit]]\n");
    for (const char* key : {"per", "count", "max", "within"}) CHECK(missing.find(std::string{key} + " is missing") != missing.npos);
}

TEST_CASE("every key of a limit is read") {
    const auto limit = settings_of(R"(
[[limit]]
name = "office"
per = "network6/56"
count = "refusals"
max = 10
within = "2d"
burst = 3
only = ["Alice", "@Example.ORG", "192.0.2.0/24"]
except = ["bob@example.org", "2001:db8::1"]
action = "refuse"
mode = "monitor"
)").limits.at(0);
    LimitSettings expected;
    expected.name.assign("office");
    expected.per = LimitPer::network6;
    expected.bits = 56;
    expected.count = LimitCount::refusals;
    expected.max = 10;
    expected.within = 48h;
    expected.burst = 3;
    expected.only = {{"alice"}, {"example.org"}, {*Network::parse("192.0.2.0/24")}};
    expected.except = {{"bob@example.org"}, {}, {*Network::parse("2001:db8::1")}};
    expected.action = LimitAction::refuse;
    expected.mode = Mode::monitor;
    CHECK(limit == expected);
}

TEST_CASE("what is wrong in a limit is told with its line and key") {
    const std::string wrong = errors_of("[[limit]]\nper = \"network4/4\"\ncuont = 1\nmax = 0\nwithin = \"1\"\nburst = 5\nonly = [\"@\"]\nname = \"two words\"\n");
    CHECK(wrong.find("f:2: limit: per: \"network4/4\" has to name a network by 8 to 32 bits") != wrong.npos);
    CHECK(wrong.find("f:3: limit: \"cuont\" is unknown; did you mean \"count\"?") != wrong.npos);
    CHECK(wrong.find("f:4: limit: max: 0 is out of range") != wrong.npos);
    CHECK(wrong.find("f:5: limit: within: \"1\" is no length of time") != wrong.npos);
    CHECK(wrong.find("f:7: limit: only: \"@\" is no login") != wrong.npos);
    CHECK(wrong.find("f:8: limit: name: \"two words\" has to be one word") != wrong.npos);
    CHECK(errors_of(std::string{kLeast} + "burst = 101\n").find("burst is larger than max") != std::string::npos);
    CHECK(errors_of("limit = 3\n").find("has to be tables, [[limit]]") != std::string::npos);
    CHECK(errors_of("limit = [1]\n").find("has to be a table, [[limit]]") != std::string::npos);
}

TEST_CASE("two limits of one name are an error") {
    CHECK(errors_of(std::string{kLeast} + kLeast).find("there is another limit \"login/messages/3600s\"") != std::string::npos);
    CHECK(settings_of(std::string{kLeast} + kLeast + "name = \"other\"\n").limits.size() == 2);
}

TEST_CASE("the guard is on with its table, and off without") {
    CHECK_FALSE(settings_of("").guard.on);
    CHECK(settings_of("[guard]\n").guard.on);
    const auto guard = settings_of("[guard]\nnetworks = 7\nrefusals = 20\nlimit_hits = 50\nwithin = \"2h\"\nhold = \"0\"\naction = \"log\"\nmode = \"monitor\"\n").guard;
    CHECK(guard == GuardSettings{true, 7, 20, 50, 2h, 0s, LimitAction::log, Mode::monitor});
}

TEST_CASE("an alert's command is a path and its arguments") {
    const auto alert = settings_of("[alert]\ncommand = [\"/bin/x\", \"a b\", \"a b\"]\nquiet = \"2h\"\ntimeout = \"5s\"\nat_most = 1\n").alert;
    CHECK(alert == AlertSettings{{"/bin/x", "a b", "a b"}, 2h, 5s, 1});
    CHECK(errors_of("[alert]\ncommand = [\"x\"]\n").find("alert.command: \"x\" has to be a path") != std::string::npos);
    CHECK(errors_of("[alert]\ncommand = \"/bin/x\"\n").find("has to be a list of words") != std::string::npos);
}

TEST_CASE("the control socket may be named or left out") {
    CHECK_FALSE(settings_of("").control);
    CHECK(settings_of("control = \"\"\n").control == "");
    CHECK(settings_of("control = \"/run/x\"\n").control == "/run/x");
    CHECK(errors_of("control = \"x\"\n").find("is no socket") != std::string::npos);
}
