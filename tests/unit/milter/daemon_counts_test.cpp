#include "milter/daemon_counts.h"

#include <sysexits.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "milter/control_routes.h"
#include "milter/explain.h"
#include "policy/source/config/config_file.h"
#include "policy/source/limits/limit_clock.h"
#include "tests/support/catch.h"
#include "tests/unit/milter/temporary_directory.h"

namespace {

using namespace relay;
using relay::test::TemporaryDirectory;

/// The part of a daemon that answers on the control socket, with the configuration that explain reads as well.
struct Daemon {
    explicit Daemon(const std::string& sections) {
        file = directory.write("c.toml", "control = \"" + directory.path("control.sock") + "\"\nstate = \"" + directory.path("limits") +
                                             "\"\n" + sections);
        settings = std::get<Settings>(read_config_file(file, false));
        server.counts = std::make_shared<LimitStore>();
        service = std::make_shared<const Service>(settings, server.counts);
        server.service.set(service);
        control = std::get<std::unique_ptr<ControlServer>>(
            ControlServer::open(directory.path("control.sock"), control_routes(server, [] { return std::vector<std::string>{}; })));
    }

    [[nodiscard]] const Limits& limits() const { return service->limits(); }
    void charge(const std::string& login, int times) const {
        for (; times > 0; --times) static_cast<void>(limits().charge({login, Address::parse("192.0.2.1")}, false, limit_now()));
    }
    [[nodiscard]] unsigned used() const {
        unsigned sum = 0;
        for (const auto& fill : limits().fullest(100, "", limit_now())) sum += fill.used;
        return sum;
    }

    TemporaryDirectory directory;
    std::string file;
    Settings settings;
    Server server;
    std::unique_ptr<ControlServer> control;
    std::shared_ptr<const Service> service;
};

constexpr const char* kHourly = "[[limit]]\nname = \"hourly\"\nper = \"login\"\ncount = \"recipients\"\nmax = 3\nwithin = \"1h\"\n";

ExplainOptions alice(const std::string& config) {
    ExplainOptions options;
    options.config = {config, false};
    options.client = "192.0.2.1";
    options.to = "<a@b.example>";
    options.dest = "other";
    options.auth = "alice";
    options.host = "mx.example.org";
    options.json = true;
    return options;
}

nlohmann::json explained(const ExplainOptions& options) {
    std::ostringstream out, errors;
    REQUIRE(explain(options, out, errors) == EX_OK);
    return nlohmann::json::parse(out.str());
}

bool is_noted(const nlohmann::json& explanation, const std::string& text) {
    for (const auto& note : explanation["notes"])
        if (note.get<std::string>().find(text) != std::string::npos) return true;
    return false;
}

}  // namespace

TEST_CASE("explain judges by what the running daemon has counted") {
    const Daemon daemon{kHourly};
    CHECK(explained(alice(daemon.file))["action"] == "permit");
    daemon.charge("alice", 3);
    const auto found = explained(alice(daemon.file));
    CHECK(found["reason"] == "over_recipient_limit");
    CHECK(found["reply"]["code"] == 452);
    CHECK(found["wait"] == 1200);
    CHECK(found["findings"]["limits"]["limits"][0]["limit"] == "hourly");
    CHECK_FALSE(is_noted(found, "limits and guard"));
}

TEST_CASE("explain charges nothing, however often it is asked") {
    const Daemon daemon{std::string{kHourly} + "[[limit]]\nper = \"client\"\ncount = \"refusals\"\nmax = 2\nwithin = \"1h\"\n"
                                               "[sender]\nmode = \"self\"\n[guard]\nnetworks = 1\nrefusals = 1\nlimit_hits = 1\n"};
    daemon.charge("alice", 2);
    const unsigned before = daemon.used();
    auto options = alice(daemon.file);
    for (const char* from : {"alice", "<bob@c.example>"})
        for (const char* client : {"192.0.2.1", "198.51.100.1", "203.0.113.1"}) {
            options.client = client;
            options.from = from;
            for (int i = 0; i < 5; ++i) static_cast<void>(explained(options));
        }
    CHECK(daemon.used() == before);
    CHECK(daemon.limits().brakes(limit_now()).empty());
    CHECK(daemon.server.counts->guard().entries(limit_now(), false).empty());
    CHECK_FALSE(std::filesystem::exists(daemon.directory.path("limits")));
}

TEST_CASE("explain sees a brake, its rest and why") {
    const Daemon daemon{"[guard]\nnetworks = 1\n"};
    for (const char* from : {"192.0.2.1", "198.51.100.1"}) static_cast<void>(daemon.limits().brake("alice", Address::parse(from), limit_now()));
    const auto found = explained(alice(daemon.file));
    CHECK(found["reason"] == "login_braked");
    CHECK(found["findings"]["brake"]["why"] == "2 networks within 3600 s");
    CHECK(found["findings"]["brake"]["left"] > 3500);
}

TEST_CASE("where the daemon does not know either, explain says why, and follows on_failure") {
    const Daemon daemon{std::string{kHourly} + "[guard]\n[limits]\nstore = \"unix:/nonexistent/redis.sock\"\n"};
    const auto found = explained(alice(daemon.file));
    CHECK(found["action"] == "permit");
    CHECK(found["would"] == nlohmann::json::array({"lookup_failed"}));
    CHECK(found["findings"]["limits"].dump().find("/nonexistent/redis.sock") != std::string::npos);
    CHECK(found["findings"]["brake"].dump().find("/nonexistent/redis.sock") != std::string::npos);
}

TEST_CASE("a daemon that is away is no failed look-up, and a note says what is not known") {
    const TemporaryDirectory directory;
    const auto file = directory.write("c.toml", "control = \"" + directory.path("none.sock") + "\"\n[guard]\n" + std::string{kHourly});
    const auto found = explained(alice(file));
    CHECK(found["action"] == "permit");
    CHECK(is_noted(found, "limits and guard are the running daemon's"));
    CHECK(std::count_if(found["notes"].begin(), found["notes"].end(), [](const auto& note) {
              return note.template get<std::string>().starts_with("limits and guard");
          }) == 1);
    const auto off = directory.write("off.toml", std::string{"control = \"\"\n"} + kHourly);
    CHECK(is_noted(explained(alice(off)), "the daemon has no control socket"));
    const auto none = directory.write("none.toml", "control = \"\"\n");
    CHECK_FALSE(is_noted(explained(alice(none)), "daemon"));
}

TEST_CASE("hostile bytes in a login go to the daemon and back as they are") {
    const Daemon daemon{kHourly};
    const std::string hostile = "a&login=b%00\n\xff\"=?#";
    daemon.charge(hostile, 3);
    auto options = alice(daemon.file);
    options.auth = hostile;
    CHECK(explained(options)["reason"] == "over_recipient_limit");
    options.auth = "b";
    CHECK(explained(options)["action"] == "permit");
}
