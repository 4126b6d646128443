#include "milter/selftest/sendmail_and_we.h"

#include <algorithm>
#include <map>

#include "milter/sendmail/cf_lines.h"
#include "milter/session.h"
#include "policy/source/files/escaped.h"
#include "policy/source/files/fault.h"

namespace relay::selftest {
namespace {

constexpr const char* kFilter = "milter-relay";

bool names_us(const std::vector<std::string>& filters) {
    return std::find(filters.begin(), filters.end(), kFilter) != filters.end();
}

Action away(const SendmailCf& cf) {
    const auto* filter = cf.filter(kFilter);
    if (!filter) return Action::permit;
    if (filter->defers()) return Action::defer;
    return filter->refuses() ? Action::refuse : Action::permit;
}

std::string listener_without_us(const SendmailCf& cf) {
    if (!names_us(cf.input_filters())) return "InputMailFilters";
    for (const auto& listener : cf.listeners())
        if (listener.input_filters && !names_us(*listener.input_filters)) return listener.text;
    return {};
}

std::string without_blanks(std::string_view text) {
    std::string kept{text};
    std::erase(kept, ' ');
    return kept;
}

/// "$# error $@ 5 . 7 . 1 $: "550 ..."" as the text alone; a syntax error as sendmail printed it.
std::string said(const RuleAnswer& answer) {
    if (!answer.result) {
        const auto lines = cf_words(answer.text, "\n");
        return lines.empty() ? "no answer" : lines.front();
    }
    const auto at = answer.result->find("$: ");
    return answer.result->starts_with("$#") && at != std::string::npos ? answer.result->substr(at + 3) : *answer.result;
}

/// No result and no complaint either would mean that the question was never asked.
void require_answer(const RuleAnswer& answer, const Attempt& attempt) {
    if (!answer.result && answer.text.find("... ") == std::string::npos &&
        answer.text.find("No address") == std::string::npos)
        throw Fault{Trouble::system, "sendmail -bt says nothing of " + escaped(attempt.recipient) + ": " +
                                         escaped(answer.text.substr(0, 200))};
}

/// The macros as the daemon gets them from sendmail: names with braces.
std::map<std::string, std::string> as_sent(const MacroValues& values) {
    std::map<std::string, std::string> macros;
    for (const auto& [name, value] : values)
        if (!value.empty()) macros[name.size() == 1 ? name : "{" + name + "}"] = value;
    return macros;
}

std::string bare_address(const std::string& client_addr) {
    return client_addr.starts_with("IPv6:") ? client_addr.substr(5) : client_addr;
}

}  // namespace

MacroValues client(const std::string& address, const std::string& name, const std::string& resolve) {
    return {{"client_addr", address}, {"client_name", name}, {"client_resolve", resolve}};
}

SendmailAndWe::SendmailAndWe(RuleTester& tester, const SendmailCf& cf, std::string own_domain, std::string own_literal)
    : tester_{tester}, own_domain_{std::move(own_domain)}, own_literal_{std::move(own_literal)}, away_{away(cf)},
      silent_listener_{listener_without_us(cf)} {
    const auto called = cf.reachable_from("check_rcpt");
    has_feature_ = std::find(called.begin(), called.end(), "MilterRelay_check") != called.end();
}

Fate SendmailAndWe::try_rcpt(const Attempt& attempt, const Service& service, std::chrono::sys_seconds now) {
    auto macros = attempt.macros;
    macros["mail_from"] = attempt.sender;
    macros["f"] = attempt.sender == "<>" ? "<>" : attempt.sender.substr(1, attempt.sender.size() - 2);
    const auto answer = tester_.ask({"check_rcpt", attempt.recipient, macros});
    require_answer(answer, attempt);
    Fate fate;
    fate.sendmail = verdict_of(answer);
    fate.sendmail_text = said(answer);
    fate.asked = fate.sendmail == RuleVerdict::permit;
    if (!fate.asked) return fate;
    find_route(attempt, fate, service);
    for (const auto& [name, value] : answer.macros) macros[name] = value;
    auto sent = as_sent(macros);
    sent["{client_addr}"] = bare_address(macros["client_addr"]);
    if (!fate.route.empty()) sent["{rcpt_mailer}"] = fate.route.substr(0, fate.route.find(' '));
    const MacroGetter getter = [&sent](const char* name) -> const char* {
        const auto entry = sent.find(name);
        return entry == sent.end() ? nullptr : entry->second.c_str();
    };
    const Message message{.reverse_path = attempt.sender};
    const auto judged = judge(service, read_client({}, getter), message, attempt.recipient, getter, now);
    fate.ours = judged.verdict.action;
    fate.ours_text = std::string{name_of(judged.verdict.action)} + " " + std::string{name_of(judged.verdict.reason)};
    if (!judged.verdict.why.empty()) fate.ours_text.append(": ").append(judged.verdict.why);
    return fate;
}

/// Rulesets 3 and 0 name the mailer, the host and the user. What a local mailer gets stays, and so does what goes on
/// to a host for our own domain; of sendmail's error mailer nothing goes anywhere.
void SendmailAndWe::find_route(const Attempt& attempt, Fate& fate, const Service& service) {
    const auto result = tester_.ask({"3,0", attempt.recipient, {}}).result.value_or("");
    const auto begin = result.find("$# ");
    if (begin == std::string::npos) {
        fate.leaves = true;  // not understood: the worst
        return;
    }
    const auto words = cf_words(std::string_view{result}.substr(begin + 3), " ");
    const auto mailer = words.empty() ? "" : words[0];
    const auto domain_at = result.rfind("< @");
    auto domain = domain_at == std::string::npos
                      ? ""
                      : without_blanks(result.substr(domain_at + 3, result.find('>', domain_at) - domain_at - 3));
    if (domain.ends_with('.')) domain.pop_back();
    fate.route = mailer + (domain.empty() ? "" : " " + domain);
    const auto& local = service.settings().local_mailers;
    const bool stays =
        mailer == "error" || mailer == "discard" || std::find(local.begin(), local.end(), mailer) != local.end();
    fate.leaves = !stays && domain != own_domain_ && domain != own_literal_;
}

}  // namespace relay::selftest
