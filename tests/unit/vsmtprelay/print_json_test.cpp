#include "vsmtprelay/print_json.h"

#include "tests/support/catch.h"

using namespace relay;
using namespace std::string_literals;

TEST_CASE("an entry is one line of JSON with its logins") {
    CHECK(entry_json({"10.0.0.1", "906502527 alice 5 -"})
          == R"({"client":"10.0.0.1","timestamp":906502527,"time":"1998-09-22T22:15:27Z","logins":[)"
             R"({"timestamp":906502527,"time":"1998-09-22T22:15:27Z","login":"alice"},)"
             R"({"timestamp":5,"time":"1970-01-01T00:00:05Z","login":null}]})"
             "\n");
}

TEST_CASE("another spelling of an address shows its key") {
    CHECK(entry_json({"::ffff:10.0.0.1\0"s, "5"})
          == R"({"client":"10.0.0.1","key":"::ffff:10.0.0.1\\x00","timestamp":5,"time":"1970-01-01T00:00:05Z","logins":[]})"
             "\n");
}

TEST_CASE("no byte of a name, a key or data leaves its string") {
    const RelayersEntry entry{"10.0.0.1", "5 a\"\\x22,\\x0a\\xff\\x5c\xc3\xb6"};
    CHECK(login_json(entry, entry.record->logins.at(0))
          == R"({"client":"10.0.0.1","timestamp":5,"time":"1970-01-01T00:00:05Z","login":"a\"\",\\x0a\\xff\\x5c\\xc3\\xb6"})"
             "\n");
    CHECK(entry_json({"x\"\n\xff", "\"\0"s}) == R"({"unreadable":true,"key":"x\"\\x0a\\xff","data":"\"\\x00"})" "\n");
}
