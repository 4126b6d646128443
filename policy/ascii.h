// Letters without case, ASCII alone: no locale, and bytes over 127 stay what they are.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace relay {

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

constexpr bool same_without_case(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

inline bool listed_without_case(const std::vector<std::string>& words, std::string_view word) {
    return std::any_of(words.begin(), words.end(), [word](const std::string& w) { return same_without_case(w, word); });
}

}  // namespace relay
