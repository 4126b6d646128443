// A sendmail.cf cut into lines as sendmail's readcf() does: folded lines joined, comments gone. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace relay {

struct CfLine {
    std::string text;  ///< Never empty; the first byte is the letter.
    unsigned number = 0;
};

/// A line that begins with a blank continues the one before. A `#` ends a line, except as `$#` and `\#` (which becomes
/// `#`).
std::vector<CfLine> cf_lines(std::string_view text);

inline bool is_cf_blank(char c) { return c == ' ' || c == '\t'; }
std::string_view trimmed(std::string_view text);
/// The words between any of `separators`, without empty ones.
std::vector<std::string> cf_words(std::string_view text, std::string_view separators);

}  // namespace relay
