#include "milter/explanation.h"

#include <nlohmann/json.hpp>
#include <set>

#include "tests/support/catch.h"

namespace {

using namespace relay;
using namespace std::chrono_literals;
using nlohmann::json;

constexpr std::chrono::sys_seconds kNow{1'700'000'000s};

Explanation refused() {
    Explanation e{{}, {}, kNow, {"a note"}};
    e.judged.to = "<a@b.example>";
    e.judged.from = "<>";
    e.judged.told.envelope.client = Address::parse("192.0.2.1");
    e.judged.told.envelope.reverse_path = parse_path("<>");
    e.judged.told.envelope.forward_path = parse_path("<a@b.example>");
    e.judged.verdict = {.action = Action::refuse,
                        .via = Via::none,
                        .reason = Reason::login_expired,
                        .row = 10,
                        .methods = Methods::auth_and_pop,
                        .mode = Mode::enforce,
                        .user = "alice",
                        .age = 90000s,
                        .why = "",
                        .would = {},
                        .limit = {},
                        .wait = {},
                        .pop_until = {}};
    e.judged.reply = reply_for(e.judged.verdict);
    e.judged.findings.login = LoginRecord{Layout::timestamp, kNow - 90000s, {{kNow - 90000s, "alice"}}};
    return e;
}

}  // namespace

TEST_CASE("the JSON has every promised key, with the words of the log line") {
    const auto found = json::parse(as_json(refused()));
    CHECK(found["action"] == "refuse");
    CHECK(found["via"] == name_of(Via::none));
    CHECK(found["reason"] == "login_expired");
    CHECK(found["row"] == 10);
    CHECK(found["reply"]["code"] == 550);
    CHECK(found["reply"]["enhanced_status"] == "5.7.1");
    CHECK(found["reply"]["text"].get<std::string>().starts_with("Relaying denied."));
    CHECK(found["user"] == "alice");
    CHECK(found["age"] == 90000);
    CHECK(found["policy"] == "auth+pop");
    CHECK(found["mode"] == "enforce");
    CHECK(found["facts"]["client"] == "192.0.2.1");
    CHECK(found["facts"]["dest"].is_null());
    CHECK(found["findings"]["login"]["answer"] == "found");
    CHECK(found["findings"]["login"]["freshness"] == "expired");
    CHECK(found["findings"]["login"]["logins"][0]["name"] == "alice");
    CHECK(found["findings"]["our_domain"].is_null());
}

TEST_CASE("a permit has no reply") {
    auto e = refused();
    e.judged.verdict.action = Action::permit;
    e.judged.reply.reset();
    CHECK(json::parse(as_json(e))["reply"].is_null());
    CHECK(as_text(e).find("none: the recipient is accepted") != std::string::npos);
}

TEST_CASE("bytes of a peer that are not UTF-8 still give JSON, and a text without control bytes") {
    auto e = refused();
    e.judged.verdict.user = e.judged.to = e.judged.told.envelope.client_name = "\xff\x1b[2J";
    e.judged.told.envelope.auth = Authentication{"\xff", "", "\x07", 0};
    CHECK_NOTHROW(json::parse(as_json(e)));
    for (const char c : as_text(e)) CHECK((c == '\n' || (c >= ' ' && c <= '~')));
}

TEST_CASE("a look-up is told as found, absent, failed or not asked, each in its own words") {
    auto e = refused();
    CHECK(as_text(e).find("login          found, expired: login 2023-11-13T21:13:20Z, 90000 s ago; alice at") !=
          std::string::npos);
    e.judged.findings.login = LoginRecord{Layout::expiry, kNow + 1800s, {}};
    CHECK(as_text(e).find("fresh: ends 2023-11-14T22:43:20Z, in 1800 s\n") != std::string::npos);
    CHECK(as_text(e).find("our domain     not asked") != std::string::npos);
    e.judged.findings.login = Absent{};
    CHECK(as_text(e).find("login          absent\n") != std::string::npos);
    e.judged.findings.login = Failed{"relayers.db: bad"};
    CHECK(as_text(e).find("login          failed: relayers.db: bad\n") != std::string::npos);
    CHECK(json::parse(as_json(e))["findings"]["login"]["why"] == "relayers.db: bad");
}

TEST_CASE("each row of the table has words of its own") {
    std::set<std::string_view> seen;
    for (int row = 1; row <= 10; ++row) CHECK(seen.insert(row_text(row)).second);
    CHECK_FALSE(seen.contains(row_text(11)));
}

TEST_CASE("the text begins with the verdict and has the row, the reply and the notes") {
    const auto text = as_text(refused());
    CHECK(text.starts_with("REFUSE  via none, reason login_expired\n  row            10: nothing permits it\n"));
    CHECK(text.find("  reply          550 5.7.1 Relaying denied.") != std::string::npos);
    CHECK(text.find("note: a note\n") != std::string::npos);
}

TEST_CASE("times are written as UTC") {
    CHECK(utc_text(std::chrono::sys_seconds{906502527s}) == "1998-09-22T22:15:27Z");
    CHECK(utc_text(std::chrono::sys_seconds{253402300799s}) == "9999-12-31T23:59:59Z");
}
