#include "policy/source/shared/limit_keys.h"

#include "tests/support/catch.h"

using namespace relay;

TEST_CASE("a key that is not too long stands as it is, whatever its bytes") {
    CHECK(limit_keys::bounded("alice@example.org") == "alice@example.org");
    const std::string bytes("\0\xff\r\n *", 6);
    CHECK(limit_keys::bounded(bytes) == bytes);
    CHECK(limit_keys::bounded(std::string(128, 'x')) == std::string(128, 'x'));
}

TEST_CASE("long keys are bounded, and two stay two") {
    const std::string one = limit_keys::bounded(std::string(100'000, 'x') + '1');
    const std::string two = limit_keys::bounded(std::string(100'000, 'x') + '2');
    CHECK(one.size() == 145);
    CHECK(one != two);
    CHECK(one == limit_keys::bounded(std::string(100'000, 'x') + '1'));
    CHECK(one.starts_with(std::string(128, 'x') + '#'));
}

TEST_CASE("no name of a limit and no key of it look like another's") {
    CHECK(limit_keys::of_limit("hourly") == "milter-relay:limit:hourly:");
    CHECK(limit_keys::of_limit("a:b") + "c" != limit_keys::of_limit("a") + "b:c");
    CHECK(limit_keys::of_limit("a:b") != limit_keys::of_limit("a%3Ab"));
}
