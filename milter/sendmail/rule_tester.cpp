#include "milter/sendmail/rule_tester.h"

#include <regex>

#include "milter/sendmail/cf_lines.h"
#include "policy/source/files/fault.h"

namespace relay {
namespace {

constexpr std::string_view kMark = "end-of-answer";
const std::string kEnd = std::string{kMark} + "\n> ";  // the prompt for the next line comes at once
constexpr std::chrono::seconds kLimit{180};            // a host name without a dot costs sendmail a minute at the start

std::string in_braces(const std::string& name) { return name.size() == 1 ? name : "{" + name + "}"; }

/// A line without the prompts before it.
std::string_view without_prompts(std::string_view line) {
    while (line.starts_with("> ")) line.remove_prefix(2);
    return line == ">" ? "" : line;
}

/// What follows "NAME returns:", the name padded to 16 columns, in the last such line: the outermost ruleset ends last.
std::optional<std::string> result_of(const std::vector<std::string>& lines) {
    constexpr std::string_view word = " returns:";
    for (auto line = lines.rbegin(); line != lines.rend(); ++line) {
        const auto text = without_prompts(*line);
        if (text.size() >= 16 + word.size() && text.substr(16, word.size()) == word)
            return std::string{trimmed(text.substr(16 + word.size()))};
    }
    return {};
}

RuleAnswer answer_of(std::string text) {
    const auto lines = cf_words(text, "\n");
    RuleAnswer answer{.result = result_of(lines), .macros = {}, .text = std::move(text)};
    if (lines.size() < kNotedMacros.size()) throw Fault{Trouble::system, "sendmail -bt: answer cut short"};
    for (std::size_t i = 0; i < kNotedMacros.size(); ++i) {
        const auto value = without_prompts(lines[lines.size() - kNotedMacros.size() + i]);
        if (value != "Undefined") answer.macros[kNotedMacros[i]] = value;
    }
    return answer;
}

/// The greeting's two lines are no complaints; nor is what sendmail says where an administrator tests as root in /tmp.
std::vector<std::string> complaints_in(const std::string& greeting) {
    std::vector<std::string> complaints;
    for (const auto& line : cf_words(greeting, "\n"))
        if (!line.starts_with("ADDRESS TEST MODE") && !line.starts_with("Enter <ruleset>") && !line.starts_with("> "))
            complaints.push_back(line);
    return complaints;
}

}  // namespace

RuleTester::RuleTester(const std::string& sendmail, const std::string& cf) : sendmail_{{sendmail, "-C" + cf, "-bt"}} {
    complaints_ = complaints_in(sendmail_.exchange(".D{mark}" + std::string{kMark} + "\n${mark}\n", kEnd, kLimit));
}

void RuleTester::set_macros(const MacroValues& wanted, std::string& lines) {
    for (const auto& [name, value] : macros_)
        if (!wanted.contains(name)) lines.append(".D" + in_braces(name) + "\n");
    for (const auto& [name, value] : wanted)
        if (const auto old = macros_.find(name); old == macros_.end() || old->second != value)
            lines.append(".D" + in_braces(name) + value + "\n");
    macros_ = wanted;
}

std::vector<RuleAnswer> RuleTester::ask(const std::vector<RuleQuestion>& questions) {
    std::vector<RuleAnswer> answers;
    for (const auto& question : questions) {
        std::string lines;
        set_macros(question.macros, lines);
        lines.append(question.ruleset + " " + question.address + "\n");
        for (const auto& name : kNotedMacros) lines.append("${" + name + "}\n");
        answers.push_back(answer_of(one_answer(lines)));
    }
    return answers;
}

/// All that is answered before the mark.
std::string RuleTester::one_answer(const std::string& lines) {
    auto text = sendmail_.exchange(lines + "${mark}\n", kEnd, kLimit);
    text.resize(text.size() - kEnd.size());
    while (text.ends_with("> ")) text.resize(text.size() - 2);
    return text;
}

std::vector<std::string> RuleTester::class_words(const std::string& name) {
    std::vector<std::string> words;
    for (const auto& line : cf_words(one_answer("$=" + name + "\n"), "\n"))
        if (const auto word = without_prompts(line); !word.empty()) words.emplace_back(word);
    return words;
}

std::string RuleTester::host_name() {
    const auto lines = cf_words(one_answer("$j\n"), "\n");
    return lines.empty() ? "" : std::string{without_prompts(lines.front())};
}

RuleVerdict verdict_of(const RuleAnswer& answer) {
    static const std::regex error{R"(\$# ?error\b.*)"};
    static const std::regex quarantine{R"(\$# ?error \$@ quarantine\b.*)"};
    static const std::regex temporary{R"(.*\$: "?\s*4\d\d\b.*|\$# ?error \$@ (4 \.|TEMPFAIL).*)"};
    static const std::regex permanent{R"(.*\$: "?\s*5\d\d\b.*)"};
    if (!answer.result) return RuleVerdict::syntax;
    const auto& result = *answer.result;
    if (result.starts_with("$# discard")) return RuleVerdict::discard;
    if (!std::regex_match(result, error) || std::regex_match(result, quarantine)) return RuleVerdict::permit;
    return std::regex_match(result, temporary) && !std::regex_match(result, permanent) ? RuleVerdict::defer
                                                                                       : RuleVerdict::refuse;
}

}  // namespace relay
