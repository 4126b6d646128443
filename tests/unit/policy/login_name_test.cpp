#include "policy/login_name.h"

#include "tests/support/catch.h"

using namespace relay;
using Words = std::vector<std::string>;

TEST_CASE("a login's domain is what follows @ or %, the one that the user typed first") {
    CHECK(login_domains("alice").empty());
    CHECK(login_domains("").empty());
    CHECK(login_domains("dave@C.Example") == Words{"c.example"});
    CHECK(login_domains("dave%C.Example") == Words{"c.example"});
    CHECK(login_domains("dave%c.example@mx.example") == Words{"c.example", "mx.example"});
    CHECK(login_domains("dave@") == Words{});
    CHECK(login_domains("a@b@c") == Words{"c"});
}

TEST_CASE("a login with % is spelled with @ as well, and case is ignored unless it counts") {
    CHECK(login_spellings("Alice") == Words{"alice"});
    CHECK(login_spellings("Dave@C.Example") == Words{"dave@c.example"});
    CHECK(login_spellings("Dave%C.Example") == Words{"dave%c.example", "dave@c.example"});
    CHECK(login_spellings("dave%c.example@mx.example") == Words{"dave%c.example@mx.example", "dave@c.example"});
    CHECK(login_spellings("Dave@C.Example", LetterCase::counts) == Words{"Dave@c.example"});
    CHECK(login_spellings("Dave", LetterCase::counts) == Words{"Dave"});
}

TEST_CASE("an account has one key in whatever spelling, and no other has it") {
    for (const char* dave : {"dave@c.example", "Dave%C.Example", "dave%c.example@mx.example"}) CHECK(login_key(dave) == "dave@c.example");
    CHECK(login_key("Alice") == "alice");
    CHECK(login_key("").empty());
    for (const char* odd : {"%", "@", "@@", "%@%@", "alice@", "alice%", " alice"}) CHECK(login_key(odd) == odd);
    for (const char* key : {"192.0.2.0/24", "2001:db8::/64", "192.0.2.1", "c.example", "dave@c.example"}) CHECK(login_key(key) == key);
}

TEST_CASE("only this host's realm is taken off, and never the whole login") {
    CHECK(without_realm("alice@MX.example", "mx.example") == "alice");
    CHECK(without_realm("alice@other.example", "mx.example") == "alice@other.example");
    CHECK(without_realm("alice", "mx.example") == "alice");
    CHECK(without_realm("alice@mx.example", "") == "alice@mx.example");
    CHECK(without_realm("@mx.example", "mx.example") == "@mx.example");
    CHECK(without_realm("dave%c.example@mx.example", "mx.example") == "dave%c.example");
    CHECK(without_realm("alicexmx.example", "mx.example") == "alicexmx.example");
}
