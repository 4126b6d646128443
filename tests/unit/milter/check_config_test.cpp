#include <sysexits.h>

#include <sstream>

#include "milter/commands.h"
#include "tests/support/catch.h"
#include "tests/unit/milter/temporary_directory.h"

namespace {

using namespace relay;
using relay::test::TemporaryDirectory;

struct Result {
    int exit_code;
    std::string out, errors;
};

Result check(const ConfigChoice& config) {
    std::ostringstream out, errors;
    const int exit_code = check_config(config, out, errors);
    return {exit_code, out.str(), errors.str()};
}

}  // namespace

TEST_CASE("a good configuration is ok, with every setting in force") {
    const TemporaryDirectory directory;
    const auto file = directory.write("c.toml", "policy = \"pop-only\"\n");
    const auto result = check({file, false});
    CHECK(result.exit_code == EX_OK);
    CHECK(result.out.starts_with(file + ": ok\n"));
    CHECK(result.out.find("\npolicy = \"pop-only\"\n") != std::string::npos);
    for (const char* section : {"[pop]", "[account]", "[sender]", "# no [[limit]]", "# no [guard]", "[alert]", "[reply]"})
        CHECK(result.out.find(section) != std::string::npos);
    CHECK(result.errors.empty());
}

TEST_CASE("every error is printed, and nothing is ok") {
    const TemporaryDirectory directory;
    const auto result =
        check({directory.write("c.toml", "policy = \"none\"\nmode = 7\nsocket = \"relative\"\n"), false});
    CHECK(result.exit_code == EX_CONFIG);
    for (const char* key : {"policy", "mode", "socket"}) CHECK(result.errors.find(key) != std::string::npos);
    CHECK(result.out.empty());
}

TEST_CASE("a missing default file means the defaults, a missing named one is an error") {
    const TemporaryDirectory directory;
    CHECK(check({directory.path("none"), true}).out.find("not there; these are the defaults") != std::string::npos);
    CHECK(check({directory.path("none"), false}).exit_code == EX_CONFIG);
}
