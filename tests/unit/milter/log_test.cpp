#include "milter/log.h"

#include <unistd.h>

#include <string>

#include "tests/support/catch.h"
#include "tests/unit/milter/logged.h"

namespace {

/// What `log_line` writes to standard error.
std::string logged(std::string_view text) {
    return relay::test::logged_by([text] { relay::log_line(relay::Severity::info, text); });
}

}  // namespace

TEST_CASE("a line on standard error has the program, its process and the text") {
    relay::open_log(relay::LogTarget::standard_error);
    CHECK(logged("hello") == "milter-relay[" + std::to_string(getpid()) + "]: hello\n");
}

TEST_CASE("the text is never a format") {
    relay::open_log(relay::LogTarget::standard_error);
    CHECK(logged("100% %s %n").ends_with(": 100% %s %n\n"));
}

TEST_CASE("a text of any length is one bounded line") {
    relay::open_log(relay::LogTarget::standard_error);
    const auto line = logged(std::string(100000, 'x'));
    CHECK(line.size() < 4100);
    CHECK(line.ends_with("x\n"));
}
