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

std::string words(const std::vector<Reason>& reasons) {
    std::string text;
    for (const Reason reason : reasons) {
        if (!text.empty()) text.push_back(',');
        text += name_of(reason);
    }
    return text;
}

/// Only where there is something to say.
std::string further_keys(const Verdict& verdict) {
    std::string text;
    if (!verdict.would.empty()) text += " would=" + words(verdict.would);
    if (!verdict.limit.empty()) text += " limit=" + log_value(verdict.limit, 64);
    if (verdict.wait) text += " wait=" + std::to_string(verdict.wait->count());
    if (verdict.pop_until) {
        const std::chrono::year_month_day day{*verdict.pop_until};
        text += fmt::format(" pop_until={:04}-{:02}-{:02}", static_cast<int>(day.year()),
                            static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()));
    }
    return text;
}

/// What follows for the recipient.
const char* consequence(std::string_view finding, Action action) {
    if (action == Action::defer) return "; deferring mail";
    return action == Action::permit && (finding == "brake" || finding == "limits") ? "; letting mail go by" : "";
}

}  // namespace

std::string verdict_line(const Judged& judged) {
    const auto& [told, from, to, findings, verdict, reply] = judged;
    const auto& auth = told.envelope.auth;
    return fmt::format(
        "{}: verdict={} via={} reason={} client={} user={} age={} mech={} from={} to={} listener={} policy={} mode={}",
        told.queue_id.empty() ? "NOQUEUE" : log_value(told.queue_id, 64), name_of(verdict.action), name_of(verdict.via),
        name_of(verdict.reason), client_text(told.envelope), log_value(verdict.user),
        verdict.age ? std::to_string(verdict.age->count()) : "", auth ? log_value(auth->mechanism, 64) : "",
        path_text(from), path_text(to), log_value(told.listener, 64), name_of(verdict.methods), name_of(verdict.mode)) +
           further_keys(verdict);
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
    lines.insert(lines.end(), judged.findings.notes.begin(), judged.findings.notes.end());
    each_finding(judged.findings, [&](std::string_view name, const auto& finding) {
        if (finding && finding->failed()) lines.push_back(escaped(finding->why()) + consequence(name, judged.verdict.action));
    });
    return lines;
}

}  // namespace relay
