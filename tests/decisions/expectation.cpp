#include "tests/decisions/expectation.h"

#include <algorithm>

namespace decisions {
namespace {

using namespace relay;

constexpr int kLastRow = 10;

using Clauses = std::map<std::string, std::string>;

std::string_view name_of(Question::Kind kind) {
    switch (kind) {
        case Question::our_domain: return "our_domain";
        case Question::login: return "login";
        case Question::disabled: return "disabled";
        case Question::pop_disabled: return "pop_disabled";
        case Question::pop_retired: return "pop_retired";
        case Question::sender: return "sender";
        case Question::sender_domain: return "sender_domain";
        case Question::brake: return "brake";
        case Question::limits: return "limits";
    }
    return {};
}

std::vector<Reason> all_reasons() {
    std::vector<Reason> reasons;
    for (int i = 0; !relay::name_of(static_cast<Reason>(i)).empty(); ++i) reasons.push_back(static_cast<Reason>(i));
    return reasons;
}

bool is_reason(std::string_view word) {
    for (const Reason reason : all_reasons())
        if (relay::name_of(reason) == word) return true;
    return false;
}

std::string action_text(const Verdict& verdict) {
    std::string text{relay::name_of(verdict.action)};
    if (verdict.action == Action::permit) return text + " via " + std::string{relay::name_of(verdict.via)};
    const auto reply = reply_for(verdict);
    return reply ? text + ' ' + std::to_string(reply->code) + ' ' + std::string{reply->enhanced_status} : text;
}

std::string asked_text(const std::vector<Question>& asked) {
    std::string text;
    for (const Question& question : asked) {
        if (!text.empty()) text += ' ';
        text += name_of(question.kind);
    }
    return text.empty() ? "nothing" : text;
}

std::string would_text(const Verdict& verdict) {
    std::string text;
    for (const Reason reason : verdict.would) text.append(text.empty() ? "" : " ").append(relay::name_of(reason));
    return text.empty() ? "nothing" : text;
}

Clauses clauses_of(const Outcome& outcome) {
    const Verdict& v = outcome.verdict;
    return {{"action", action_text(v)},
            {"row", std::to_string(v.row)},
            {"reason", std::string{relay::name_of(v.reason)}},
            {"asks", asked_text(outcome.asked)},
            {"user", v.user.empty() ? "nobody" : std::string{v.user}},
            {"age", v.age ? std::to_string(v.age->count()) : "unknown"},
            {"would", would_text(v)},
            {"counts", outcome.offence ? std::string{relay::name_of(*outcome.offence)} : "nothing"},
            {"wait", v.wait ? std::to_string(v.wait->count()) : "nothing"},
            {"why", v.why.empty() ? "nothing" : v.why}};
}

/// One clause of "=>" into `clauses`; the first is the action.
void take_clause(std::string_view text, Clauses& clauses, const Case& stated, Report& report) {
    std::string_view value = text;
    std::string key{take_word(value)};
    if (clauses.empty()) {
        key = "action";
        value = text;
    } else if (value.empty() && is_reason(key)) {
        key = "reason";
        value = text;
    } else if (key != "row" && key != "asks" && key != "user" && key != "age" && key != "would" && key != "wait" &&
               key != "counts" && key != "why") {
        report.add(stated.expected_line, "unknown clause " + quoted(text) + " after '=>'");
        return;
    }
    if (!clauses.emplace(key, value).second) report.add(stated.expected_line, key + " is expected twice");
}

Clauses expected_clauses(const Case& stated, Report& report) {
    Clauses clauses;
    std::string_view rest = stated.expected;
    while (!rest.empty()) {
        const std::size_t comma = std::min(rest.find(','), rest.size());
        take_clause(trimmed(rest.substr(0, comma)), clauses, stated, report);
        rest = trimmed(rest.substr(std::min(comma + 1, rest.size())));
    }
    for (const char* key : {"action", "row", "reason"})
        if (!clauses.contains(key)) report.add(stated.expected_line, std::string{"'=>' does not name the "} + key);
    return clauses;
}

}  // namespace

std::string Outcome::text() const {
    const Clauses c = clauses_of(*this);
    return c.at("action") + ", row " + c.at("row") + ", " + c.at("reason") + ", user " + c.at("user") + ", age " + c.at("age") +
           ", asks " + c.at("asks") + ", would " + c.at("would") + ", wait " + c.at("wait") + ", counts " + c.at("counts") + ", why " + c.at("why");
}

/// Only what was asked for.
void answer(const Question& question, const Findings& answers, Findings& findings) {
    switch (question.kind) {
        case Question::our_domain: findings.our_domain = answers.our_domain; return;
        case Question::login: findings.login = answers.login; return;
        case Question::disabled: findings.disabled = answers.disabled; return;
        case Question::pop_disabled: findings.pop_disabled = answers.pop_disabled; return;
        case Question::pop_retired: findings.pop_retired = answers.pop_retired; return;
        case Question::sender: findings.sender = answers.sender; return;
        case Question::sender_domain: findings.sender_domain = answers.sender_domain; return;
        case Question::brake: findings.brake = answers.brake; return;
        case Question::limits: findings.limits = answers.limits; return;
    }
}

Outcome judge(const Situation& situation) {
    const Policy policy{situation.settings};
    Findings findings;
    std::vector<Question> asked;
    Decision decision = policy.decide(situation.envelope, findings, kNow);
    while (const Question* question = std::get_if<Question>(&decision)) {
        asked.push_back(*question);
        answer(*question, situation.answers, findings);
        decision = policy.decide(situation.envelope, findings, kNow);
    }
    const Verdict& verdict = std::get<Verdict>(decision);
    return {verdict, asked, offence(situation.settings, situation.envelope, findings, verdict)};
}

void compare(const Case& stated, const Outcome& outcome, Report& report) {
    const Clauses came = clauses_of(outcome);
    for (const auto& [key, value] : expected_clauses(stated, report)) {
        if (came.at(key) == value) continue;
        report.add(stated.expected_line, quoted(stated.name) + ": expected " + key + ' ' + quoted(value) + ", but it was " +
                                             quoted(came.at(key)) + " in: " + outcome.text());
    }
}

void Coverage::add(const Case& stated, const Outcome& outcome) {
    if (stated.base) base_rows.insert(outcome.verdict.row);
    reasons.insert(outcome.verdict.reason);
}

std::vector<std::string> Coverage::gaps() const {
    std::vector<std::string> gaps;
    for (int row = 1; row <= kLastRow; ++row)
        if (!base_rows.contains(row)) gaps.push_back("row " + std::to_string(row) + " has no 'given'");
    for (const Reason reason : all_reasons())
        if (!reasons.contains(reason)) gaps.push_back(std::string{relay::name_of(reason)} + " is reached by no case");
    return gaps;
}

void run_file(std::istream& file, Report& report, Coverage& coverage) {
    for (const Case& stated : read_cases(file, report)) {
        const auto situation = situation_of(stated, report);
        if (!situation) continue;
        const Outcome outcome = judge(*situation);
        compare(stated, outcome, report);
        coverage.add(stated, outcome);
    }
}

}  // namespace decisions
