#include "milter/verdict_line.h"

#include <fmt/format.h>

#include "milter/log_value.h"
#include "policy/source/files/escaped.h"

namespace relay {
namespace {

std::string client_text(const Envelope& envelope) {
    if (envelope.client) return envelope.client->text();
    return envelope.local_submission ? "local" : "unknown";
}

/// In angle brackets, also where the peer left them out.
std::string path_text(std::string_view path) {
    return path.starts_with('<') ? log_value(path) : "<" + log_value(path) + ">";
}

void add_failure(std::vector<std::string>& lines, const std::string& why, Action action) {
    lines.push_back(escaped(why) + (action == Action::defer ? "; deferring mail" : ""));
}

}  // namespace

std::string verdict_line(const Judged& judged) {
    const auto& [told, from, to, findings, verdict] = judged;
    const auto& auth = told.envelope.auth;
    return fmt::format(
        "{}: verdict={} via={} reason={} client={} user={} age={} mech={} from={} to={} listener={} policy={} mode={}",
        told.queue_id.empty() ? "NOQUEUE" : log_value(told.queue_id, 64), name_of(verdict.action), name_of(verdict.via),
        name_of(verdict.reason), client_text(told.envelope), log_value(verdict.user),
        verdict.age ? std::to_string(verdict.age->count()) : "", auth ? log_value(auth->mechanism, 64) : "",
        path_text(from), path_text(to), log_value(told.listener, 64), name_of(verdict.methods), name_of(verdict.mode));
}

Severity severity_of(Action action) {
    switch (action) {
        case Action::permit: return Severity::info;
        case Action::refuse: return Severity::notice;
        case Action::defer: return Severity::warning;
    }
    return Severity::warning;
}

std::vector<std::string> fault_lines(const Judged& judged) {
    std::vector<std::string> lines = judged.told.faults;
    const auto& [our_domain, login] = judged.findings;
    if (our_domain && our_domain->failed()) add_failure(lines, our_domain->why(), judged.verdict.action);
    if (login && login->failed()) add_failure(lines, login->why(), judged.verdict.action);
    return lines;
}

}  // namespace relay
