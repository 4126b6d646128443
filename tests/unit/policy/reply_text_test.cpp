#include "policy/reply_text.h"

#include "policy/reply.h"
#include "tests/support/catch.h"
#include "tests/unit/policy/all_of.h"

using namespace relay;

TEST_CASE("placeholders are filled in") {
    const auto client = Address::parse("192.0.2.1");
    CHECK(filled_in("{client}: see {url}, wait {wait} s", "https://x", client, std::chrono::seconds{60}) ==
          "192.0.2.1: see https://x, wait 60 s");
    CHECK(filled_in("{client} {wait}", "", {}, {}) == "local 0");
    CHECK(filled_in("100% plain", "", client, {}) == "100% plain");
}

TEST_CASE("a text is one line of printable ASCII with known placeholders, short enough however they are filled in") {
    const auto problem = [](const std::string& text) { return reply_text_problem(text, Reason::over_limit, "https://x"); };
    CHECK(problem("Wait {wait} seconds, {client}; see {url}. 50%!").empty());
    CHECK(problem(std::string(400, 'x')).empty());
    CHECK(problem(std::string(390, 'x') + "{wait}").empty());
    for (const std::string& bad : {std::string{}, std::string{"a\nb"}, std::string{"a\r"}, std::string{"\xc3\xa4"}, std::string{"a{b}"},
                                   std::string{"{}"}, std::string{"{wait"}, std::string{"wait}"}, std::string{"{{wait}}"},
                                   std::string(401, 'x'), std::string(391, 'x') + "{wait}", std::string(362, 'x') + "{client}"})
        CHECK_FALSE(problem(bad).empty());
    CHECK_FALSE(reply_text_problem("{wait}", Reason::no_login, "").empty());
    CHECK_FALSE(reply_text_problem("{url}", Reason::no_login, "").empty());
}

TEST_CASE("a reason has a reply exactly where a verdict with it can have one") {
    CHECK_FALSE(has_reply(Reason::authenticated));
    CHECK(has_reply(Reason::no_login));
    CHECK_FALSE(has_reply(static_cast<Reason>(99)));
}

TEST_CASE("the admin's own text takes ours' place, and code and status stay") {
    ReplySettings own;
    own.texts[Reason::over_recipient_limit] = "Slow down: {wait} s.";
    Verdict v;
    v.reason = Reason::over_recipient_limit;
    v.wait = std::chrono::seconds{30};
    const auto reply = reply_for(v, own, {});
    REQUIRE(reply);
    CHECK(reply->code == 452);
    CHECK(reply->enhanced_status == "4.5.3");
    CHECK(reply->text == "Slow down: 30 s.");
    v.action = Action::permit;
    CHECK_FALSE(reply_for(v, own, {}));
}

TEST_CASE("a sender's refusal names the login that authenticated, never one of POP, and no odd bytes") {
    Verdict v;
    v.action = Action::refuse;
    v.reason = Reason::sender_not_owned;
    v.row = 3;
    v.user = "dave%c.example";
    CHECK(reply_for(v)->code == 553);
    CHECK(reply_for(v)->text.find("(dave%c.example)") != std::string::npos);
    v.row = 6;
    CHECK(reply_for(v)->text.find("dave") == std::string::npos);
    v.row = 3;
    for (const std::string& odd : {std::string{"a b"}, std::string{"a\r\nb"}, std::string{"{url}"}, std::string(65, 'a'), std::string{"\xff"}}) {
        v.user = odd;
        CHECK(reply_for(v)->text.find('(') == std::string::npos);
    }
}
