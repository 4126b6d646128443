// Lists of names (mechanisms, filters), and what several findings say alike.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "policy/source/files/escaped.h"

namespace relay::doctor {

using Words = std::vector<std::string>;

/// Follows what is to be written into sendmail.mc.
inline constexpr const char* kRebuild = ", then rebuild sendmail.cf (sendmailconfig) and restart sendmail";

inline bool contains(const Words& all, const std::string& word) {
    return std::find(all.begin(), all.end(), word) != all.end();
}

/// Those of `some` that are in `others`, or with `wanted` false those that are not; in their order.
inline Words chosen(const Words& some, const Words& others, bool wanted) {
    Words found;
    for (const auto& word : some)
        if (contains(others, word) == wanted) found.push_back(word);
    return found;
}

inline Words both(const Words& some, const Words& others) { return chosen(some, others, true); }
inline Words without(const Words& some, const Words& others) { return chosen(some, others, false); }

/// Parted by blanks and escaped, or "none".
inline std::string joined(const Words& words) {
    std::string text;
    for (const auto& word : words) text.append(text.empty() ? "" : " ").append(escaped(word));
    return text.empty() ? "none" : text;
}

}  // namespace relay::doctor
