// explain and the daemon give the same verdict for the same facts.
#include <nlohmann/json.hpp>
#include <sstream>

#include "milter/explain.h"
#include "tests/support/catch.h"
#include "tests/unit/milter/daemon_process.h"

namespace {

using namespace relay;
using namespace relay::test;

struct Facts {
    std::optional<std::string> dest, relay_client, auth, policy, mailer;
};

nlohmann::json explained(const DaemonProcess& daemon, const Facts& facts) {
    ExplainOptions options;
    options.config = {daemon.directory.path("c.toml"), false};
    options.client = "192.0.2.1";
    options.to = "<a@b.example>";
    options.from = "<s@c.example>";
    options.dest = facts.dest;
    options.relay_client = facts.relay_client;
    options.auth = facts.auth;
    options.policy = facts.policy;
    options.mailer = facts.mailer;
    options.json = true;
    std::ostringstream out, errors;
    REQUIRE(explain(options, out, errors) == 0);
    return nlohmann::json::parse(out.str());
}

Macros macros_of(const Facts& facts) {
    Macros macros{{"{client_addr}", "192.0.2.1"}, {"i", "q1"}};
    const auto set = [&](const char* name, const std::optional<std::string>& value) {
        if (value) macros[name] = *value;
    };
    set("{relay_dest}", facts.dest);
    set("{relay_client}", facts.relay_client);
    set("{relay_policy}", facts.policy);
    set("{rcpt_mailer}", facts.mailer);
    set("{auth_authen}", facts.auth);
    if (facts.auth) macros["{auth_type}"] = "PLAIN";
    return macros;
}

std::string reply_of(const nlohmann::json& verdict) {
    const auto& reply = verdict["reply"];
    if (reply.is_null()) return "c";
    return "y" + std::to_string(reply["code"].get<int>()) + " " + reply["enhanced_status"].get<std::string>() + " " +
           reply["text"].get<std::string>();
}

std::vector<Facts> every_combination() {
    using Value = std::optional<std::string>;
    const std::vector<Value> logins{{}, "alice"}, policies{{}, "auth-only", "pop-only"};
    std::vector<Facts> all;
    for (const Value& auth : logins)
        for (const Value& policy : policies) {
            for (const char* dest : {"ours", "other", "temp"})
                for (const char* client : {"auth", "tls", "trusted", "temp", "unknown"})
                    all.push_back({dest, client, auth, policy, "esmtp"});
            for (const char* mailer : {"local", "esmtp"}) all.push_back({{}, {}, auth, policy, mailer});
        }
    return all;
}

}  // namespace

TEST_CASE("explain gives the daemon's reply for every combination of what sendmail may say") {
    DaemonProcess daemon;
    daemon.start();
    int permits = 0, others = 0;
    for (const auto& facts : every_combination()) {
        const auto verdict = explained(daemon, facts);
        auto client = in_message(daemon, macros_of(facts));
        const auto answer = client.rcpt("<a@b.example>");
        INFO(verdict.dump());
        CHECK(answer->letter + answer->text == reply_of(verdict));
        ++(answer->letter == 'c' ? permits : others);
    }
    CHECK(permits > 10);
    CHECK(others > 10);
}
