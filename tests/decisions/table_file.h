// Reads a file of decision cases: what each case states, and the verdict that it expects. Format: README.md.
#pragma once

#include <istream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace decisions {

/// What is wrong in one file, as "FILE:LINE: TEXT".
class Report {
public:
    explicit Report(std::string file) : file_{std::move(file)} {}
    void add(int line, const std::string& text) { problems_.push_back(file_ + ':' + std::to_string(line) + ": " + text); }
    [[nodiscard]] const std::vector<std::string>& problems() const { return problems_; }

private:
    std::string file_;
    std::vector<std::string> problems_;
};

struct Fact {
    std::string value;
    int line = 0;
};

struct Case {
    bool base = true;  ///< "given"; else "but": a neighbour of the last base, one fact changed.
    std::string name;
    int line = 0;
    std::map<std::string, Fact> facts;  ///< By word; a neighbour's with those of its base.
    std::string expected;               ///< What stands after "=>".
    int expected_line = 0;
};

/// The cases of a file that are well formed; what is not goes into `report`.
std::vector<Case> read_cases(std::istream& file, Report& report);

/// 'TEXT', for messages.
std::string quoted(std::string_view text);
std::string_view trimmed(std::string_view text);
/// The first word of `text`, which is taken off it.
std::string_view take_word(std::string_view& text);

}  // namespace decisions
