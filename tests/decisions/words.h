// The words that a case may state, in three tables: what sendmail said, what look-ups answer, what is configured.
// A new word is one line of one of them, with its line in README.md.
#pragma once

#include <span>
#include <vector>

#include "tests/decisions/situation.h"

namespace decisions {

struct Word {
    std::string_view word;
    bool (*apply)(Situation&, std::string_view value);  ///< False when the value is not understood.
};

/// Each is to be applied in its order: what completes another word stands after it.
std::span<const Word> envelope_words();
std::span<const Word> answer_words();
std::span<const Word> setting_words();

// --- What values have in common

std::optional<unsigned> number(std::string_view text);
/// "213s"
std::optional<std::chrono::seconds> seconds_in(std::string_view text);
/// Parted by blanks; "none" is no word.
std::vector<std::string> words_in(std::string_view text);

template <class T>
bool set(T& where, const std::optional<T>& value) {
    if (value) where = *value;
    return value.has_value();
}

}  // namespace decisions
