#include "vsmtprelay/feed/login_format.h"

#include "tests/support/catch.h"

using namespace relay;

namespace {

std::string fault_of(MessageKind kind, const std::string& pattern) {
    try {
        MessageFormat{kind, pattern};
        return "";
    } catch (const std::invalid_argument& wrong) {
        return wrong.what();
    }
}

}  // namespace

TEST_CASE("a pattern matches the whole message or nothing") {
    const MessageFormat format{MessageKind::login, "login {login} from {client}"};
    REQUIRE(format.read("login alice from 198.51.100.7"));
    CHECK(format.read("login alice from 198.51.100.7")->client == Address::parse("198.51.100.7"));
    CHECK(format.read("login alice from 198.51.100.7")->login == "alice");
    for (const char* message :
         {"login alice from 198.51.100.7 ", " login alice from 198.51.100.7", "login alice from 198.51.100.7\n",
          "x\nlogin alice from 198.51.100.7", "login alice from 198.51.100.7\nx", "login alice from 198.51.100.256",
          "login alice from 2001:db8", "login  from 198.51.100.7", "login alice from ", ""})
        CHECK_FALSE(format.read(message));
}

TEST_CASE("a login holds nothing that could end its field") {
    const MessageFormat format{MessageKind::login, "user=<{login}>, ip=[[]{client}[]]"};
    for (const char* login : {"a b", "a>b", "a<b", "a,b", "a(b", "a)b", "a[b", "a]b", "a\"b", "a\tb", "a\x7f"})
        CHECK_FALSE(format.read("user=<" + std::string{login} + ">, ip=[198.51.100.7]"));
    for (const char* login : {"alice@example.org", "DOMAIN\\alice", "o'brien", "a=b", "\xc3\xa4", "a*b", "%s"})
        CHECK(format.read("user=<" + std::string{login} + ">, ip=[198.51.100.7]"));
}

TEST_CASE("an IPv4-mapped client is its IPv4 address") {
    const MessageFormat format{MessageKind::connect, "from {client}"};
    CHECK(format.read("from ::ffff:198.51.100.7")->client == Address::parse("198.51.100.7"));
    CHECK(format.read("from 2001:DB8:0:7:0:0:0:7")->client->text() == "2001:db8:0:7::7");
}

TEST_CASE("the pattern of a login cannot be one that swallows what a peer wrote") {
    for (const char* pattern : {"{login} .* {client}", "{login} {text} {client}", "{login} \\S+ {client}",
                                "{login} {client}.", "{login}[^\\D]+{client}"})
        CHECK(fault_of(MessageKind::login, pattern).find("any text") != std::string::npos);
    CHECK(fault_of(MessageKind::connect, "{client}.*").find("any text") != std::string::npos);
    CHECK(fault_of(MessageKind::login, "{login} [.] \\. [a.-]{1,5} {client}").empty());
    CHECK(fault_of(MessageKind::other, ".*").empty());
}

TEST_CASE("a pattern that cannot work is refused") {
    CHECK(fault_of(MessageKind::login, "{login").empty() == false);
    CHECK(fault_of(MessageKind::login, "({login}) {client}").find("(?:") != std::string::npos);
    CHECK(fault_of(MessageKind::login, "{client}").find("{login}") != std::string::npos);
    CHECK(fault_of(MessageKind::connect, "{login}").find("{client}") != std::string::npos);
    CHECK_FALSE(fault_of(MessageKind::login, "{login} {login} {client}").empty());
    CHECK_FALSE(fault_of(MessageKind::other, "(").empty());
}

TEST_CASE("a message that two patterns read, one of them as a login, is neither") {
    LoginFormat format;
    format.messages.emplace_back(MessageKind::login, "login {login} {client}");
    format.messages.emplace_back(MessageKind::other, "login anonymous {text}");
    format.messages.emplace_back(MessageKind::end, "bye{text}");
    format.messages.emplace_back(MessageKind::other, "bye{text}");
    CHECK(format.read("login alice 198.51.100.7")->kind == MessageKind::login);
    CHECK_FALSE(format.read("login anonymous 198.51.100.7"));
    CHECK(format.read("bye")->kind == MessageKind::end);
    CHECK_FALSE(format.read("hello"));
}

TEST_CASE("a message of more than 8 KiB is not read") {
    const MessageFormat format{MessageKind::other, "{text}"};
    CHECK(format.read(std::string(8192, 'a')));
    CHECK_FALSE(format.read(std::string(8193, 'a')));
}
