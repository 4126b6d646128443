#include "milter/log_value.h"

#include "tests/support/catch.h"

using relay::log_value;

TEST_CASE("ordinary words stay as they are") {
    CHECK(log_value("<a+b@c.example>") == "<a+b@c.example>");
    CHECK(log_value("").empty());
}

TEST_CASE("no byte of a value can end it, end the line or imitate another") {
    CHECK(log_value("a b") == "a\\x20b");
    CHECK(log_value("\"") == "\\x22");
    CHECK(log_value("\\x20") == "\\x5cx20");
    CHECK(log_value("x\r\nverdict=permit") == "x\\x0d\\x0averdict=permit");
    CHECK(log_value("caf\xc3\xa9\x7f") == "caf\\xc3\\xa9\\x7f");
    CHECK(log_value(std::string_view{"a\0b", 3}) == "a\\x00b");
}

TEST_CASE("every byte gives printable ASCII without a space") {
    for (int byte = 0; byte < 256; ++byte)
        for (const char c : log_value(std::string(1, static_cast<char>(byte)))) CHECK((c > ' ' && c <= '~'));
}

TEST_CASE("a long value is cut and says so") {
    CHECK(log_value("abcdef", 3) == "abc...");
    CHECK(log_value("abc", 3) == "abc");
}
