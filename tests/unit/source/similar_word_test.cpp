#include "policy/source/files/similar_word.h"

#include "tests/support/catch.h"

using namespace relay;

TEST_CASE("the similar word is the nearest, and none when all are far") {
    const std::vector<std::string_view> known = {"socket", "pop.window", "auth.min_ssf"};
    CHECK(similar_word("scoket", known) == "socket");
    CHECK(similar_word("window", known) == "pop.window");
    CHECK(similar_word("pop.min_ssf", known) == "auth.min_ssf");
    CHECK(similar_word("colour", known).empty());
    CHECK(similar_word(std::string(100'000, 's'), known).empty());
    CHECK(similar_word("", known).empty());
}

TEST_CASE("letters that changed places are one slip, so that short words are found, and case is none") {
    const std::vector<std::string_view> known = {"run", "add", "list", "dump", "wire", "status"};
    CHECK(similar_word("rnu", known) == "run");
    CHECK(similar_word("dad", known) == "add");
    CHECK(similar_word("statsu", known) == "status");
    CHECK(similar_word("STATUS", known) == "status");
    CHECK(similar_word("lsit", known) == "list");
    CHECK(similar_word("x", {"y", "z"}).empty());
}

TEST_CASE("the question follows a message, or is not asked") {
    CHECK(did_you_mean("stauts", {"status", "run"}) == "; did you mean \"status\"?");
    CHECK(did_you_mean("colour", {"status", "run"}).empty());
}
