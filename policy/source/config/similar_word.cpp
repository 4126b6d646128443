#include "policy/source/config/similar_word.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace relay {
namespace {

constexpr std::size_t kLongest = 64;  // Longer words are not like any key.

/// Levenshtein's distance, by rows.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i);
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
        }
    }
    return row[b.size()];
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
        if (std::min(whole, last) >= least) continue;
        least = std::min(whole, last);
        best = name;
    }
    return best;
}

}  // namespace relay
