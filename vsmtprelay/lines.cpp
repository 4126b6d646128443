#include "vsmtprelay/lines.h"

#include <fmt/format.h>

#include "policy/source/files/escaped.h"
#include "vsmtprelay/input.h"

namespace relay {

std::optional<std::string> next_line(std::FILE* input) {
    std::string line;
    int c = std::getc(input);
    if (c == EOF) return std::nullopt;
    for (; c != EOF && c != '\n'; c = std::getc(input))
        if (line.size() <= kLongestLine) line += static_cast<char>(c);
    return line;
}

std::string too_long(std::size_t number) {
    return fmt::format("line {} is longer than {} bytes", number, kLongestLine);
}

std::string quoted_word(std::string_view word) {
    constexpr std::size_t most = 100;
    return '\'' + escaped(word.substr(0, most)) + (word.size() > most ? "'..." : "'");
}

void Complaints::add(const std::string& text) {
    constexpr std::size_t most_told = 10;
    if (++count_ <= most_told) text_ += (text_.empty() ? "" : "; ") + text;
}

void Complaints::end() const {
    constexpr std::size_t most_told = 10;
    if (count_ > most_told) throw BadInput{fmt::format("{}; and {} more", text_, count_ - most_told)};
    if (count_ > 0) throw BadInput{text_};
}

}  // namespace relay
