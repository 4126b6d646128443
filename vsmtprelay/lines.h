// Lines of text that an admin gives, and what is to be said of them.
#pragma once

#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

namespace relay {

inline constexpr std::size_t kLongestLine = 2000;

/// The next line without its end, cut behind kLongestLine + 1 bytes; nothing at the end of the input.
std::optional<std::string> next_line(std::FILE* input);

/// `watch` is told of the lines so often.
inline constexpr std::size_t kLinesAtOnce = 1000;

/// What is to be said of a line above kLongestLine.
std::string too_long(std::size_t number);

/// In quotes, escaped, cut behind 100 bytes.
std::string quoted_word(std::string_view word);

/// Collects what is wrong with many words, so that all of it is told at once.
class Complaints {
public:
    void add(const std::string& text);
    /// Throws BadInput where there was something.
    void end() const;

private:
    std::size_t count_ = 0;
    std::string text_;
};

}  // namespace relay
