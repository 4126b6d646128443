#include "milter/wiring/unified_diff.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "policy/source/files/escaped.h"

namespace relay {
namespace {

constexpr std::size_t kContext = 3;
using Lines = std::vector<std::string_view>;

Lines lines_of(std::string_view text) {
    Lines lines;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        lines.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

void print(std::string& diff, char mark, const Lines& lines, std::size_t from, std::size_t to) {
    for (auto i = from; i < to; ++i) {
        diff.push_back(mark);
        for (auto rest = lines[i];; rest.remove_prefix(rest.find('\t') + 1)) {
            diff.append(escaped(rest.substr(0, rest.find('\t'))));
            if (rest.find('\t') == rest.npos) break;
            diff.push_back('\t');
        }
        diff.push_back('\n');
    }
}

}  // namespace

std::string unified_diff(std::string_view old_text, std::string_view new_text, std::string_view old_name,
                         std::string_view new_name) {
    if (old_text == new_text) return {};
    const auto before = lines_of(old_text), after = lines_of(new_text);
    const auto most = std::min(before.size(), after.size());
    std::size_t same = 0, tail = 0;
    while (same < most && before[same] == after[same]) ++same;
    while (tail < most - same && before[before.size() - 1 - tail] == after[after.size() - 1 - tail]) ++tail;
    const auto begin = same - std::min(same, kContext), around = std::min(tail, kContext);
    const auto old_end = before.size() - tail, new_end = after.size() - tail;
    auto diff = fmt::format("--- {}\n+++ {}\n@@ -{},{} +{},{} @@\n", old_name, new_name, begin + 1,
                            old_end + around - begin, begin + 1, new_end + around - begin);
    print(diff, ' ', before, begin, same);
    print(diff, '-', before, same, old_end);
    print(diff, '+', after, same, new_end);
    print(diff, ' ', before, old_end, old_end + around);
    return diff;
}

}  // namespace relay
