#include "milter/explain.h"

#include <sysexits.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/support/catch.h"
#include "tests/unit/milter/temporary_directory.h"

namespace {

using namespace relay;
using relay::test::TemporaryDirectory;

ExplainOptions stranger(const TemporaryDirectory& directory) {
    ExplainOptions options;
    options.config = {directory.write("c.toml", ""), false};
    options.database = directory.path("relayers.db");
    options.client = "192.0.2.1";
    options.to = "<a@b.example>";
    options.dest = "other";
    options.json = true;
    return options;
}

nlohmann::json explained(const ExplainOptions& options) {
    std::ostringstream out, errors;
    REQUIRE(explain(options, out, errors) == EX_OK);
    CHECK(errors.str().empty());
    return nlohmann::json::parse(out.str());
}

}  // namespace

TEST_CASE("a stranger is refused, and the login that was asked for was absent") {
    const TemporaryDirectory directory;
    const auto found = explained(stranger(directory));
    CHECK(found["action"] == "refuse");
    CHECK(found["row"] == 10);
    CHECK(found["findings"]["login"]["answer"] == "absent");
}

TEST_CASE("with AUTH the same client is permitted, and no database is asked") {
    const TemporaryDirectory directory;
    auto options = stranger(directory);
    options.auth = "alice";
    const auto found = explained(options);
    CHECK(found["via"] == "auth");
    CHECK(found["user"] == "alice");
    CHECK(found["findings"]["login"].is_null());
}

TEST_CASE("a database that cannot be read defers, and the finding says why") {
    const TemporaryDirectory directory;
    auto options = stranger(directory);
    options.database = "/nonexistent-directory/relayers.db";
    const auto found = explained(options);
    CHECK(found["action"] == "defer");
    CHECK(found["reply"]["code"] == 451);
    CHECK(found["findings"]["login"]["answer"] == "failed");
    CHECK_FALSE(found["why"].get<std::string>().empty());
}

TEST_CASE("the policy of the command line is the one that is judged by") {
    const TemporaryDirectory directory;
    auto options = stranger(directory);
    options.policy = "auth-only";
    CHECK(explained(options)["reason"] == "not_authenticated");
    options.policy = "pop-only";
    options.auth = "alice";
    CHECK(explained(options)["reason"] == "auth_not_used");
}

TEST_CASE("bad values and a bad configuration print nothing but their error") {
    const TemporaryDirectory directory;
    auto options = stranger(directory);
    options.client = "nobody";
    std::ostringstream out, errors;
    CHECK(explain(options, out, errors) == EX_DATAERR);
    options = stranger(directory);
    options.config.file = directory.write("bad.toml", "sokcet = 1\n");
    CHECK(explain(options, out, errors) == EX_CONFIG);
    CHECK(errors.str().find("sokcet") != std::string::npos);
    CHECK(out.str().empty());
}

TEST_CASE("earlier recipients and the realm count as in the daemon") {
    const TemporaryDirectory directory;
    auto options = stranger(directory);
    options.config = {directory.write("d.toml", "[domain.\"customers.example\"]\nmax_recipients = 2\n[domain.\"mx.example\"]\ndisabled = true\n"), false};
    options.auth = "dave%customers.example@mx.example";
    options.host = "mx.example";
    options.recipients_before = 1;
    CHECK(explained(options)["action"] == "permit");
    options.recipients_before = 2;
    CHECK(explained(options)["reason"] == "too_many_recipients");
    options.auth = "alice@mx.example";
    CHECK(explained(options)["action"] == "permit");
    options.host = "elsewhere.example";
    CHECK(explained(options)["reason"] == "domain_disabled");
}
