#include "milter/explanation.h"

#include <fmt/format.h>

#include <algorithm>

#include "policy/source/files/escaped.h"

namespace relay {
namespace {

void add(std::string& out, std::string_view name, const std::string& value) {
    out += fmt::format("  {:<15}{}\n", name, value);
}

std::string path_text(const std::string& raw, const Path& path) {
    if (path.null) return "<> (the null reverse-path)";
    return escaped(raw) + (path.routes_onward ? " (routes onward)" : "");
}

std::string client_text(const Envelope& envelope) {
    std::string text = envelope.client            ? envelope.client->text()
                       : envelope.local_submission ? "none (local submission)"
                                                   : "none (unknown address family)";
    if (!envelope.client_name.empty()) text += ", name " + escaped(envelope.client_name);
    if (!envelope.client_resolve.empty()) text += ", resolves " + escaped(envelope.client_resolve);
    return text;
}

std::string facts(const Explanation& e) {
    const auto& envelope = e.judged.told.envelope;
    std::string out = "facts\n";
    add(out, "time", utc_text(e.now));
    add(out, "client", client_text(envelope));
    if (const auto& auth = envelope.auth)
        add(out, "authentication",
            fmt::format("{} by {}, ssf {}", escaped(auth->identity), escaped(auth->mechanism), auth->ssf));
    else add(out, "authentication", "none");
    if (const auto& tls = envelope.tls) add(out, "tls", fmt::format("{}, {} bits", escaped(tls->version), tls->bits));
    else add(out, "tls", "none");
    if (envelope.recipients_before) add(out, "in the message", fmt::format("after {} recipients", envelope.recipients_before));
    add(out, "from", path_text(e.judged.from, envelope.reverse_path));
    add(out, "to", path_text(e.judged.to, envelope.forward_path));
    if (!envelope.rcpt_mailer.empty()) add(out, "mailer", escaped(envelope.rcpt_mailer));
    if (const auto& says = envelope.sendmail)
        add(out, "sendmail says",
            fmt::format("destination {}, client {}", name_of(says->destination), name_of(says->client)));
    add(out, "policy", fmt::format("{}, mode {}", name_of(e.judged.verdict.methods), name_of(e.judged.verdict.mode)));
    return out;
}

std::string ago(std::chrono::seconds age) {
    return age.count() < 0 ? fmt::format("in {} s", -age.count()) : fmt::format("{} s ago", age.count());
}

std::string login_text(const LoginRecord& record, const Explanation& e) {
    std::string text{freshness_text(record, e)};
    if (record.layout != Layout::presence)
        text += fmt::format(": {} {}, {}", record.layout == Layout::expiry ? "ends" : "login", utc_text(record.at),
                            ago(e.now - record.at));
    for (const auto& login : record.logins) text += fmt::format("; {} at {}", escaped(login.name), utc_text(login.at));
    return text;
}

std::string_view stops_by(Action action) {
    switch (action) {
        case Action::permit: return "only logged";
        case Action::refuse: return "refuses";
        case Action::defer: return "defers";
    }
    return "defers";
}

std::string list_text(const std::vector<std::string>& words) {
    std::string text;
    for (const auto& word : words) text += (text.empty() ? "" : ", ") + escaped(word);
    return text;
}

// What was found, by what it is.
std::string found_text(const Listed&, const Explanation&) { return "found"; }
std::string found_text(const LoginRecord& record, const Explanation& e) { return "found, " + login_text(record, e); }
std::string found_text(const ListedLogins& listed, const Explanation&) { return "found: " + list_text(listed.names); }

std::string found_text(const Owners& owners, const Explanation&) {
    return "owned by " + (owners.anyone ? "any login" : owners.logins.empty() ? "nobody" : list_text(owners.logins));
}

std::string found_text(const Braked& braked, const Explanation&) {
    return fmt::format("braked: {}; {} s left; {}", escaped(braked.why), braked.left.count(), stops_by(braked.action));
}

std::string found_text(const OverLimits& over, const Explanation&) {
    std::string text;
    for (const auto& limit : over.limits)
        text += fmt::format("{}over {}: {} s to wait; {}", text.empty() ? "" : "; ", escaped(limit.limit), limit.wait.count(),
                            limit.mode == Mode::monitor ? "only monitored" : stops_by(limit.action));
    return text;
}

template <class Value>
std::string answer_text(const std::optional<Lookup<Value>>& finding, const Explanation& e) {
    if (!finding) return "not asked: could not matter";
    if (finding->failed()) return "failed: " + escaped(finding->why());
    return finding->absent() ? "absent" : found_text(finding->value(), e);
}

std::string findings(const Explanation& e) {
    std::string out = "findings\n";
    each_finding(e.judged.findings, [&](std::string name, const auto& finding) {
        std::replace(name.begin(), name.end(), '_', ' ');
        add(out, name, answer_text(finding, e));
    });
    return out;
}

std::string_view sentence(Action action) {
    switch (action) {
        case Action::permit: return "PERMIT";
        case Action::refuse: return "REFUSE";
        case Action::defer: return "DEFER";
    }
    return "DEFER";
}

}  // namespace

std::string as_text(const Explanation& e) {
    const auto& verdict = e.judged.verdict;
    std::string out =
        fmt::format("{}  via {}, reason {}\n", sentence(verdict.action), name_of(verdict.via), name_of(verdict.reason));
    add(out, "row", fmt::format("{}: {}", verdict.row, row_text(verdict.row)));
    if (const auto& reply = e.judged.reply)
        add(out, "reply", fmt::format("{} {} {}", reply->code, reply->enhanced_status, reply->text));
    else add(out, "reply", "none: the recipient is accepted");
    if (!verdict.user.empty()) add(out, "user", escaped(verdict.user));
    if (!verdict.why.empty()) add(out, "why", escaped(verdict.why));
    for (const Reason reason : verdict.would) add(out, "would", fmt::format("{}, if enforced", name_of(reason)));
    if (verdict.pop_until) add(out, "POP ends", utc_text(*verdict.pop_until).substr(0, 10));
    out += findings(e) + facts(e);
    for (const auto& note : e.notes) out += "note: " + note + '\n';
    for (const auto& fault : e.judged.told.faults) out += "fault: " + fault + '\n';
    return out;
}

std::string_view row_text(int row) {
    switch (row) {
        case 1: return "the destination is ours, and nobody authenticated: this is not relaying";
        case 2: return "authenticated, but the account is disabled";
        case 3: return "authenticated well enough";
        case 4: return "the destination is ours: this is not relaying";
        case 5: return "the client is trusted: by its certificate, by sendmail's rules, or by its network";
        case 6: return "a fresh POP or IMAP login from this address";
        case 7: return "sendmail could not find out just now where the recipient is";
        case 8: return "sendmail could not judge the client just now, or a look-up failed that could have permitted";
        case 9: return "authenticated, but too weakly";
        case 10: return "nothing permits it";
        default: return "no such row";
    }
}

std::string utc_text(std::chrono::sys_seconds time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss clock{time - day};
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                       clock.minutes().count(), clock.seconds().count());
}

std::string_view freshness_text(const LoginRecord& record, const Explanation& e) {
    switch (freshness(record, e.now, e.settings.pop.window)) {
        case Freshness::fresh: return "fresh";
        case Freshness::standing: return "standing";
        case Freshness::expired: return "expired";
    }
    return "expired";
}

}  // namespace relay
