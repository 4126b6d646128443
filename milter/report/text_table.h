// Columns for a terminal: as wide as their widest cell.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace relay::report {

/// One text for each column; `numbers` names the columns that are set to the right. Lines are indented by two blanks.
std::string text_table(const std::vector<std::string>& heads, const std::vector<std::vector<std::string>>& rows,
                       const std::vector<std::size_t>& numbers);

/// "1,234,567"
std::string grouped(std::uint64_t number);

}  // namespace relay::report
