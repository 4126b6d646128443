// What sendmail said.
#include "tests/decisions/words.h"

namespace decisions {
namespace {

using namespace relay;

bool set_client(Envelope& envelope, std::string_view value) {
    envelope.client = Address::parse(value);
    envelope.local_submission = value == "local";
    return envelope.client || value == "local" || value == "unknown";
}

bool set_auth(Envelope& envelope, std::string_view value) {
    envelope.auth.reset();
    if (value != "none") envelope.auth = Authentication{std::string{value}, {}, "PLAIN", 0};
    return true;
}

bool set_tls(Envelope& envelope, std::string_view value) {
    const auto bits = number(value);
    envelope.tls.reset();
    if (bits) envelope.tls = Tls{"TLSv1.3", *bits, "NO"};
    return bits || value == "none";
}

bool set_wiring(Envelope& envelope, std::string_view value) {
    if (value == "plain") envelope.sendmail.reset();
    return value == "plain" || value == "feature";
}

constexpr Word kWords[] = {
    {"client", [](Situation& s, std::string_view v) { return set_client(s.envelope, v); }},
    {"auth", [](Situation& s, std::string_view v) { return set_auth(s.envelope, v); }},
    {"mechanism", [](Situation& s, std::string_view v) { if (s.envelope.auth) s.envelope.auth->mechanism = v; return true; }},
    {"ssf", [](Situation& s, std::string_view v) {
        const auto bits = number(v);
        if (s.envelope.auth) s.envelope.auth->ssf = bits.value_or(0);
        return bits.has_value();
    }},
    {"tls", [](Situation& s, std::string_view v) { return set_tls(s.envelope, v); }},
    {"from", [](Situation& s, std::string_view v) { s.envelope.reverse_path = parse_path(v); return true; }},
    {"to", [](Situation& s, std::string_view v) { s.envelope.forward_path = parse_path(v); return true; }},
    {"mailer", [](Situation& s, std::string_view v) { s.envelope.rcpt_mailer = v; return true; }},
    {"dest", [](Situation& s, std::string_view v) { return set(s.envelope.sendmail->destination, destination_named(v)); }},
    {"relay-client", [](Situation& s, std::string_view v) { return set(s.envelope.sendmail->client, relay_client_named(v)); }},
    {"wiring", [](Situation& s, std::string_view v) { return set_wiring(s.envelope, v); }},
    {"policy", [](Situation& s, std::string_view v) { s.envelope.methods = methods_named(v); return s.envelope.methods.has_value(); }},
    {"recipients-before", [](Situation& s, std::string_view v) { return set(s.envelope.recipients_before, number(v)); }},
    {"host", [](Situation& s, std::string_view v) { s.envelope.host_name = v; return true; }},
};

}  // namespace

std::span<const Word> envelope_words() { return kWords; }

}  // namespace decisions
