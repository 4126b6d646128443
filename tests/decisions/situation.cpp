#include "tests/decisions/situation.h"

#include <algorithm>
#include <charconv>

#include "tests/decisions/words.h"

namespace decisions {
namespace {

using namespace relay;

std::vector<Word> all_words() {
    std::vector<Word> all;
    for (const auto words : {envelope_words(), answer_words(), setting_words()}) all.insert(all.end(), words.begin(), words.end());
    return all;
}

}  // namespace

std::optional<unsigned> number(std::string_view text) {
    unsigned value = 0;
    const char* end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, value);
    if (text.empty() || error != std::errc{} || stopped != end) return std::nullopt;
    return value;
}

std::optional<std::chrono::seconds> seconds_in(std::string_view text) {
    if (!text.ends_with('s')) return std::nullopt;
    const auto value = number(text.substr(0, text.size() - 1));
    if (!value) return std::nullopt;
    return std::chrono::seconds{*value};
}

std::vector<std::string> words_in(std::string_view text) {
    std::vector<std::string> words;
    for (auto word = take_word(text); !word.empty(); word = take_word(text))
        if (word != "none") words.emplace_back(word);
    return words;
}

Situation::Situation() {
    envelope.client = Address::parse("198.51.100.7");
    envelope.reverse_path = parse_path("<someone@away.example>");
    envelope.forward_path = parse_path("<friend@far.example>");
    envelope.rcpt_mailer = "esmtp";
    envelope.sendmail = SendmailSays{};
    answers = {Absent{}, Absent{}, Absent{}, Absent{}, Absent{}, Absent{}, Absent{}, Absent{}, Absent{}};
}

std::optional<Situation> situation_of(const Case& stated, Report& report) {
    Situation situation;
    bool understood = true;
    const auto words = all_words();
    const auto is_word = [&](std::string_view word) {
        return std::any_of(words.begin(), words.end(), [word](const Word& known) { return known.word == word; });
    };
    for (const auto& [word, fact] : stated.facts) {
        if (is_word(word)) continue;
        report.add(fact.line, "unknown word " + quoted(word) + "; README.md lists the known ones");
        understood = false;
    }
    for (const Word& known : words) {
        const auto fact = stated.facts.find(std::string{known.word});
        if (fact == stated.facts.end() || known.apply(situation, fact->second.value)) continue;
        report.add(fact->second.line, fact->first + ": " + quoted(fact->second.value) + " is not understood");
        understood = false;
    }
    if (!understood) return std::nullopt;
    return situation;
}

}  // namespace decisions
