#include "policy/login_record.h"

#include "tests/support/catch.h"

using namespace relay;
using std::chrono::seconds;
using std::chrono::sys_seconds;

namespace {

sys_seconds at(std::int64_t s) { return sys_seconds{seconds{s}}; }

LoginRecord decoded(std::string_view data) {
    const auto record = decode_login_record(data, Layout::timestamp);
    INFO(data);
    REQUIRE(record);
    return *record;
}

LoginRecord timestamp(std::int64_t s, std::vector<Login> logins = {}) { return {Layout::timestamp, at(s), std::move(logins)}; }

}  // namespace

TEST_CASE("a timestamp is decimal seconds, with or without a trailing NUL") {
    CHECK(decoded("906502527") == timestamp(906502527));
    CHECK(decoded({"906502527\0", 10}) == timestamp(906502527));
    CHECK(decoded("0") == timestamp(0));
    CHECK(decoded("253402300799") == timestamp(kMaxSeconds));
    CHECK(decoded(" 906502527 ") == timestamp(906502527));  // As makemap keeps an admin's blanks.
}

TEST_CASE("a timestamp may be followed by logins, newest first") {
    CHECK(decoded("200 alice") == timestamp(200, {{at(200), "alice"}}));
    CHECK(decoded("200 alice 100 bob@b.example") == timestamp(200, {{at(200), "alice"}, {at(100), "bob@b.example"}}));
    CHECK(decoded("200\talice  100 bob") == timestamp(200, {{at(200), "alice"}, {at(100), "bob"}}));
    CHECK(decoded("200 j\xc3\xb6rg") == timestamp(200, {{at(200), "j\xc3\xb6rg"}}));
    CHECK(decoded("200 100 100 300") == timestamp(200, {{at(200), "100"}, {at(100), "300"}}));  // A name may be a number.
}

TEST_CASE("logins in another order are sorted, so that the newest counts") {
    CHECK(decoded("100 bob 200 alice") == timestamp(200, {{at(200), "alice"}, {at(100), "bob"}}));
}

TEST_CASE("a timestamp that is not understood is corrupt, never absent or a guess") {
    const std::string_view texts[] = {"", " ", {"\0", 1}, {"1\0\0", 3}, {"1\0" "2", 3}, "-1", "+1", "0x10", "1.5", "12a", "abc", "1\n", "1 a 2",
                                      "1 a b", "1 a 2 b 3", "253402300800", "99999999999999999999999", "1 a\x7f", "1 a\x01",
                                      "18446744073709551617", {"1 a\0b", 5}};
    for (const std::string_view text : texts) {
        INFO(text);
        CHECK_FALSE(decode_login_record(text, Layout::timestamp));
    }
}

TEST_CASE("sixteen logins are taken, seventeen are corrupt") {
    std::string data = "100 u";
    for (int i = 1; i < 16; ++i) data += " 100 u";
    CHECK(decoded(data).logins.size() == 16);
    CHECK_FALSE(decode_login_record(data + " 100 u", Layout::timestamp));
}

TEST_CASE("an expiry is seconds and nothing else") {
    CHECK(decode_login_record("906502527", Layout::expiry) == LoginRecord{Layout::expiry, at(906502527), {}});
    CHECK(decode_login_record({"906502527\0", 10}, Layout::expiry) == LoginRecord{Layout::expiry, at(906502527), {}});
    for (const char* text : {"", "906502527 alice", "soon", "-1", "253402300800"}) {
        INFO(text);
        CHECK_FALSE(decode_login_record(text, Layout::expiry));
    }
}

TEST_CASE("presence takes any bytes") {
    for (const std::string_view text : {std::string_view{}, std::string_view{"\0", 1}, std::string_view{"OK"}, std::string_view{"\xff\0x", 3}})
        CHECK(decode_login_record(text, Layout::presence) == LoginRecord{Layout::presence, {}, {}});
}

