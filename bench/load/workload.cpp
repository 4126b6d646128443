#include "bench/load/workload.h"

#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>

#include <sstream>
#include <stdexcept>

#include "bench/load/protocol.h"

namespace relay::bench {
namespace {

using Macros = std::map<std::string, std::string>;

// Milter.macros.* of a sendmail.cf without settings of its own (cf/README).
constexpr const char* kUsual[] = {"j _ {daemon_name} {if_name} {if_addr}",
                                  "{tls_version} {cipher} {cipher_bits} {cert_subject} {cert_issuer}",
                                  "i {auth_type} {auth_authen} {auth_ssf} {auth_author} {mail_mailer} {mail_host} {mail_addr}",
                                  "{rcpt_mailer} {rcpt_host} {rcpt_addr}"};

const Macros kValues = {{"j", "mx.example.org"}, {"_", "client.example.net [198.51.100.9]"}, {"{daemon_name}", "MTA"},
                        {"{if_name}", "mx.example.org"}, {"{if_addr}", "192.0.2.1"}, {"{client_name}", "client.example.net"},
                        {"{client_resolve}", "OK"}, {"i", "6AM0gX2i016059"}, {"{mail_mailer}", "esmtp"},
                        {"{mail_host}", "example.net."}, {"{mail_addr}", "sender@example.net"}, {"{rcpt_mailer}", "esmtp"},
                        {"{rcpt_host}", "remote.example."}, {"{rcpt_addr}", "friend@remote.example"},
                        {"{relay_dest}", "other"}, {"{relay_client}", "unknown"}, {"{relay_policy}", "auth+pop"}};

struct Negotiated {
    std::uint32_t steps;
    std::map<std::uint32_t, std::string> macros;  // The names that the milter asked for, by stage.
};

Negotiated read(std::string_view answer) {
    if (answer.size() < 13 || answer.front() != SMFIC_OPTNEG) throw std::runtime_error{"the milter did not negotiate"};
    answer.remove_prefix(1);
    Negotiated negotiated{number_at(answer, 8), {}};
    for (std::size_t at = 12; at + 4 < answer.size();) {
        const auto end = answer.find('\0', at + 4);
        if (end == answer.npos) throw std::runtime_error{"a list of macros has no end"};
        negotiated.macros[number_at(answer, at)] = answer.substr(at + 4, end - at - 4);
        at = end + 1;
    }
    return negotiated;
}

/// The macro packet of a stage, or nothing where no macro of it has a value.
void append_macros(std::string& to, char letter, int stage, const Negotiated& negotiated, const Macros& values) {
    const auto asked = negotiated.macros.find(static_cast<std::uint32_t>(stage));
    std::istringstream names{asked != negotiated.macros.end() ? asked->second : stage < 4 ? kUsual[stage] : ""};
    std::string payload{letter};
    for (std::string name; names >> name;) {
        const auto value = values.find(name);
        if (value == values.end()) continue;
        append_text(payload, name);
        append_text(payload, value->second);
    }
    if (payload.size() > 1) append_packet(to, SMFIC_MACRO, payload);
}

/// `session`'s macros before the usual ones.
Macros values_of(const Session& session) {
    Macros values = session.macros;
    values.insert(kValues.begin(), kValues.end());
    return values;
}

struct Script {
    const Negotiated& negotiated;
    const Macros values;
    std::vector<Step> steps{};

    /// `stage` < 0: no macros. `left_out`, `silent`: the bits that switch the step, and its answer, off.
    void add(Callback callback, char letter, int stage, std::string_view payload, std::uint32_t left_out,
             std::uint32_t silent, bool begins_command = true) {
        Step step{callback, {}, (negotiated.steps & silent) == 0, begins_command};
        if (!(negotiated.steps & left_out)) {
            if (stage >= 0) append_macros(step.bytes, letter, stage, negotiated, values);
            append_packet(step.bytes, letter, payload);
        }
        steps.push_back(std::move(step));
    }
};

std::string text(std::string_view words) {
    std::string ended;
    append_text(ended, words);
    return ended;
}

constexpr const char* kHeader[][2] = {{"From", "sender@example.net"}, {"To", "friend@remote.example"},
                                      {"Subject", "A letter"}, {"Message-Id", "<1@example.net>"}};

void add_message(Script& script) {
    script.add(Callback::data, SMFIC_DATA, SMFIM_DATA, "", SMFIP_NODATA, SMFIP_NR_DATA);
    for (const auto& [name, value] : kHeader)
        script.add(Callback::header, SMFIC_HEADER, -1, text(name) + text(value), SMFIP_NOHDRS, SMFIP_NR_HDR, false);
    script.add(Callback::eoh, SMFIC_EOH, SMFIM_EOH, "", SMFIP_NOEOH, SMFIP_NR_EOH, false);
    script.add(Callback::body, SMFIC_BODY, -1, std::string(1024, 'x'), SMFIP_NOBODY, SMFIP_NR_BODY);
    script.add(Callback::eom, SMFIC_BODYEOB, SMFIM_EOM, "", 0, 0, false);
}

}  // namespace

Step negotiation() {
    Step step{Callback::negotiate, {}};
    std::string payload;
    for (const std::uint32_t number : {6U, 0x1ffU, 0x1fffffU}) append_number(payload, number);
    append_packet(step.bytes, SMFIC_OPTNEG, payload);
    return step;
}

Step connect_step(const Session& session, std::string_view answer, const Address& client) {
    const auto negotiated = read(answer);
    Macros values = values_of(session);
    values["{client_addr}"] = client.text();
    Script script{negotiated, std::move(values)};
    std::string payload = text("client.example.net");
    payload.append("4\x9c\x40", 3);
    append_text(payload, client.text());
    script.add(Callback::connect, SMFIC_CONNECT, SMFIM_CONNECT, payload, SMFIP_NOCONNECT, SMFIP_NR_CONN, false);
    return script.steps.front();
}

std::vector<Step> steps_of(const Session& session, std::string_view answer) {
    const auto negotiated = read(answer);
    Script script{negotiated, values_of(session)};
    script.add(Callback::helo, SMFIC_HELO, SMFIM_HELO, text("client.example.net"), SMFIP_NOHELO, SMFIP_NR_HELO);
    script.add(Callback::mail, SMFIC_MAIL, SMFIM_ENVFROM, text("<sender@example.net>"), SMFIP_NOMAIL, SMFIP_NR_MAIL);
    for (std::size_t i = 0; i < session.recipients; ++i)
        script.add(Callback::rcpt, SMFIC_RCPT, SMFIM_ENVRCPT, text("<friend" + std::to_string(i) + "@remote.example>"),
                   SMFIP_NORCPT, SMFIP_NR_RCPT);
    add_message(script);
    script.add(Callback::quit, SMFIC_QUIT, -1, "", 0, 0);
    script.steps.back().is_answered = false;
    return script.steps;
}

}  // namespace relay::bench
