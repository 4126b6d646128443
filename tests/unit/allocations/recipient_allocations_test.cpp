// How often a recipient after the session's first asks for memory, from the macros to its log line: without libmilter, as
// Session has it. The counts are kept, so that a change that makes recipients dearer shows.
#include <map>

#include "milter/session.h"
#include "milter/verdict_line.h"
#include "tests/support/catch.h"
#include "tests/unit/allocations/counting.h"

namespace {

using namespace relay;
using namespace std::chrono_literals;
using test::allocations_of;

constexpr std::chrono::sys_seconds kNow{1'700'000'000s};

using Macros = std::map<std::string, const char*, std::less<>>;

Macros macros(const char* destination, const char* client) {
    return {{"j", "mx.example.org"}, {"i", "6AM0gX2i016059"}, {"{client_name}", "client.example.net"}, {"{client_resolve}", "OK"},
            {"{daemon_name}", "MTA"}, {"{rcpt_mailer}", "esmtp"}, {"{relay_dest}", destination}, {"{relay_client}", client},
            {"{relay_policy}", "auth+pop"}};
}

/// Of the second recipient of a message.
std::size_t counted(const Macros& told) {
    Settings settings;
    settings.pop.database = "/nonexistent/relayers.db";
    Session session{std::make_shared<const Service>(settings), Client{Address::v4({198, 51, 100, 7}), false}};
    const MacroGetter macro = [&told](const char* name) -> const char* {
        const auto found = told.find(std::string_view{name});
        return found == told.end() ? nullptr : found->second;
    };
    session.begin_message("<user@example.net>");
    const auto judge = [&] {
        auto judged = session.judge_recipient("<friend@remote.example>", macro, kNow);
        return std::pair{verdict_line(*judged), std::move(judged)};
    };
    static_cast<void>(judge());
    return allocations_of(judge);
}

}  // namespace

TEST_CASE("a recipient of ours, of a trusted client, and of a user who authenticated allocate no more than they did") {
    CHECK(counted(macros("ours", "unknown")) <= 10);
    CHECK(counted(macros("other", "trusted")) <= 10);
    auto authenticated = macros("other", "auth");
    authenticated.insert({{"{auth_type}", "PLAIN"}, {"{auth_authen}", "user@example.net"}, {"{auth_ssf}", "0"}});
    CHECK(counted(authenticated) <= 16);
}