TEST_CASE("a layout that does not exist decodes nothing and is never fresh") {
    CHECK_FALSE(decode_login_record("1", static_cast<Layout>(9)));
    CHECK(freshness({static_cast<Layout>(9), at(100), {}}, at(100), seconds{10}) == Freshness::expired);
}

TEST_CASE("the bytes of a record are the seconds, and the logins with theirs") {
    CHECK(encode_login_record(timestamp(906502527)) == "906502527");
    CHECK(encode_login_record(timestamp(200, {{at(200), "alice"}, {at(100), "bob"}})) == "200 alice 100 bob");
    CHECK(encode_login_record(timestamp(-5)) == "0");
    CHECK(encode_login_record(timestamp(kMaxSeconds + 1)) == "253402300799");
}

TEST_CASE("a byte that would end its field, or is not printable ASCII, is written as \\xHH, and comes back") {
    CHECK(encode_login_record(timestamp(200, {{at(200), "a b\t\n"}, {at(100), "j\xc3\xb6rg"}}))
          == R"(200 a\x20b\x09\x0a 100 j\xc3\xb6rg)");
    CHECK(decoded(R"(200 a\x20b\x09\x0a 100 j\xc3\xb6rg)")
          == timestamp(200, {{at(200), "a b\t\n"}, {at(100), "j\xc3\xb6rg"}}));
    CHECK(encode_login_record(timestamp(200, {{at(200), R"(D\x20\u)"}})) == R"(200 D\x5cx20\x5cu)");
}

TEST_CASE("a backslash that older writers left stands for itself") {
    for (const char* name : {R"(D\user)", R"(D\xavier)", R"(D\)", R"(D\x)", R"(D\x4)", R"(D\xAB)"})
        CHECK(decoded(std::string{"200 "} + name) == timestamp(200, {{at(200), name}}));
}

TEST_CASE("a login without a name keeps its time, and takes nobody's name") {
    CHECK(encode_login_record(timestamp(200, {{at(200), ""}, {at(100), "bob"}})) == "200 - 100 bob");
    CHECK(decoded("200 - 100 bob") == timestamp(200, {{at(200), ""}, {at(100), "bob"}}));
    CHECK(encode_login_record(timestamp(200, {{at(200), "-"}})) == R"(200 \x2d)");
    CHECK(decoded(R"(200 \x2d)") == timestamp(200, {{at(200), "-"}}));
    CHECK(encode_login_record(timestamp(200, {{at(200), ""}})) == "200");
    CHECK(decoded("200 -") == timestamp(200));
    CHECK(encode_login_record(timestamp(200, {{at(100), "bob"}})) == "200");
}

TEST_CASE("a record is never longer than a page takes: the newest logins that fit") {
    const std::string longest(kMaxNameBytes, 'x');
    CHECK(encode_login_record(timestamp(200, {{at(200), longest + "y"}, {at(100), "bob"}})) == "200 - 100 bob");
    CHECK(encode_login_record(timestamp(200, {{at(200), longest}})) == "200 " + longest);
    std::vector<Login> logins;
    for (int i = 0; i < 16; ++i) logins.push_back({at(kMaxSeconds - i), longest.substr(2) + std::to_string(10 + i)});
    const std::string data = encode_login_record(timestamp(kMaxSeconds, logins));
    CHECK(data.size() <= kMaxRecordBytes);
    CHECK(decoded(data).logins == std::vector<Login>(logins.begin(), logins.begin() + 2));
}

TEST_CASE("merged, each name stands once at its newest time, newest first") {
    const LoginRecord record = timestamp(200, {{at(200), "alice"}, {at(100), "bob"}});
    CHECK(merged(record, timestamp(150, {{at(150), "bob"}})) == timestamp(200, {{at(200), "alice"}, {at(150), "bob"}}));
    CHECK(merged(record, timestamp(50, {{at(50), "alice"}})) == record);
    CHECK(merged(record, record) == record);
    CHECK(merged(timestamp(50, {{at(50), "carol"}}), record)
          == timestamp(200, {{at(200), "alice"}, {at(100), "bob"}, {at(50), "carol"}}));
}

