// What sendmail passes in its macros, from the values to the log line. Input: "NAME=VALUE" lines, and "from=", "to=",
// "socket=".
#include <map>
#include <string>

#include "milter/macros.h"
#include "milter/verdict_line.h"
#include "policy/policy.h"
#include "tests/fuzz/fuzz.h"

using namespace relay;

namespace {

constexpr std::chrono::sys_seconds kNow{std::chrono::seconds{1'795'000'000}};

/// Something that sendmail or the admin has said must stand behind each permit that asked for nothing.
bool has_ground(const Envelope& envelope) {
    if (envelope.auth || envelope.local_submission) return true;
    if (envelope.client && in_any(Settings{}.trusted_networks, envelope.client)) return true;
    if (!envelope.sendmail) return true;  // Plain wiring: sendmail has refused already.
    return envelope.sendmail->destination == Destination::ours || envelope.sendmail->client == RelayClient::tls ||
           envelope.sendmail->client == RelayClient::trusted;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    std::map<std::string, std::string> values;
    fuzz::each_line(fuzz::text_of(bytes, size), [&values](std::string_view line) {
        const auto equals = line.find('=');
        if (equals != line.npos) values.emplace(line.substr(0, equals), line.substr(equals + 1));
    });
    const MacroGetter macro = [&values](const char* name) {
        const auto found = values.find(name);
        return found == values.end() ? nullptr : found->second.c_str();
    };
    const Client client = read_client(Address::parse(values["socket"]), macro);
    Judged judged{read_macros(client, macro), values["from"], values["to"], {}, {}, {}};
    Envelope& envelope = judged.told.envelope;
    envelope.reverse_path = parse_path(judged.from);
    envelope.forward_path = parse_path(judged.to);
    const auto decision = Policy{Settings{}}.decide(envelope, judged.findings, kNow);
    if (const auto* verdict = std::get_if<Verdict>(&decision)) {
        judged.verdict = *verdict;
        fuzz::expect(verdict->action != Action::permit || has_ground(envelope), "a permit has a ground");
    }
    fuzz::expect(fuzz::is_printable_line(verdict_line(judged)), "the log line is printable");
    for (const auto& fault : fault_lines(judged)) fuzz::expect(fuzz::is_printable_line(fault), "a fault is printable");
    return 0;
}
