#include "milter/sendmail/m4_text.h"

#include "tests/support/catch.h"

namespace {

using relay::read_m4;
using Words = std::vector<std::string>;

Words names(std::string_view text) {
    Words found;
    for (const auto& call : read_m4(text).calls) found.push_back(call.name);
    return found;
}

TEST_CASE("quotes, comments and dnl hide what is in them") {
    CHECK(names("dnl FEATURE(`a')\nOSTYPE(`x')dnl MAILER(`b')\n") == Words{"OSTYPE"});
    CHECK(names("# FEATURE(`a')\n`FEATURE(`a')' MAILER(`b') # MAILER(`c')\n") == Words{"MAILER"});
    CHECK(names("dnlx dnl x\n9x _y\n") == Words{"dnlx", "_y"});
}

TEST_CASE("a call in the arguments of another is none of its own") {
    CHECK(names("ifdef(`x', FEATURE(`a'), `MAILER(`b')')OSTYPE(y)") == Words{"ifdef", "OSTYPE"});
}

TEST_CASE("arguments lose their blanks and one pair of quotes") {
    const auto m4 = read_m4("FEATURE(`a, b' , `', ``c'',(d,e), f)");
    REQUIRE(m4.calls.size() == 1);
    CHECK(m4.calls[0].arguments == Words{"a, b", "", "`c'", "(d,e)", "f"});
}

TEST_CASE("arguments may go over lines, with dnl between") {
    const auto m4 = read_m4("\ndefine(`confPRIVACY_FLAGS',dnl ) not here\n`a,b')dnl\nMAILER(`local')\n");
    REQUIRE(m4.calls.size() == 2);
    CHECK(m4.calls[0].line == 2);
    CHECK(m4.calls[1].line == 4);
    CHECK(m4.calls[0].closed);
}

TEST_CASE("what is never closed is seen") {
    CHECK_FALSE(read_m4("FEATURE(`a'\n").calls.at(0).closed);
    CHECK(read_m4("`abc\n").ends_in_quotes);
    CHECK_FALSE(read_m4("don't\n").ends_in_quotes);
}

}  // namespace
