#include "policy/short_text.h"

#include "tests/support/catch.h"

using namespace relay;

TEST_CASE("a short text is what it was given, at every length around the longest in place") {
    for (const std::size_t size : {0U, 1U, 62U, 63U, 64U, 500U}) {
        const std::string given(size, 'x');
        const ShortText text{given};
        CHECK(std::string_view{text} == given);
        CHECK(text.empty() == given.empty());
    }
}

TEST_CASE("a short text has any bytes") {
    const std::string_view hostile{"\0\xff\n", 3};
    CHECK(std::string_view{ShortText{hostile}} == hostile);
}

TEST_CASE("a short text may be given another, shorter or longer, and copies are their own") {
    ShortText text{"alice"};
    const ShortText copy = text;
    text = std::string(100, 'b');
    CHECK(text == ShortText{std::string(100, 'b')});
    text = "carol";
    CHECK(text == ShortText{"carol"});
    CHECK(copy == ShortText{"alice"});
    CHECK_FALSE(copy == text);
}
