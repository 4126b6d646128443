#include "milter/alert_text.h"

#include <nlohmann/json.hpp>

#include "milter/child_process.h"
#include "tests/support/catch.h"

namespace {

using namespace relay;
using namespace std::chrono_literals;

constexpr std::chrono::sys_seconds kNow{1'700'000'000s};

Judged judged() {
    Judged one;
    one.told.queue_id = "6AM0gX2i016059";
    one.told.envelope.client = Address::parse("198.51.100.7");
    one.from = "<a@b.example>";
    one.to = "<c@d.example>";
    one.verdict.user = "alice";
    return one;
}

}  // namespace

TEST_CASE("a judgement without brake and limit raises no alert") {
    auto one = judged();
    CHECK(alerts_of(one, kNow).empty());
    one.findings.brake = Absent{};
    one.findings.limits = Failed{"damaged"};
    CHECK(alerts_of(one, kNow).empty());
}

TEST_CASE("a brake and each limit that is exceeded are alerts of their own kind, with the keys of the man page") {
    auto one = judged();
    one.findings.brake = Braked{Action::defer, 3600s, "6 networks within 3600 s"};
    one.findings.limits = OverLimits{{{"hourly", Action::refuse, 60s, true, Mode::enforce}, {"daily", Action::permit, 0s, false, Mode::monitor}}};
    const auto alerts = alerts_of(one, kNow);
    REQUIRE(alerts.size() == 3);
    CHECK(alerts[0].kind == "braked");
    CHECK(alerts[0].who == "alice");
    CHECK(alerts[0].line == "login on the brake (6 networks within 3600 s): user=alice client=198.51.100.7");
    CHECK(alerts[1].kind == "limit:hourly");
    CHECK(alerts[1].line == "limit hourly is reached: user=alice client=198.51.100.7");
    CHECK(alerts[2].kind == "limit:daily");
    const auto brake = nlohmann::json::parse(alerts[0].json), limit = nlohmann::json::parse(alerts[2].json);
    for (const auto& object : {brake, limit}) {
        CHECK(object["login"] == "alice");
        CHECK(object["client"] == "198.51.100.7");
        CHECK(object["queue_id"] == "6AM0gX2i016059");
        CHECK(object["from"] == "<a@b.example>");
        CHECK(object["to"] == "<c@d.example>");
        CHECK(object["time"] == 1'700'000'000);
        CHECK(object["host"].is_string());
    }
    CHECK(brake["kind"] == "braked");
    CHECK(brake["action"] == "defer");
    CHECK(brake["why"] == "6 networks within 3600 s");
    CHECK(brake["wait_seconds"] == 3600);
    CHECK(limit["kind"] == "limit:daily");
    CHECK(limit["action"] == "permit");
    CHECK(limit["mode"] == "monitor");
    CHECK(limit["limit"] == "daily");
}

TEST_CASE("without a login the client is who is quiet, also a local one") {
    auto one = judged();
    one.verdict.user = "";
    one.findings.limits = OverLimits{{{"hourly", Action::defer, 60s, true, Mode::enforce}}};
    CHECK(alerts_of(one, kNow).at(0).who == "198.51.100.7");
    one.told.envelope.client.reset();
    CHECK(alerts_of(one, kNow).at(0).who == "local");
}

TEST_CASE("hostile bytes stay one line of ASCII that a pipe takes at once") {
    auto one = judged();
    for (const std::string& hostile : {std::string(5000, '\xff'), std::string(5000, '"'), std::string(5000, '\\'), std::string("a\0b\nc\"d\\e,\"f\xc3\xa4", 14)}) {
        one.verdict.user = one.from = one.to = one.told.queue_id = hostile;
        one.findings.limits = OverLimits{{{"hourly", Action::defer, 60s, true, Mode::enforce}}};
        const auto alert = alerts_of(one, kNow).at(0);
        CHECK(alert.json.size() <= ChildProcess::kMostInput);
        for (const std::string& text : {alert.json, alert.line, alert.who})
            CHECK(std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < 0x7f; }));
        CHECK(nlohmann::json::parse(alert.json)["login"].is_string());
    }
}
