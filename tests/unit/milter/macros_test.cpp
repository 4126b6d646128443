#include "milter/macros.h"

#include <map>

#include "tests/support/catch.h"

namespace {

using namespace relay;

using Values = std::map<std::string, std::string>;

MacroGetter getter(const Values& values) {
    return [&values](const char* name) -> const char* {
        const auto entry = values.find(name);
        return entry == values.end() ? nullptr : entry->second.c_str();
    };
}

Told told(const Values& values) {
    return read_macros({Address::parse("192.0.2.1"), false}, getter(values));
}

Client client(const Values& values) {
    return read_client({}, getter(values));
}

}  // namespace

TEST_CASE("an address from the socket is the client, whatever {client_addr} says") {
    const Values values{{"{client_addr}", "0"}};
    const auto who = read_client(Address::parse("192.0.2.1"), getter(values));
    CHECK(who.address == Address::parse("192.0.2.1"));
    CHECK_FALSE(who.local_submission);
}

TEST_CASE("without an address only an empty {client_addr} or 0 is a local submission") {
    CHECK(client({}).local_submission);
    CHECK(client({{"{client_addr}", ""}}).local_submission);
    CHECK(client({{"{client_addr}", "0"}}).local_submission);
    for (const char* other : {"192.0.2.1", "unknown", "00", "0.0.0.0", " ", "IPv6:2001:db8::1"}) {
        INFO(other);
        CHECK_FALSE(client({{"{client_addr}", other}}).local_submission);
    }
}

TEST_CASE("without an address a {client_addr} that is one is the client") {
    CHECK(client({{"{client_addr}", "IPv6:2001:db8:0:0:0:0:0:1"}}).address == Address::parse("2001:db8::1"));
    CHECK_FALSE(client({{"{client_addr}", "unknown"}}).address);
}

TEST_CASE("authentication needs both {auth_type} and {auth_authen}") {
    CHECK_FALSE(told({{"{auth_type}", "PLAIN"}}).envelope.auth);
    CHECK_FALSE(told({{"{auth_authen}", "alice"}}).envelope.auth);
    CHECK_FALSE(told({{"{auth_authen}", "alice"}, {"{auth_type}", ""}}).envelope.auth);
    const auto auth =
        told({{"{auth_authen}", "alice"}, {"{auth_type}", "PLAIN"}, {"{auth_ssf}", "128"}, {"{auth_author}", "bob"}})
            .envelope.auth;
    CHECK(auth == Authentication{"alice", "bob", "PLAIN", 128});
}

TEST_CASE("a number that is not one is no strength at all, and a huge one is bounded") {
    const auto ssf = [](const char* text) {
        return told({{"{auth_authen}", "a"}, {"{auth_type}", "X"}, {"{auth_ssf}", text}}).envelope.auth->ssf;
    };
    for (const char* bad : {"", "-1", "1x", " 1", "0x10", "1 "}) CHECK(ssf(bad) == 0);
    CHECK(ssf("256") == 256);
    CHECK(ssf("65536") == 65535);
    CHECK(ssf("99999999999999999999") == 65535);
}

TEST_CASE("TLS is there when {tls_version} is") {
    CHECK_FALSE(told({{"{cipher_bits}", "256"}, {"{verify}", "OK"}}).envelope.tls);
    CHECK(told({{"{tls_version}", "TLSv1.3"}, {"{cipher_bits}", "256"}, {"{verify}", "NO"}}).envelope.tls ==
          Tls{"TLSv1.3", 256, "NO"});
}

TEST_CASE("a value longer than the bound is cut") {
    CHECK(told({{"{client_name}", std::string(100000, 'x')}}).envelope.client_name.size() == kMaxMacro);
}

TEST_CASE("without {relay_dest} and {relay_client} it is plain wiring, with a policy or without") {
    CHECK_FALSE(told({}).envelope.sendmail);
    CHECK_FALSE(told({{"{relay_dest}", ""}, {"{relay_client}", ""}}).envelope.sendmail);
    const auto with_policy = told({{"{relay_policy}", "pop-only"}});
    CHECK_FALSE(with_policy.envelope.sendmail);
    CHECK(with_policy.envelope.methods == Methods::pop_only);
    CHECK(with_policy.faults.empty());
}

TEST_CASE("known words are what sendmail says") {
    const auto result = told({{"{relay_dest}", "ours"}, {"{relay_client}", "tls"}, {"{relay_policy}", "auth-only"}});
    CHECK(result.envelope.sendmail == SendmailSays{Destination::ours, RelayClient::tls});
    CHECK(result.envelope.methods == Methods::auth_only);
    CHECK(result.faults.empty());
}

TEST_CASE("one relay macro without the other is temp for the missing one, and a fault") {
    const auto alone = told({{"{relay_dest}", "other"}});
    CHECK(alone.envelope.sendmail == SendmailSays{Destination::other, RelayClient::temp});
    CHECK(alone.faults.size() == 1);
    const auto client_alone = told({{"{relay_client}", "unknown"}});
    CHECK(client_alone.envelope.sendmail == SendmailSays{Destination::temp, RelayClient::unknown});
    CHECK(client_alone.faults.size() == 1);
}

TEST_CASE("an unknown word is temp, never a permission, and its fault is printable") {
    const auto result = told({{"{relay_dest}", "OURS"}, {"{relay_client}", "auth \x01%s"}});
    CHECK(result.envelope.sendmail == SendmailSays{Destination::temp, RelayClient::temp});
    REQUIRE(result.faults.size() == 2);
    for (const auto& fault : result.faults)
        for (const char c : fault) CHECK((c >= ' ' && c <= '~'));
}

TEST_CASE("an unknown {relay_policy} takes AUTH and POP away, and leaves what sendmail itself permits") {
    const auto says = [](const char* client) {
        return told({{"{relay_dest}", "other"}, {"{relay_client}", client}, {"{relay_policy}", "pop"}});
    };
    CHECK(says("auth").envelope.methods == Methods::auth_only);
    CHECK(says("auth").envelope.sendmail->client == RelayClient::temp);
    CHECK(says("unknown").envelope.sendmail->client == RelayClient::temp);
    CHECK(says("trusted").envelope.sendmail->client == RelayClient::trusted);
    CHECK(says("tls").envelope.sendmail->client == RelayClient::tls);
    CHECK(says("auth").faults.size() == 1);
    CHECK(told({{"{relay_policy}", "x"}}).envelope.sendmail == SendmailSays{Destination::temp, RelayClient::temp});
}

TEST_CASE("every macro is asked for at one step only") {
    std::map<std::string, int> times;
    for (std::string list : {kConnectMacros, kMailMacros, kRcptMacros})
        for (std::size_t start = 0; start < list.size();) {
            const auto end = std::min(list.find(' ', start), list.size());
            ++times[list.substr(start, end - start)];
            start = end + 1;
        }
    CHECK(times.size() == 17);
    for (const auto& [name, count] : times) {
        INFO(name);
        CHECK(count == 1);
    }
}
