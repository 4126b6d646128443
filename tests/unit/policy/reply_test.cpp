#include "policy/reply.h"

#include <set>

#include "tests/support/catch.h"
#include "tests/unit/policy/all_of.h"

using namespace relay;

namespace {

Verdict verdict(Action action, Reason reason, Methods methods = Methods::auth_and_pop) {
    Verdict v;
    v.action = action;
    v.reason = reason;
    v.methods = methods;
    return v;
}

Reply refusal(Reason reason, Methods methods = Methods::auth_and_pop) {
    return reply_for(verdict(Action::refuse, reason, methods)).value();
}

bool says(const Reply& reply, std::string_view words) { return reply.text.find(words) != std::string_view::npos; }

std::string status(const Reply& reply) { return std::to_string(reply.code) + ' ' + std::string{reply.enhanced_status}; }

}  // namespace

TEST_CASE("a permit has no reply, and only a permit") {
    for (const Action action : all_of<Action>())
        for (const Reason reason : all_of<Reason>())
            CHECK(reply_for(verdict(action, reason)).has_value() == (action != Action::permit));
}

TEST_CASE("every reply keeps the rules of SMTP, for every verdict that could be made") {
    for (const Action action : {Action::refuse, Action::defer, static_cast<Action>(9)}) {
        for (const Reason reason : all_of<Reason>()) {
            for (const Methods methods : all_of<Methods>()) {
                const Reply reply = reply_for(verdict(action, reason, methods)).value();
                INFO(name_of(action) << ' ' << name_of(reason) << ' ' << name_of(methods));
                CHECK((reply.code / 100 == 4) == (action != Action::refuse));
                CHECK((reply.code >= 400 && reply.code < 600));
                CHECK(reply.enhanced_status.front() - '0' == reply.code / 100);
                CHECK((!reply.text.empty() && reply.text.size() <= 400));
                CHECK(reply.text.find('%') == std::string_view::npos);
                for (const char c : reply.text) CHECK((c >= ' ' && c <= '~'));
            }
        }
    }
}

TEST_CASE("the codes are those of the decision table") {
    CHECK(status(refusal(Reason::login_disabled)) == "550 5.7.1");
    CHECK(status(reply_for(verdict(Action::defer, Reason::destination_temp)).value()) == "451 4.4.0");
    CHECK(status(reply_for(verdict(Action::defer, Reason::client_temp)).value()) == "451 4.4.0");
    CHECK(status(reply_for(verdict(Action::defer, Reason::lookup_failed)).value()) == "451 4.3.0");
    for (const Reason weak : {Reason::mechanism_not_allowed, Reason::mechanism_not_trusted, Reason::plaintext_without_tls, Reason::ssf_too_low})
        CHECK(status(refusal(weak)) == "550 5.7.11");
    for (const Reason reason : {Reason::auth_not_used, Reason::login_expired, Reason::no_login, Reason::not_authenticated})
        CHECK(status(refusal(reason)) == "550 5.7.1");
}

TEST_CASE("a refusal advises only what the policy in force would accept") {
    for (const Reason reason : {Reason::login_expired, Reason::no_login}) {
        const Reply both = refusal(reason, Methods::auth_and_pop);
        CHECK((says(both, "SMTP AUTH") && says(both, "POP or IMAP")));
        const Reply pop = refusal(reason, Methods::pop_only);
        CHECK((!says(pop, "SMTP AUTH") && says(pop, "POP or IMAP")));
    }
    const Reply auth = refusal(Reason::not_authenticated, Methods::auth_only);
    CHECK((says(auth, "SMTP AUTH") && !says(auth, "POP")));
    CHECK(says(refusal(Reason::auth_not_used, Methods::pop_only), "not by SMTP AUTH"));
}

TEST_CASE("a refusal for want of encryption says TLS") {
    CHECK(says(refusal(Reason::plaintext_without_tls), "TLS"));
    CHECK(says(refusal(Reason::ssf_too_low), "TLS"));
    CHECK(says(refusal(Reason::mechanism_not_allowed), "mechanism"));
}

TEST_CASE("a deferral says that trying later helps") {
    for (const Reason reason : {Reason::destination_temp, Reason::client_temp, Reason::lookup_failed})
        CHECK(says(reply_for(verdict(Action::defer, reason)).value(), "try again later"));
}

TEST_CASE("what a peer sent is in no reply") {
    Verdict v = verdict(Action::refuse, Reason::login_expired);
    v.user = "mallory";
    v.why = "secret path";
    const Reply reply = reply_for(v).value();
    CHECK((!says(reply, "mallory") && !says(reply, "secret")));
}
