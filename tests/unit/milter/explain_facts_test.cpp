#include "milter/explain_facts.h"

#include "tests/support/catch.h"

namespace {

using namespace relay;
using namespace std::chrono_literals;

ExplainOptions stranger() {
    ExplainOptions options;
    options.client = "192.0.2.1";
    options.to = "<a@b.example>";
    return options;
}

std::string fault_of(const ExplainOptions& options) {
    try {
        facts_of(options);
    } catch (const BadOption& fault) {
        return fault.what();
    }
    return "";
}

}  // namespace

TEST_CASE("seconds and UTC texts are the same time") {
    CHECK(parse_time("0") == std::chrono::sys_seconds{});
    CHECK(parse_time("906502527") == parse_time("1998-09-22T22:15:27Z"));
    CHECK(parse_time("2000-02-29T00:00:00") == std::chrono::sys_days{std::chrono::year{2000} / 2 / 29});
}

TEST_CASE("a time that does not exist is refused") {
    for (const char* bad : {"", "-1", "now", "2001-02-29T00:00:00Z", "2000-01-01T24:00:00Z", "2000-01-01T00:00:00+01",
                            "2000-01-01", "1969-12-31T23:59:59Z", "99999999999999", "1 ", "2000-1-1T0:0:0Z",
                            "2000-01- 1T00:00:00Z", "2000-01-01T00:00:00ZZ"}) {
        INFO(bad);
        CHECK_THROWS_AS(parse_time(bad), BadOption);
    }
}

TEST_CASE("a client that is no address is refused, with its bytes escaped") {
    auto options = stranger();
    options.client = "192.0.2.1\n";
    CHECK(fault_of(options) == "--client \"192.0.2.1\\x0a\": give an IPv4 or IPv6 address, or \"local\"");
}

TEST_CASE("words that sendmail would not send are refused") {
    auto options = stranger();
    options.dest = "mine";
    CHECK(fault_of(options).starts_with("--dest \"mine\": "));
    options = stranger();
    options.relay_client = "yes";
    CHECK(fault_of(options).starts_with("--relay-client \"yes\": "));
    options = stranger();
    options.policy = "none";
    CHECK(fault_of(options).starts_with("--policy \"none\": "));
    options = stranger();
    options.tls = "1.3";
    CHECK(fault_of(options).starts_with("--tls \"1.3\": "));
    options.tls = "TLSv1.3:lots";
    CHECK(fault_of(options).starts_with("--tls \"TLSv1.3:lots\": "));
    options = stranger();
    options.auth = "alice";
    options.ssf = "-1";
    CHECK(fault_of(options).starts_with("--ssf \"-1\": "));
}

TEST_CASE("a mechanism or a strength without a login is refused") {
    auto options = stranger();
    options.mechanism = "PLAIN";
    CHECK_FALSE(fault_of(options).empty());
    options = stranger();
    options.ssf = "128";
    CHECK_FALSE(fault_of(options).empty());
}

TEST_CASE("a login is by PLAIN unless said otherwise, and a note says so") {
    auto options = stranger();
    options.auth = "alice";
    auto facts = facts_of(options);
    CHECK(facts.macros["{auth_type}"] == "PLAIN");
    CHECK(facts.notes.front().find("PLAIN is assumed") != std::string::npos);
    options.mechanism = "CRAM-MD5";
    CHECK(facts_of(options).macros["{auth_type}"] == "CRAM-MD5");
}

TEST_CASE("TLS has 256 bits unless said otherwise") {
    auto options = stranger();
    options.tls = "TLSv1.3";
    CHECK(facts_of(options).macros["{cipher_bits}"] == "256");
    options.tls = "TLSv1.2:128";
    CHECK(facts_of(options).macros["{tls_version}"] == "TLSv1.2");
    CHECK(facts_of(options).macros["{cipher_bits}"] == "128");
}

TEST_CASE("without sendmail's words it is plain wiring, and a note says so") {
    const auto facts = facts_of(stranger());
    CHECK_FALSE(facts.macros.contains("{relay_dest}"));
    CHECK_FALSE(facts.macros.contains("{relay_client}"));
    REQUIRE(facts.notes.size() == 1);
    CHECK(facts.notes.front().find("plain wiring") != std::string::npos);
}

TEST_CASE("one of sendmail's words brings the other, as sendmail would say it, and a note") {
    auto options = stranger();
    options.dest = "other";
    CHECK(facts_of(options).macros["{relay_client}"] == "unknown");
    options.auth = "alice";
    CHECK(facts_of(options).macros["{relay_client}"] == "auth");
    options = stranger();
    options.relay_client = "trusted";
    CHECK(facts_of(options).macros["{relay_dest}"] == "other");
    CHECK(facts_of(options).notes.size() == 1);
}

TEST_CASE("local is a local submission") {
    auto options = stranger();
    options.client = "local";
    CHECK(facts_of(options).client.local_submission);
    for (const char* as_sendmail_says : {"", "0"}) {
        options.client = as_sendmail_says;
        CHECK(facts_of(options).client.local_submission);
    }
    CHECK_FALSE(facts_of(options).client.address);
}

TEST_CASE("this host's name takes the realm off a login, and a note says so where it was assumed") {
    auto options = stranger();
    options.auth = "alice@mx.example";
    CHECK(facts_of(options, "mx.example").macros["j"] == "mx.example");
    CHECK(facts_of(options, "mx.example").notes.front() == "--host is not given; \"mx.example\" is assumed");
    CHECK_FALSE(facts_of(options).macros.contains("j"));
    CHECK(facts_of(options).notes.front().find("no realm") != std::string::npos);
    options.host = "other.example";
    CHECK(facts_of(options, "mx.example").macros["j"] == "other.example");
    CHECK(facts_of(options, "mx.example").notes.front().find("--host") == std::string::npos);
}
