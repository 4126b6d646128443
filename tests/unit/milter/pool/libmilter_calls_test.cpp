#include "milter/pool/libmilter_calls.h"

#include "milter/log.h"
#include "tests/support/catch.h"
#include "tests/unit/milter/logged.h"

TEST_CASE("a libmilter that serves by threads of its own is told of once") {
    relay::open_log(relay::LogTarget::standard_error);
    const std::string first = relay::test::logged_by(relay::tell_whose_threads_serve);  // This thread is none of the pool's.
    CHECK(first.find("serves sessions by threads of its own") != first.npos);
    CHECK(relay::test::logged_by(relay::tell_whose_threads_serve).empty());
}
