#include "tests/decisions/table_file.h"

namespace decisions {
namespace {

constexpr std::string_view kBlanks = " \t\r";

class Reader {
public:
    explicit Reader(Report& report) : report_{report} {}

    void line(int number, std::string_view text) {
        if (text.empty() || text.front() == '#') return;
        std::string_view rest = text;
        const std::string_view word = take_word(rest);
        if (word == "given" || word == "but") begin(number, word == "given", rest);
        else if (current_.line == 0) report_.add(number, quoted(text) + " stands before the first 'given'");
        else if (word == "=>") expect(number, rest);
        else fact(number, word, rest);
    }

    std::vector<Case> end(int number) {
        finish();
        if (last_base_is_alone()) report_.add(cases_.back().line, "'given' without a 'but': add a neighbour");
        if (cases_.empty() && report_.problems().empty()) report_.add(number, "the file has no case");
        return std::move(cases_);
    }

private:
    void begin(int number, bool base, std::string_view name) {
        finish();
        if (base && last_base_is_alone()) report_.add(cases_.back().line, "'given' without a 'but': add a neighbour");
        if (name.empty()) report_.add(number, "a case needs a name");
        current_ = Case{base, std::string{name}, number, {}, {}, 0};
    }

    void fact(int number, std::string_view word, std::string_view value) {
        if (current_.expected_line) report_.add(number, "a fact after '=>'; a case ends with '=>'");
        if (value.empty()) return report_.add(number, quoted(word) + " needs a value");
        const bool fresh = current_.facts.emplace(word, Fact{std::string{value}, number}).second;
        if (!fresh) report_.add(number, quoted(word) + " is stated twice");
    }

    void expect(int number, std::string_view text) {
        if (current_.expected_line) report_.add(number, "a second '=>' in one case");
        current_.expected = text;
        current_.expected_line = number;
    }

    void finish() {
        if (current_.line == 0) return;
        if (!current_.expected_line) report_.add(current_.line, quoted(current_.name) + " has no '=>'");
        if (current_.base) base_facts_ = current_.facts;
        else inherit();
        cases_.push_back(std::move(current_));
        current_ = Case{};
    }

    /// A neighbour: the base's facts with exactly one of them changed.
    void inherit() {
        if (cases_.empty()) report_.add(current_.line, "'but' without a 'given' before it");
        if (current_.facts.size() != 1)
            report_.add(current_.line, "'but' must change one fact, not " + std::to_string(current_.facts.size()));
        for (const auto& [word, fact] : current_.facts) {
            const auto before = base_facts_.find(word);
            if (before != base_facts_.end() && before->second.value == fact.value)
                report_.add(fact.line, quoted(word + ' ' + fact.value) + " is the same in 'given'");
        }
        current_.facts.insert(base_facts_.begin(), base_facts_.end());
    }

    [[nodiscard]] bool last_base_is_alone() const { return !cases_.empty() && cases_.back().base; }

    Report& report_;
    Case current_;
    std::map<std::string, Fact> base_facts_;
    std::vector<Case> cases_;
};

}  // namespace

std::string quoted(std::string_view text) {
    std::string marked;
    marked += '\'';
    marked += text;
    marked += '\'';
    return marked;
}

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(kBlanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::string_view take_word(std::string_view& text) {
    text = trimmed(text);
    const std::string_view word = text.substr(0, text.find_first_of(kBlanks));
    text = trimmed(text.substr(word.size()));
    return word;
}

std::vector<Case> read_cases(std::istream& file, Report& report) {
    Reader reader{report};
    int number = 0;
    for (std::string text; std::getline(file, text);) reader.line(++number, trimmed(text));
    return reader.end(number);
}

}  // namespace decisions
