#include "milter/report/text_table.h"

#include <fmt/format.h>

#include <algorithm>

namespace relay::report {

std::string grouped(std::uint64_t number) {
    auto text = std::to_string(number);
    for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3) text.insert(text.begin() + at, ',');
    return text;
}

std::string text_table(const std::vector<std::string>& heads, const std::vector<std::vector<std::string>>& rows,
                       const std::vector<std::size_t>& numbers) {
    std::vector<std::size_t> widths;
    for (std::size_t i = 0; i < heads.size(); ++i) {
        widths.push_back(heads[i].size());
        for (const auto& row : rows) widths[i] = std::max(widths[i], row[i].size());
    }
    std::string text;
    const auto add = [&](const std::vector<std::string>& row) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            const bool right = std::find(numbers.begin(), numbers.end(), i) != numbers.end();
            line += right ? fmt::format("  {:>{}}", row[i], widths[i]) : fmt::format("  {:<{}}", row[i], widths[i]);
        }
        line.erase(line.find_last_not_of(' ') + 1);
        text.append(line).push_back('\n');
    };
    add(heads);
    for (const auto& row : rows) add(row);
    return text;
}

}  // namespace relay::report
