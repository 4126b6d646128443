#include "policy/source/files/similar_word.h"

#include <algorithm>
#include <numeric>

namespace relay {
namespace {

constexpr std::size_t kLongest = 64;  // Longer words are not like any that we know.

char small(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// Damerau and Levenshtein's distance (each pair of neighbours changes places at most once), by rows.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
    std::iota(above.begin(), above.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const bool same = small(a[i - 1]) == small(b[j - 1]);
            row[j] = std::min({above[j - 1] + (same ? 0 : 1), above[j] + 1, row[j - 1] + 1});
            if (i > 1 && j > 1 && small(a[i - 1]) == small(b[j - 2]) && small(a[i - 2]) == small(b[j - 1]))
                row[j] = std::min(row[j], before[j - 2] + 1);
        }
        std::swap(before, above);
        std::swap(above, row);
    }
    return above[b.size()];
}

std::string_view last_part(std::string_view name) {
    const std::size_t dot = name.rfind('.');
    return dot == std::string_view::npos ? name : name.substr(dot + 1);
}

}  // namespace

std::string_view similar_word(std::string_view word, const std::vector<std::string_view>& known) {
    if (word.size() > kLongest) return {};
    std::string_view best;
    std::size_t least = 2 + last_part(word).size() / 4;
    for (const std::string_view name : known) {
        const std::size_t whole = distance(word, name);
        const std::size_t last = 1 + distance(last_part(word), last_part(name));
        if (std::min(whole, last) >= least || std::min(whole, last) >= name.size()) continue;
        least = std::min(whole, last);
        best = name;
    }
    return best;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& known) {
    const std::string_view similar = similar_word(word, known);
    std::string text;
    if (!similar.empty()) text.append("; did you mean \"").append(similar).append("\"?");
    return text;
}

}  // namespace relay
