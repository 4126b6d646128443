#include "vsmtprelay/feed/journal_line.h"

#include <fmt/format.h>

#include "tests/support/catch.h"

using namespace relay;
using namespace std::chrono_literals;

namespace {

constexpr std::chrono::sys_seconds kNow{1'795'000'000s};

std::string entry(const std::string& fields) {
    return R"({"__CURSOR":"s=1","__REALTIME_TIMESTAMP":"1794999999123456",)" + fields + "}";
}

const std::string kDovecot =
    R"("SYSLOG_IDENTIFIER":"dovecot","_UID":"0","_COMM":"log","_PID":"5","_SYSTEMD_UNIT":"dovecot.service")";

}  // namespace

TEST_CASE("an entry is taken with what the kernel says of its writer") {
    const auto found = parse_journal_line(entry(kDovecot + R"(,"MESSAGE":"hello","SYSLOG_PID":"6")"), kNow);
    REQUIRE(found);
    REQUIRE(found->line);
    CHECK(found->cursor == "s=1");
    CHECK(found->line->at == kNow - 1s);
    CHECK(found->line->program == "dovecot");
    CHECK(found->line->process == "5");
    CHECK(found->line->message == "hello");
    CHECK(found->line->bare.empty());
    REQUIRE(found->line->origin);
    CHECK(found->line->origin->root);
    CHECK(found->line->origin->command == "log");
    CHECK(found->line->origin->unit == "dovecot.service");
    CHECK_FALSE(parse_journal_line(entry(R"("_UID":"00","MESSAGE":"a","SYSLOG_IDENTIFIER":"b")"), kNow)->line->origin->root);
    CHECK_FALSE(parse_journal_line(entry(R"("MESSAGE":"a","SYSLOG_IDENTIFIER":"b")"), kNow)->line->origin->root);
}

TEST_CASE("a message of bytes is those bytes") {
    CHECK(parse_journal_line(entry(kDovecot + R"(,"MESSAGE":[104,255,0])"), kNow)->line->message == std::string("h\xff\0", 3));
}

TEST_CASE("an entry without a clear message and identifier moves the cursor, and is no line") {
    for (const char* fields : {R"("SYSLOG_IDENTIFIER":"a")", R"("MESSAGE":"a")", R"("MESSAGE":null,"SYSLOG_IDENTIFIER":"a")",
                               R"("MESSAGE":["a","b"],"SYSLOG_IDENTIFIER":"a")", R"("MESSAGE":"a","SYSLOG_IDENTIFIER":["a","b"])",
                               R"("MESSAGE":[256],"SYSLOG_IDENTIFIER":"a")", R"("MESSAGE":[-1],"SYSLOG_IDENTIFIER":"a")"}) {
        const auto found = parse_journal_line(entry(fields), kNow);
        CAPTURE(fields);
        REQUIRE(found);
        CHECK_FALSE(found->line);
    }
    CHECK_FALSE(parse_journal_line(R"({"__CURSOR":"s","__REALTIME_TIMESTAMP":"x","MESSAGE":"a","SYSLOG_IDENTIFIER":"b"})", kNow)->line);
}

TEST_CASE("what is no entry is none") {
    for (const char* text : {"", "{", "[]", "5", "{}", "-- No entries --", "{\"__CURSOR\":5}"})
        CHECK_FALSE(parse_journal_line(text, kNow));
}

TEST_CASE("an entry from the future is of now") {
    const auto found = parse_journal_line(
        R"({"__CURSOR":"s","__REALTIME_TIMESTAMP":"1799999999123456","MESSAGE":"a","SYSLOG_IDENTIFIER":"b"})", kNow);
    CHECK(found->line->at == kNow);
}
