#include <nlohmann/json.hpp>

#include "milter/report/report.h"
#include "tests/support/catch.h"

namespace relay::report {
namespace {

constexpr std::chrono::sys_seconds kAt{std::chrono::seconds{1'795'330'607}};

Tally tally_of(const char* via, const char* user) {
    Tally tally;
    VerdictWords words;
    words.queue_id = "A";
    words.verdict = via[0] == 'n' ? "refuse" : "permit";
    words.via = via;
    words.reason = "no_login";
    words.client = "198.51.100.7";
    words.user = user;
    tally.add(words, kAt);
    return tally;
}

TEST_CASE("JSON holds the bytes of a login, and stays JSON where they are no UTF-8") {
    const auto json = [](const char* user) { return nlohmann::json::parse(json_of(tally_of("pop", user), {})); };
    CHECK(json("a\\x20\\x22b")["cut_off"]["rows"][0]["login"] == "a \"b");
    CHECK(json("\\xff")["pop"]["rows"][0]["login"] == "\xef\xbf\xbd");
    CHECK(json("alice")["recipients"]["pop"] == 1);
    CHECK(json("alice")["last"] == "2026-11-22T06:56:47Z");
}

TEST_CASE("a spreadsheet takes no login for a formula, and a quote ends no cell") {
    CHECK(csv_of(tally_of("none", "=1+1"))
              .ends_with(
                  "refused,\"'=1+1\",\"198.51.100.7\",\"no_login\",1,1,2026-11-22T06:56:47Z,2026-11-22T06:56:47Z\r\n"));
    CHECK(csv_of(tally_of("none", "a\\x22,b")).find("refused,\"a\"\",b\",") != std::string::npos);
}

TEST_CASE("the text shows no more rows than asked for, and says how many there are") {
    Tally tally;
    for (const std::string user : {"a", "b", "c"}) {
        VerdictWords words;
        words.queue_id = "A";
        words.verdict = "permit";
        words.via = "pop";
        words.user = user;
        tally.add(words, kAt);
    }
    CHECK(text_of(tally, {}, 2).find("  ... and 1 more (--top 0 shows all)\n") != std::string::npos);
    CHECK(text_of(tally, {}, 3).find("more (") == std::string::npos);
    CHECK(text_of(tally, {}, 0).find("more (") == std::string::npos);
}

TEST_CASE("an empty log is a report too") {
    CHECK(text_of({}, {}, 20).find("0 verdicts") == 0);
    CHECK(text_of({}, {}, 20).find("is it the right log?") != std::string::npos);
    CHECK(text_of(tally_of("pop", "alice"), {}, 20).find("right log") == std::string::npos);
    CHECK(nlohmann::json::parse(json_of({}, {}))["first"].is_null());
}

}  // namespace
}  // namespace relay::report
