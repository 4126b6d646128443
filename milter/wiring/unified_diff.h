// The difference of two texts as diff -u shows it. Pure.
#pragma once

#include <string>
#include <string_view>

namespace relay {

/// One hunk with three lines around it, from the first line that differs to the last; empty for equal texts. Bytes that
/// are not printable are escaped, a tab is not.
std::string unified_diff(std::string_view old_text, std::string_view new_text, std::string_view old_name,
                         std::string_view new_name);

}  // namespace relay
