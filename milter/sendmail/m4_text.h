// Which macros an m4 text calls at its top level, and where: enough to put a line into a sendmail.mc, and to take one
// out. Quotes are ` and '; # begins a comment; dnl discards the rest of its line. Pure; the text is not expanded.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace relay {

/// One word that m4 would look up, outside quotes, comments and other calls' arguments.
struct M4Call {
    std::string name;
    std::vector<std::string>
        arguments;          ///< Raw, outer blanks and one pair of quotes removed; empty without parentheses.
    std::size_t begin = 0;  ///< Of the name, in bytes.
    std::size_t end = 0;    ///< After the closing parenthesis, or after the name.
    unsigned line = 0;      ///< Of `begin`, from 1.
    bool closed = true;     ///< False: the text ends inside the arguments.
};

struct M4Text {
    std::vector<M4Call> calls;
    bool ends_in_quotes = false;  ///< The text ends inside quotes: it is not what we think it is.
};

M4Text read_m4(std::string_view text);

/// The offset at which the line of `at` begins, and the one after its newline.
std::size_t line_begin(std::string_view text, std::size_t at);
std::size_t line_end(std::string_view text, std::size_t at);

}  // namespace relay
