#include "milter/session.h"

#include <map>

#include "tests/support/catch.h"

namespace {

using namespace relay;
using namespace std::chrono_literals;

using Values = std::map<std::string, std::string>;
constexpr std::chrono::sys_seconds kNow{1'700'000'000s};

MacroGetter getter(const Values& values) {
    return [&values](const char* name) -> const char* {
        const auto entry = values.find(name);
        return entry == values.end() ? nullptr : entry->second.c_str();
    };
}

std::shared_ptr<const Service> service(Methods methods = Methods::auth_only) {
    Settings settings;
    settings.methods = methods;
    settings.pop.database = "/nonexistent-directory/relayers.db";
    return std::make_shared<const Service>(settings);
}

Session session(const std::shared_ptr<const Service>& with = service()) {
    return Session{with, {Address::parse("192.0.2.1"), false}};
}

const Values kOurs{{"{relay_dest}", "ours"}, {"{relay_client}", "unknown"}, {"i", "q1"}, {"{daemon_name}", "MTA"}};
const Values kOther{{"{relay_dest}", "other"}, {"{relay_client}", "unknown"}};
const Values kAuth{
    {"{relay_dest}", "other"}, {"{relay_client}", "auth"}, {"{auth_type}", "PLAIN"}, {"{auth_authen}", "alice"}};

/// Cannot be asked at the first recipient; and notes whether the message was said to be counted.
struct AwayAtFirst : Counts {
    [[nodiscard]] Lookup<OverLimits> charge(const LimitSubject&, bool message_counted, LimitTime) const override {
        counted.push_back(message_counted);
        if (counted.size() == 1) return Failed{"away"};
        return Absent{};
    }
    [[nodiscard]] Lookup<Braked> brake(std::string_view, const std::optional<Address>&, LimitTime) const override { return Absent{}; }
    mutable std::vector<bool> counted;
};

Action action(Session& session, const Values& values) {
    return session.judge_recipient("<a@b.example>", getter(values), kNow)->verdict.action;
}

}  // namespace

TEST_CASE("a recipient without MAIL is not judged") {
    CHECK_FALSE(session().judge_recipient("<a@b.example>", getter(kOurs), kNow));
}

TEST_CASE("a recipient after the message ended is not judged") {
    auto one = session();
    one.begin_message("<>");
    REQUIRE(one.judge_recipient("<a@b.example>", getter(kOurs), kNow));
    one.end_message();
    CHECK_FALSE(one.judge_recipient("<a@b.example>", getter(kOurs), kNow));
}

TEST_CASE("recipients of one message get each their own verdict") {
    auto one = session();
    one.begin_message("<s@c.example>");
    CHECK(action(one, kOther) == Action::refuse);
    CHECK(action(one, kOurs) == Action::permit);
    CHECK(action(one, kOther) == Action::refuse);
}

TEST_CASE("a second message is judged by its own macros and sender") {
    auto one = session();
    one.begin_message("<s@c.example>");
    CHECK(action(one, kAuth) == Action::permit);
    one.end_message();
    one.begin_message("<t@c.example>");
    CHECK(action(one, kOther) == Action::refuse);
    CHECK(one.judge_recipient("<a@b.example>", getter(kOther), kNow)->from == "<t@c.example>");
}

TEST_CASE("a MAIL that follows a refused one begins anew") {
    auto one = session();
    one.begin_message("<first@c.example>");
    one.begin_message("<second@c.example>");
    CHECK(one.judge_recipient("<a@b.example>", getter(kOurs), kNow)->from == "<second@c.example>");
}

TEST_CASE("a session keeps the service that it began with") {
    auto with = service(Methods::auth_only);
    auto one = session(with);
    with = service(Methods::pop_only);
    one.begin_message("<>");
    CHECK(one.judge_recipient("<a@b.example>", getter(kAuth), kNow)->verdict.methods == Methods::auth_only);
}

TEST_CASE("a database whose directory is missing defers those who would need it") {
    auto one = session(service(Methods::auth_and_pop));
    one.begin_message("<>");
    CHECK(action(one, kOther) == Action::defer);
    CHECK(action(one, kAuth) == Action::permit);
    CHECK(action(one, kOurs) == Action::permit);
}

TEST_CASE("what sendmail told is in the judgement") {
    auto one = session();
    one.begin_message("<>");
    const auto judged = one.judge_recipient("<a@B.example.>", getter(kOurs), kNow);
    CHECK(judged->told.queue_id == "q1");
    CHECK(judged->told.listener == "MTA");
    CHECK(judged->told.envelope.reverse_path.null);
    CHECK(judged->told.envelope.forward_path.domain == "b.example");
    CHECK(judged->to == "<a@B.example.>");
}

TEST_CASE("a message that could not be counted at its first recipient is counted at the next, and once") {
    Settings settings;
    settings.pop.database = "/nonexistent-directory/relayers.db";
    settings.limits.resize(1);
    const auto counts = std::make_shared<const AwayAtFirst>();
    auto one = session(std::make_shared<const Service>(settings, counts));
    one.begin_message("<>");
    for (int i = 0; i < 3; ++i) CHECK(action(one, kAuth) == Action::permit);
    CHECK(counts->counted == std::vector{false, false, true});
}

TEST_CASE("a wiring fault defers a stranger and AUTH, and leaves our own mail alone") {
    auto one = session();
    one.begin_message("<>");
    CHECK(action(one, {{"{relay_dest}", "other"}}) == Action::defer);
    CHECK(action(one, {{"{relay_client}", "unknown"}}) == Action::defer);
    CHECK(action(one, {{"{relay_dest}", "ours"}}) == Action::permit);
    auto without_policy = kAuth;
    without_policy["{relay_policy}"] = "everyone";
    CHECK(action(one, without_policy) == Action::defer);
}
