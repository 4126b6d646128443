#include "vsmtprelay/print.h"

#include <vector>
#include "tests/support/catch.h"

using namespace relay;
using namespace std::string_literals;

namespace {

RelayersEntry entry(const std::string& key, const std::string& data) {
    return {key, data};
}

std::string entries_text(const std::vector<RelayersEntry>& entries) {
    SeveralKeys several;
    for (const RelayersEntry& each : entries) several.note_key(each.key);
    for (const RelayersEntry& each : entries) several.note_entry(each);
    std::string text;
    for (const RelayersEntry& each : entries) text += entry_text(each, several);
    return text;
}

}  // namespace

TEST_CASE("an entry is printed as the manual shows it") {
    CHECK(entry_text(entry("10.11.12.13", "906502527")) == "# timestamp (UTC): Tue Sep 22 22:15:27 1998\n10.11.12.13 906502527\n");
    CHECK(entry_text(entry("2001:db8::1\0"s, "5 alice 4 bob\0"s)) == "# timestamp (UTC): Thu Jan  1 00:00:05 1970\n2001:db8::1 5 alice 4 bob\n");
    CHECK(utc_text(std::chrono::sys_seconds{std::chrono::seconds{253402300799}}) == "Fri Dec 31 23:59:59 9999");
}

TEST_CASE("what cannot be read is a comment without a byte that a terminal could obey") {
    CHECK(entry_text(entry("10.0.0.1", "soon\x1b[2J\n")) == "# cannot be read: 10.0.0.1 soon\\x1b[2J\\x0a\n");
    CHECK(entry_text(entry("no address", "5")) == "# cannot be read: no address 5\n");
}

TEST_CASE("a login that is not printable ASCII is printed as records hold it") {
    CHECK(entry_text(entry("10.0.0.1", "5 j\xc3\xb6rg"))
          == "# timestamp (UTC): Thu Jan  1 00:00:05 1970\n10.0.0.1 5 j\\xc3\\xb6rg\n");
}

TEST_CASE("of several spellings of an address only the newest is more than a comment") {
    const auto text = entries_text({entry("10.0.0.1", "5"), entry("10.0.0.1\0"s, "7"), entry("::ffff:10.0.0.1", "6"), entry("10.0.0.2", "1")});
    CHECK(text == "# older, of the same address: 10.0.0.1 5\n"
                  "# timestamp (UTC): Thu Jan  1 00:00:07 1970\n10.0.0.1 7\n"
                  "# older, of the same address: ::ffff:10.0.0.1 6\n"
                  "# timestamp (UTC): Thu Jan  1 00:00:01 1970\n10.0.0.2 1\n");
}
