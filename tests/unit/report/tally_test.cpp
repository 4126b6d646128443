#include "milter/report/tally.h"

#include "tests/support/catch.h"

namespace relay::report {
namespace {

using namespace std::chrono;
using namespace std::chrono_literals;

constexpr sys_seconds kMonday = sys_days{2026y / 11 / 16};

struct Log {
    Tally tally;
    int last_id = 0;

    void add(const char* via, const char* user, sys_seconds at, const char* client = "198.51.100.7",
             std::string id = "") {
        if (id.empty()) id = "id" + std::to_string(++last_id);
        VerdictWords words;
        words.queue_id = id;
        words.verdict = std::string_view{via} == "none" ? "refuse" : "permit";
        words.via = via;
        words.reason = "x";
        words.client = client;
        words.user = user;
        tally.add(words, at);
    }
};

std::vector<std::string> cut_off(const Tally& tally) {
    std::vector<std::string> who;
    for (const auto& row : transition(tally).cut_off) who.push_back(row.who);
    return who;
}

TEST_CASE("who uses POP and has not used AUTH since would be cut off, and nobody else") {
    Log log;
    log.add("pop", "only-pop", kMonday);
    log.add("pop", "moved", kMonday);
    log.add("auth", "moved", kMonday + 1h);
    log.add("auth", "went-back", kMonday);
    log.add("pop", "went-back", kMonday + 1h);
    log.add("auth", "only-auth", kMonday);
    log.add("none", "refused", kMonday);
    CHECK(cut_off(log.tally) == std::vector<std::string>{"only-pop", "went-back"});
    CHECK(transition(log.tally).moved == 1);
    CHECK(transition(log.tally).cut_off[1].earlier_auth->last == kMonday);
}

TEST_CASE("the order in which files are read does not matter") {
    Log log;
    log.add("auth", "moved", kMonday + 1h);
    log.add("pop", "moved", kMonday);
    CHECK(cut_off(log.tally).empty());
}

TEST_CASE("a login without a name is its address, and a similar login is only a remark") {
    Log log;
    log.add("pop", "", kMonday, "198.51.100.9");
    log.add("pop", "alice", kMonday, "198.51.100.8");
    log.add("auth", "Alice@mx.example", kMonday + 1h, "203.0.113.1");
    log.add("auth", "bob", kMonday + 1h, "198.51.100.9");
    const auto rows = transition(log.tally).cut_off;
    REQUIRE(rows.size() == 2);
    CHECK(rows[0].who == "198.51.100.9");
    CHECK(rows[0].similar_auth == "bob");
    CHECK(rows[1].who == "alice");
    CHECK(rows[1].similar_auth == "Alice@mx.example");
}

TEST_CASE("recipients of one message are one message, also between those of another") {
    Log log;
    for (const char* id : {"A", "A", "B", "A", "B", "NOQUEUE", "NOQUEUE"})
        log.add("pop", "alice", kMonday, "198.51.100.7", id);
    const auto& seen = *log.tally.pop.rows.find("alice");
    CHECK(seen.recipients == 7);
    CHECK(seen.messages == 4);
}

TEST_CASE("of many addresses the last ones are kept") {
    Log log;
    for (int i = 1; i <= 12; ++i)
        log.add("pop", "alice", kMonday + minutes{i}, ("198.51.100." + std::to_string(i)).c_str());
    log.add("pop", "alice", kMonday + 1h, "198.51.100.6");
    const auto& seen = *log.tally.pop.rows.find("alice");
    CHECK(seen.addresses.size() == Sightings::kMostAddresses);
    CHECK(seen.addresses[0].first == "198.51.100.6");
    CHECK(seen.addresses[1].first == "198.51.100.12");
    CHECK(seen.more_addresses);
}

TEST_CASE("who relayed is never left out because strangers filled the table") {
    Log log;
    for (int i = 0; i < 60'000; ++i) log.add("none", "", kMonday, ("2001:db8::" + std::to_string(i)).c_str());
    log.add("pop", "alice", kMonday);
    CHECK(cut_off(log.tally) == std::vector<std::string>{"alice"});
    CHECK(log.tally.refused.rows.size() == 50'000);
    CHECK(log.tally.refused.left_out == 10'000);
    CHECK(log.tally.recipients[static_cast<std::size_t>(Class::refused)] == 60'000);
}

TEST_CASE("a week begins on Monday") {
    Log log;
    for (const auto at : {kMonday - 1s, kMonday, kMonday + days{7} - 1s, kMonday + days{7}})
        log.add("auth", "alice", at);
    REQUIRE(log.tally.weeks.size() == 3);
    CHECK(log.tally.weeks.at(floor<days>(kMonday)).recipients[0] == 2);
}

TEST_CASE("a local destination is not relaying, and monitor mode stands by itself") {
    Tally tally;
    VerdictWords words;
    words.queue_id = "A";
    words.verdict = "permit";
    words.via = "local";
    words.reason = "destination_ours";
    tally.add(words, kMonday);
    words.via = "monitor";
    words.reason = "no_login";
    tally.add(words, kMonday);
    words.verdict = "defer";
    tally.add(words, kMonday);
    CHECK(tally.recipients == std::array<std::uint64_t, kClasses>{0, 0, 0, 1, 1, 0, 1});
}

}  // namespace
}  // namespace relay::report
