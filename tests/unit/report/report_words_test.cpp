#include "milter/report/report_words.h"

#include "milter/log_value.h"
#include "milter/report/text_table.h"
#include "tests/support/catch.h"

namespace relay::report {
namespace {

TEST_CASE("every byte that the daemon escapes comes back") {
    std::string all;
    for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
    CHECK(unescaped(log_value(all)) == all);
    CHECK(unescaped("\\x") == "\\x");
    CHECK(unescaped("\\xg0\\x4") == "\\xg0\\x4");
    CHECK(unescaped("a\\x41") == "aA");
}

TEST_CASE("nothing that a log line holds reaches the terminal as it is") {
    CHECK(printable("\\x1b[2J\x1b[2J\x9b") == "\\x1b[2J\\x1b[2J\\x9b");
}

TEST_CASE("columns are as wide as their widest cell, and lines have no blanks at their end") {
    CHECK(text_table({"a", "number"}, {{"long name", "1"}, {"x", "1,000"}}, {1}) ==
          "  a          number\n  long name       1\n  x           1,000\n");
    CHECK(text_table({"a", "b"}, {{"x", ""}}, {}) == "  a  b\n  x\n");
    CHECK(grouped(0) == "0");
    CHECK(grouped(999) == "999");
    CHECK(grouped(1000) == "1,000");
    CHECK(grouped(1234567) == "1,234,567");
}

}  // namespace
}  // namespace relay::report
