#include "milter/macros.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "policy/source/files/escaped.h"
#include "policy/verdict.h"

namespace relay {
namespace {

std::string_view value_of(const MacroGetter& macro, const char* name) {
    const char* value = macro(name);
    return std::string_view{value ? value : ""}.substr(0, kMaxMacro);
}

/// Decimal digits; nothing or anything else is 0 bits, which is never good enough, and more than `most` is `most`.
unsigned bits_of(std::string_view text) {
    constexpr unsigned most = 65535;
    unsigned bits = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bits);
    if (end != text.data() + text.size()) return 0;
    return error == std::errc::result_out_of_range ? most : std::min(bits, most);
}

std::optional<Authentication> authentication(const MacroGetter& macro) {
    const auto mechanism = value_of(macro, "{auth_type}");
    const auto identity = value_of(macro, "{auth_authen}");
    if (mechanism.empty() || identity.empty()) return {};
    return Authentication{.identity = std::string{identity},
                          .author = std::string{value_of(macro, "{auth_author}")},
                          .mechanism = std::string{mechanism},
                          .ssf = bits_of(value_of(macro, "{auth_ssf}"))};
}

std::optional<Tls> tls(const MacroGetter& macro) {
    const auto version = value_of(macro, "{tls_version}");
    if (version.empty()) return {};
    return Tls{.version = std::string{version},
               .bits = bits_of(value_of(macro, "{cipher_bits}")),
               .verify = std::string{value_of(macro, "{verify}")}};
}

/// The word's meaning, or `otherwise` and a fault.
template <class Word>
Word known(const char* name, std::string_view word, std::optional<Word> meaning, Word otherwise,
           std::vector<std::string>& faults) {
    if (meaning) return *meaning;
    faults.push_back(std::string{name} +
                     (word.empty() ? " is missing" : " is \"" + escaped(word.substr(0, 64)) + "\"") +
                     "; check FEATURE(milter_relay) in sendmail.mc and rebuild sendmail.cf; deferring mail");
    return otherwise;
}

std::optional<SendmailSays> sendmail_says(const MacroGetter& macro, std::vector<std::string>& faults) {
    const auto destination = value_of(macro, "{relay_dest}");
    const auto client = value_of(macro, "{relay_client}");
    if (destination.empty() && client.empty()) return {};
    return SendmailSays{
        known("{relay_dest}", destination, destination_named(destination), Destination::temp, faults),
        known("{relay_client}", client, relay_client_named(client), RelayClient::temp, faults)};
}

/// Without a policy that we know neither AUTH nor POP permits: no row for POP, and `temp` in the place of `auth`.
void distrust_methods(Envelope& envelope) {
    envelope.methods = Methods::auth_only;
    if (!envelope.sendmail) envelope.sendmail = SendmailSays{Destination::temp, RelayClient::temp};
    if (envelope.sendmail->client != RelayClient::tls && envelope.sendmail->client != RelayClient::trusted)
        envelope.sendmail->client = RelayClient::temp;
}

void read_relay_macros(const MacroGetter& macro, Told& told) {
    told.envelope.sendmail = sendmail_says(macro, told.faults);
    const auto policy = value_of(macro, "{relay_policy}");
    if (policy.empty()) return;
    told.envelope.methods = methods_named(policy);
    if (told.envelope.methods) return;
    known("{relay_policy}", policy, told.envelope.methods, Methods::auth_only, told.faults);
    distrust_methods(told.envelope);
}

}  // namespace

Client read_client(std::optional<Address> from_socket, const MacroGetter& macro) {
    if (from_socket) return {from_socket, false};
    const auto text = value_of(macro, "{client_addr}");
    if (text.empty() || text == "0") return {{}, true};
    return {Address::parse(text), false};
}

Told read_macros(const Client& client, const MacroGetter& macro) {
    Told told;
    told.envelope.client = client.address;
    told.envelope.local_submission = client.local_submission;
    told.envelope.client_name = value_of(macro, "{client_name}");
    told.envelope.client_resolve = value_of(macro, "{client_resolve}");
    told.envelope.host_name = value_of(macro, "j");
    told.envelope.auth = authentication(macro);
    told.envelope.tls = tls(macro);
    told.envelope.rcpt_mailer = value_of(macro, "{rcpt_mailer}");
    told.queue_id = value_of(macro, "i");
    told.listener = value_of(macro, "{daemon_name}");
    read_relay_macros(macro, told);
    return told;
}

}  // namespace relay
