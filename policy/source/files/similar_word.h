// Finds the word that was meant, for every "did you mean ...?" of commands, options and configuration.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace relay {

/// The one of `known` that `word` is most like, also when only what follows the last dot is like it; empty when none is
/// close. Letters that changed places count as one slip, upper case as none. A word beyond 64 bytes is like none.
std::string_view similar_word(std::string_view word, const std::vector<std::string_view>& known);

/// `; did you mean "WORD"?`, or nothing: to follow a message that says what is unknown.
std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& known);

}  // namespace relay
