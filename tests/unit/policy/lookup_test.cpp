#include "policy/lookup.h"

#include "tests/support/catch.h"

using Number = relay::Lookup<int>;

TEST_CASE("an answer is found, absent or failed, and only one of them") {
    const Number found{7};
    const Number absent{relay::Absent{}};
    const Number failed{relay::Failed{"read: Input/output error"}};
    CHECK((found.found() && !found.absent() && !found.failed()));
    CHECK((!absent.found() && absent.absent() && !absent.failed()));
    CHECK((!failed.found() && !failed.absent() && failed.failed()));
    CHECK(found.value() == 7);
    CHECK(failed.why() == "read: Input/output error");
}

TEST_CASE("a value is not made up where there is none") {
    CHECK_THROWS_AS(Number{relay::Absent{}}.value(), std::bad_variant_access);
    CHECK_THROWS_AS(Number{relay::Failed{"x"}}.value(), std::bad_variant_access);
    CHECK_THROWS_AS(Number{7}.why(), std::bad_variant_access);
}
