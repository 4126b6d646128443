// Finds the word that was meant, for "did you mean ...?".
#pragma once

#include <string_view>
#include <vector>

namespace relay {

/// The one of `known` that `word` is most like, also when only what follows the last dot is like it; empty when none is
/// close. Linear in the product of the lengths.
std::string_view similar_word(std::string_view word, const std::vector<std::string_view>& known);

}  // namespace relay