TEST_CASE("merged, nobody's login keeps its time beside the names") {
    CHECK(merged(timestamp(100), timestamp(200)) == timestamp(200));
    CHECK(merged(timestamp(300), timestamp(200, {{at(200), "alice"}})) == timestamp(300, {{at(300), ""}, {at(200), "alice"}}));
    CHECK(merged(timestamp(200, {{at(200), "alice"}}), timestamp(100)) == timestamp(200, {{at(200), "alice"}, {at(100), ""}}));
}

TEST_CASE("no more than sixteen logins are written, the newest") {
    std::vector<Login> logins;
    for (int i = 0; i < 20; ++i) logins.push_back({at(100 - i), std::to_string(i) + "u"});
    const LoginRecord written = decoded(encode_login_record(timestamp(100, logins)));
    CHECK(written.logins == std::vector<Login>(logins.begin(), logins.begin() + 16));
}

TEST_CASE("a login is fresh up to the last second of its window") {
    const auto now = at(1'000'000);
    const seconds window{600};
    CHECK(freshness(timestamp(1'000'000 - 599), now, window) == Freshness::fresh);
    CHECK(freshness(timestamp(1'000'000 - 600), now, window) == Freshness::fresh);
    CHECK(freshness(timestamp(1'000'000 - 601), now, window) == Freshness::expired);
}

TEST_CASE("a login in the future, by one second, is a standing permission") {
    const auto now = at(1'000'000);
    CHECK(freshness(timestamp(999'999), now, seconds{600}) == Freshness::fresh);
    CHECK(freshness(timestamp(1'000'000), now, seconds{600}) == Freshness::fresh);
    CHECK(freshness(timestamp(1'000'001), now, seconds{600}) == Freshness::standing);
    CHECK(freshness(timestamp(kMaxSeconds), now, seconds{600}) == Freshness::standing);
}

TEST_CASE("an expiry ends at its second, whatever the window") {
    const LoginRecord record{Layout::expiry, at(1'000'000), {}};
    CHECK(freshness(record, at(999'999), seconds{1}) == Freshness::fresh);
    CHECK(freshness(record, at(1'000'000), seconds{600}) == Freshness::expired);
    CHECK(freshness(record, at(1'000'001), seconds{600}) == Freshness::expired);
}

TEST_CASE("presence is fresh at any time") {
    const LoginRecord record{Layout::presence, {}, {}};
    CHECK(freshness(record, at(0), seconds{1}) == Freshness::fresh);
    CHECK(freshness(record, at(kMaxSeconds), seconds{1}) == Freshness::fresh);
}

TEST_CASE("without a login a record is that of the others, newest first, or none") {
    const auto record = *decode_login_record("9 alice 8 bob 7 -", Layout::timestamp);
    CHECK(encode_login_record(*without_login(record, "alice")) == "8 bob 7 -");
    CHECK(encode_login_record(*without_login(*without_login(record, "alice"), "bob")) == "7");
    CHECK(without_login(record, "Alice") == record);
    CHECK_FALSE(without_login(*decode_login_record("9 alice", Layout::timestamp), "alice"));
    CHECK(names_login(record, "bob"));
    CHECK_FALSE(names_login(record, "alic"));
}

TEST_CASE("any name comes back from its word, and no other name has that word") {
    for (const std::string name : {"alice", "-", "\\x41", "\\", "a b\n\xff\"", "j\xc3\xb6rg"}) {
        CHECK(login_of_word(login_word(name)) == name);
        CHECK(login_word(name).find_first_of(" \t\n\xff") == std::string::npos);
    }
    CHECK(login_word("") == "-");
    CHECK(login_of_word("a b\xff") == "a b\xff");
}
