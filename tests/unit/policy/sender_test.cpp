// What the decision tables do not show of sender_right(): several logins, and extensions at their edges.
#include "policy/sender.h"

#include "tests/support/catch.h"

using namespace relay;

namespace {

SenderRight right(SenderCheck check, const char* from, const Findings& findings, const std::vector<std::string_view>& logins) {
    Settings settings;
    settings.sender.check = check;
    Envelope envelope;
    envelope.reverse_path = parse_path(from);
    return sender_right({settings, envelope, findings, {}, Methods::auth_and_pop}, logins);
}

}  // namespace

TEST_CASE("of several logins the first that owns the sender is told") {
    Findings findings;
    findings.sender = Owners{{"carol", "bob"}, false};
    const auto found = right(SenderCheck::strict, "<x@ours.example>", findings, {"alice", "bob", "carol"});
    CHECK(std::get<Lookup<std::string_view>>(found) == Lookup<std::string_view>{"bob"});
}

TEST_CASE("the null reverse-path is asked of nobody and is everybody's, under every check") {
    for (const auto check : {SenderCheck::off, SenderCheck::known, SenderCheck::strict, SenderCheck::self})
        CHECK(std::get<Lookup<std::string_view>>(right(check, "<>", {}, {"alice"})).found());
}

TEST_CASE("a spelling that sendmail may read otherwise is nobody's") {
    for (const char* path : {"<bob%ours.example@far.example>", "<@far.example:bob@ours.example>", "<bob@ours.example(x)>",
                             "<ours.example!bob>", "<\"bob@ours.example\"@far.example>"})
        CHECK(std::get<Lookup<std::string_view>>(right(SenderCheck::known, path, {}, {"alice"})).absent());
}

TEST_CASE("the extension ends the user, and never is all of him") {
    CHECK(without_extension("alice+list", '+') == "alice");
    CHECK(without_extension("alice+a+b", '+') == "alice");
    CHECK(without_extension("alice", '+') == "alice");
    CHECK(without_extension("+list", '+') == "+list");
    CHECK(without_extension("alice+list", '\0') == "alice+list");
}
