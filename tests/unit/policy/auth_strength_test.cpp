#include "policy/auth_strength.h"

#include "tests/support/catch.h"

using namespace relay;

namespace {

/// Authenticated from elsewhere, without TLS, in plain wiring.
Envelope authenticated(std::string mechanism, unsigned ssf = 0) {
    Envelope envelope;
    envelope.client = Address::parse("198.51.100.7");
    envelope.auth = Authentication{"alice", "", std::move(mechanism), ssf};
    return envelope;
}

AuthSettings mechanisms(std::vector<std::string> names) {
    AuthSettings wanted;
    wanted.mechanisms = std::move(names);
    return wanted;
}

AuthSettings needs_tls() {
    AuthSettings wanted;
    wanted.plaintext_needs_tls = true;
    return wanted;
}

AuthSettings min_ssf(unsigned bits) {
    AuthSettings wanted;
    wanted.min_ssf = bits;
    return wanted;
}

}  // namespace

TEST_CASE("without a list any mechanism will do but ANONYMOUS") {
    CHECK_FALSE(weakness(authenticated("PLAIN"), {}));
    CHECK_FALSE(weakness(authenticated("X-UNHEARD-OF"), {}));
    CHECK(weakness(authenticated("ANONYMOUS"), {}) == Reason::mechanism_not_allowed);
    CHECK(weakness(authenticated("Anonymous"), {}) == Reason::mechanism_not_allowed);
    CHECK(weakness(authenticated(""), {}) == Reason::mechanism_not_allowed);
}

TEST_CASE("a list allows what it names, without case, and nothing else") {
    const AuthSettings wanted = mechanisms({"CRAM-MD5", "DIGEST-MD5"});
    CHECK_FALSE(weakness(authenticated("CRAM-MD5"), wanted));
    CHECK_FALSE(weakness(authenticated("digest-md5"), wanted));
    CHECK(weakness(authenticated("PLAIN"), wanted) == Reason::mechanism_not_allowed);
    CHECK(weakness(authenticated("CRAM-MD"), wanted) == Reason::mechanism_not_allowed);
    CHECK_FALSE(weakness(authenticated("ANONYMOUS"), mechanisms({"ANONYMOUS"})));
    CHECK(weakness(authenticated(""), mechanisms({""})) == Reason::mechanism_not_allowed);
}

TEST_CASE("a password in the clear is good enough only where that was not forbidden") {
    CHECK_FALSE(weakness(authenticated("PLAIN"), {}));
    CHECK(weakness(authenticated("PLAIN"), needs_tls()) == Reason::plaintext_without_tls);
    CHECK(weakness(authenticated("login"), needs_tls()) == Reason::plaintext_without_tls);
    CHECK_FALSE(weakness(authenticated("CRAM-MD5"), needs_tls()));
}

TEST_CASE("TLS, an exempt network or no network at all hides a password") {
    Envelope under_tls = authenticated("PLAIN");
    under_tls.tls = Tls{"TLSv1.3", 256, "NO"};
    CHECK_FALSE(weakness(under_tls, needs_tls()));

    Envelope from_loopback = authenticated("PLAIN");
    from_loopback.client = Address::parse("127.0.0.1");
    CHECK_FALSE(weakness(from_loopback, needs_tls()));

    Envelope local = authenticated("PLAIN");
    local.client.reset();
    CHECK(weakness(local, needs_tls()) == Reason::plaintext_without_tls);
    local.local_submission = true;
    CHECK_FALSE(weakness(local, needs_tls()));
}

TEST_CASE("a local submission with a client address is none") {
    Envelope envelope;
    envelope.local_submission = true;
    CHECK(submitted_locally(envelope));
    envelope.client = Address::parse("198.51.100.7");
    CHECK_FALSE(submitted_locally(envelope));
}

TEST_CASE("the stronger of the two layers must reach min_ssf") {
    Envelope envelope = authenticated("DIGEST-MD5", 127);
    CHECK(weakness(envelope, min_ssf(128)) == Reason::ssf_too_low);
    CHECK_FALSE(weakness(envelope, min_ssf(127)));
    envelope.tls = Tls{"TLSv1.2", 128, "NO"};
    CHECK_FALSE(weakness(envelope, min_ssf(128)));
    CHECK(weakness(envelope, min_ssf(129)) == Reason::ssf_too_low);
}

TEST_CASE("where sendmail speaks, it must trust the mechanism or the certificate") {
    Envelope envelope = authenticated("GSSAPI");
    for (const auto client : {RelayClient::unknown, RelayClient::trusted, RelayClient::temp}) {
        envelope.sendmail = SendmailSays{Destination::other, client};
        CHECK(weakness(envelope, {}) == Reason::mechanism_not_trusted);
    }
    for (const auto client : {RelayClient::auth, RelayClient::tls}) {
        envelope.sendmail = SendmailSays{Destination::other, client};
        CHECK_FALSE(weakness(envelope, {}));
    }
}

TEST_CASE("of several things missing the first is named: mechanism, TLS, ssf, sendmail's trust") {
    Envelope envelope = authenticated("PLAIN");
    envelope.sendmail = SendmailSays{};
    AuthSettings wanted = mechanisms({"CRAM-MD5"});
    wanted.plaintext_needs_tls = true;
    wanted.min_ssf = 1;
    CHECK(weakness(envelope, wanted) == Reason::mechanism_not_allowed);
    wanted.mechanisms.clear();
    CHECK(weakness(envelope, wanted) == Reason::plaintext_without_tls);
    wanted.plaintext_needs_tls = false;
    CHECK(weakness(envelope, wanted) == Reason::ssf_too_low);
    wanted.min_ssf = 0;
    CHECK(weakness(envelope, wanted) == Reason::mechanism_not_trusted);
}
